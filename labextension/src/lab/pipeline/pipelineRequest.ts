/** The routes of the canvas, beside those that start and end runs; see docs/reference/rest.md. */

import type { Plan, Started } from '../../model/launch/types';
import type {
  CheckAnswer,
  CheckRequest,
  PipelineSchema,
  PipelineServer
} from '../../model/pipeline/types';
import type { PartRequest } from '../../model/pipeline/parts';
import type { LaunchRoutes } from '../launchRequest';

export class PipelineRoutes implements PipelineServer {
  constructor(readonly launches: LaunchRoutes) {}

  check(request: CheckRequest): Promise<CheckAnswer> {
    return this.launches.ask(['pipeline', 'check'], { body: request });
  }

  schema(): Promise<PipelineSchema> {
    return this.launches.ask(['pipeline', 'schema']);
  }

  plan(path: string): Promise<Plan> {
    return this.launches.plan({ path, texts: {}, sweep: {}, secrets: {}, use_cache: true });
  }

  /** Start a run of a part of a pipeline. */
  startPart(request: PartRequest): Promise<Started> {
    return this.launches.ask(['runs'], { body: request });
  }

  /** Write a first pipeline file for a folder; its path. */
  async draft(folder: string): Promise<string> {
    const said = await this.launches.ask<{ path: string }>(['pipeline', 'draft'], {
      body: { path: folder }
    });
    return said.path;
  }
}
