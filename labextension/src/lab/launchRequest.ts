/** The routes that start and end runs; see docs/reference/rest.md. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { WrongInput } from '../model/launch/launchStore';
import type { LaunchServer } from '../model/launch/launchStore';
import type {
  Edit,
  Finding,
  Launchable,
  Launchables,
  LaunchRequest,
  Logged,
  Plan,
  Started,
  Trials
} from '../model/launch/types';
import { Refusal } from './request';

interface Said {
  readonly message?: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly findings?: readonly Finding[];
}

export class LaunchRoutes implements LaunchServer {
  readonly #settings: ServerConnection.ISettings;

  constructor(settings: ServerConnection.ISettings) {
    this.#settings = settings;
  }

  launchables(): Promise<Launchables> {
    return this.ask(['launchables']);
  }

  parameters(path: string): Promise<Launchable> {
    return this.ask(['parameters'], { query: { path } });
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
    const said = await this.ask<{ logged: Logged[] }>(['cells'], { query: { path } });
    return said.logged;
  }

  register(run: string, step: string, name: string): Promise<{ name: string; version: string }> {
    return this.ask(['models'], { body: { run, step, name } });
  }

  /** The answer of the route at `path`; it is posted to where there is a body. */
  async ask<T>(
    path: readonly string[],
    asked: { readonly query?: Record<string, string>; readonly body?: unknown } = {}
  ): Promise<T> {
    const query =
      asked.query === undefined ? '' : `?${new URLSearchParams(asked.query).toString()}`;
    const url =
      URLExt.join(this.#settings.baseUrl, 'dagbook', 'api', ...path.map(encodeURIComponent)) +
      query;
    const options =
      asked.body === undefined ? {} : { method: 'POST', body: JSON.stringify(asked.body) };
    const response = await ServerConnection.makeRequest(url, options, this.#settings);
    const text = await response.text();
    if (response.ok) {
      return JSON.parse(text) as T;
    }
    throw refusal(response, text);
  }
}

function refusal(response: Response, text: string): Error {
  let said: Said = {};
  try {
    said = JSON.parse(text) as Said;
  } catch {
    // Not ours: a proxy's or the server's own page.
  }
  const message = said.message ?? `${response.status} ${response.statusText}`;
  return response.status === 400 || said.findings !== undefined
    ? new WrongInput(message, said.remedy ?? '', said.findings ?? [])
    : new Refusal(message, response.status, said.code ?? '', said.remedy ?? '');
}
