/** The one place that talks to our REST routes; see docs/reference/rest.md. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Finding } from '../model/launch/types';
import type { RunSource } from '../model/runFeed';
import type { Fault } from '../model/runStore';
import type { EventsAnswer, RunsAnswer } from '../model/types';

/** The server answered, and the answer is no. `code`, `remedy` and `findings` are its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly remedy: string,
    readonly findings: readonly Finding[] | null = null
  ) {
    super(message);
  }
}

export type Query = readonly (readonly [string, string])[];

export interface Asked {
  readonly query?: Query;
  /** As JSON; it is posted unless another method is given. */
  readonly body?: unknown;
  /** Posted as it is: JSON that somebody has written. */
  readonly text?: string;
  readonly method?: string;
}

/** Asks routes below `dagbook/api`, or below `below` there. A refusal is thrown as `Refusal`. */
export class Routes {
  readonly #settings: ServerConnection.ISettings;
  readonly #below: readonly string[];

  constructor(settings: ServerConnection.ISettings, below: readonly string[] = []) {
    this.#settings = settings;
    this.#below = below;
  }

  /** The JSON of the answer; nothing where the answer is empty. */
  async ask<T>(path: readonly string[], asked: Asked = {}): Promise<T> {
    const text = await (await this.answer(path, asked)).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The answer itself. */
  async answer(path: readonly string[], asked: Asked = {}): Promise<Response> {
    const { query = [], body, method } = asked;
    const text = asked.text ?? (body === undefined ? undefined : JSON.stringify(body));
    const place = URLExt.join(
      this.#settings.baseUrl,
      'dagbook',
      'api',
      ...[...this.#below, ...path].map(encodeURIComponent)
    );
    const words = query.map(([name, value]) => [name, value]);
    const url = query.length === 0 ? place : `${place}?${new URLSearchParams(words).toString()}`;
    const options = {
      method: method ?? (text === undefined ? 'GET' : 'POST'),
      // Else the browser calls it plain text, and what we hand on a question to believes that.
      ...(text === undefined ? {} : { body: text, headers: { 'Content-Type': 'application/json' } })
    };
    const response = await ServerConnection.makeRequest(url, options, this.#settings);
    if (!response.ok) {
      throw refusal(response, await response.text());
    }
    return response;
  }
}

/** Our routes of pipelines' runs as functions. */
export class DagbookServer implements RunSource {
  readonly #routes: Routes;

  constructor(settings: ServerConnection.ISettings) {
    this.#routes = new Routes(settings);
  }

  runs(limit: number, before?: string): Promise<RunsAnswer> {
    const query: Query = [['limit', String(limit)]];
    return this.#routes.ask(['runs'], {
      query: before === undefined ? query : [...query, ['before', before]]
    });
  }

  entries(run: string, after: number): Promise<EventsAnswer> {
    return this.#routes.ask(['runs', run, 'events'], { query: [['after', String(after)]] });
  }

  /** The executed notebook of a step, as a document. */
  notebook(run: string, step: string): Promise<unknown> {
    return this.#routes.ask(['runs', run, 'steps', step, 'notebook']);
  }
}

/** What went wrong, for people. */
export function explain(error: unknown, trans: TranslationBundle): Fault {
  if (error instanceof ServerConnection.NetworkError) {
    return {
      message: trans.__('The Jupyter server does not answer.'),
      remedy: trans.__('Runs go on without it; the list is as of the last answer.')
    };
  }
  if (error instanceof Refusal && error.code === '' && error.status === 404) {
    return {
      message: trans.__('Dagbook’s server extension is not running.'),
      remedy: trans.__(
        'Restart the Jupyter server; `jupyter server extension list` has to name dagbook.'
      )
    };
  }
  if (error instanceof Refusal) {
    return { message: error.message, remedy: error.remedy };
  }
  return { message: error instanceof Error ? error.message : String(error), remedy: '' };
}

interface Said {
  readonly message?: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly findings?: readonly Finding[];
}

function refusal(response: Response, text: string): Refusal {
  let said: Said = {};
  try {
    said = JSON.parse(text) as Said;
  } catch {
    // Not ours: a proxy's or the server's own page.
  }
  const message = said.message ?? `${response.status} ${response.statusText}`;
  const { code = '', remedy = '', findings = null } = said;
  return new Refusal(message, response.status, code, remedy, findings);
}
