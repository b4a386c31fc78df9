/** The routes that start and end runs; see docs/reference/rest.md. */

import type { ServerConnection } from '@jupyterlab/services';

import { WrongInput } from '../model/launch/launchStore';
import type { LaunchServer } from '../model/launch/launchStore';
import type {
  Edit,
  Launchable,
  Launchables,
  LaunchRequest,
  Logged,
  Plan,
  Started,
  Trials
} from '../model/launch/types';
import { Refusal, Routes } from './request';
import type { Asked } from './request';

export class LaunchRoutes implements LaunchServer {
  readonly #routes: Routes;

  constructor(settings: ServerConnection.ISettings) {
    this.#routes = new Routes(settings);
  }

  launchables(): Promise<Launchables> {
    return this.ask(['launchables']);
  }

  parameters(path: string): Promise<Launchable> {
    return this.ask(['parameters'], { query: [['path', path]] });
  }

  plan(request: LaunchRequest): Promise<Plan> {
    return this.ask(['plan'], { body: request });
  }

  start(request: LaunchRequest): Promise<Started> {
    return this.ask(['runs'], { body: request });
  }

  trials(run: string): Promise<Trials> {
    return this.ask(['runs', run, 'trials']);
  }

  /** Answers for a step that waits for a person. */
  approve(
    run: string,
    answer: { readonly step: string; readonly reject: boolean; readonly comment: string }
  ): Promise<unknown> {
    return this.ask(['runs', run, 'approve'], { body: answer });
  }

  /** Writes a copy of the step's notebook with what the run gave it; where it is. */
  openStep(run: string, step: string): Promise<{ readonly path: string }> {
    return this.ask(['runs', run, 'steps', step, 'open'], { body: {} });
  }

  /** The run as one page of HTML. */
  async report(run: string): Promise<Blob> {
    return (await this.#routes.answer(['runs', run, 'report'])).blob();
  }

  cancel(run: string): Promise<unknown> {
    return this.ask(['runs', run, 'cancel'], { body: {} });
  }

  /** The edits that make `values` the defaults of a parameters cell with this source. */
  async defaults(
    source: string,
    values: Readonly<Record<string, unknown>>
  ): Promise<readonly Edit[]> {
    const said = await this.ask<{ edits: Edit[] }>(['defaults'], { body: { source, values } });
    return said.edits;
  }

  /** What the cells of a notebook logged last. */
  async logged(path: string): Promise<readonly Logged[]> {
    const said = await this.ask<{ logged: Logged[] }>(['cells'], { query: [['path', path]] });
    return said.logged;
  }

  register(run: string, step: string, name: string): Promise<{ name: string; version: string }> {
    return this.ask(['models'], { body: { run, step, name } });
  }

  /** The answer of the route at `path`; a refusal of what was typed is thrown as `WrongInput`. */
  async ask<T>(path: readonly string[], asked: Asked = {}): Promise<T> {
    try {
      return await this.#routes.ask<T>(path, asked);
    } catch (error) {
      if (error instanceof Refusal && (error.status === 400 || error.findings !== null)) {
        throw new WrongInput(error.message, error.remedy, error.findings ?? []);
      }
      throw error;
    }
  }
}
