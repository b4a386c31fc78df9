/** Writes a first pipeline file for a folder, and says what was in the way. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { complain } from '../launchActions';
import { LaunchRoutes } from '../launchRequest';
import { PipelineRoutes } from './pipelineRequest';

/** The path of the file; null where there is none. */
export async function draftPipeline(
  app: JupyterFrontEnd,
  folder: string,
  trans: TranslationBundle
): Promise<string | null> {
  const routes = new PipelineRoutes(new LaunchRoutes(app.serviceManager.serverSettings));
  try {
    return await routes.draft(folder);
  } catch (error) {
    complain(error, trans);
    return null;
  }
}
