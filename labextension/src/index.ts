import { launchPlugin } from './lab/launchPlugin';
import { modelsPlugin } from './lab/models/modelsPlugin';
import { notebookPlugin } from './lab/notebookPlugin';
import { notebooksPlugin } from './lab/notebooksPlugin';
import { panelPlugin } from './lab/panelPlugin';
import { pipelinePlugin } from './lab/pipeline/pipelinePlugin';
import { runViewPlugin } from './lab/pipeline/runViewPlugin';
import { runsPlugin } from './lab/runsPlugin';
import { trackedPlugin } from './lab/tracked/trackedPlugin';

export { IModels } from './lab/models/tokens';
export { IRuns } from './lab/tokens';
export { ITracked } from './lab/tracked/tokens';

export default [
  runsPlugin,
  trackedPlugin,
  modelsPlugin,
  notebooksPlugin,
  panelPlugin,
  launchPlugin,
  notebookPlugin,
  pipelinePlugin,
  runViewPlugin
];
