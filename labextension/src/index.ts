import { launchPlugin } from './lab/launchPlugin';
import { notebookPlugin } from './lab/notebookPlugin';
import { notebooksPlugin } from './lab/notebooksPlugin';
import { panelPlugin } from './lab/panelPlugin';
import { pipelinePlugin } from './lab/pipeline/pipelinePlugin';
import { runsPlugin } from './lab/runsPlugin';

export { IRuns } from './lab/tokens';

export default [
  runsPlugin,
  notebooksPlugin,
  panelPlugin,
  launchPlugin,
  notebookPlugin,
  pipelinePlugin
];
