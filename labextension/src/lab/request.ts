/** The one place that talks to our REST routes; see docs/reference/rest.md. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RunSource } from '../model/runFeed';
import type { Fault } from '../model/runStore';
import type { EventsAnswer, RunsAnswer } from '../model/types';

/** The server answered, and the answer is no. `code` and `remedy` are its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly remedy: string
  ) {
    super(message);
  }
}

/** Our routes as functions. */
export class DagbookServer implements RunSource {
  readonly #settings: ServerConnection.ISettings;

  constructor(settings: ServerConnection.ISettings) {
    this.#settings = settings;
  }

  runs(limit: number, before?: string): Promise<RunsAnswer> {
    return this.#get(['runs'], { limit, before });
  }

  entries(run: string, after: number): Promise<EventsAnswer> {
    return this.#get(['runs', run, 'events'], { after });
  }

  /** The executed notebook of a step, as a document. */
  notebook(run: string, step: string): Promise<unknown> {
    return this.#get(['runs', run, 'steps', step, 'notebook'], {});
  }

  async #get<T>(
    path: readonly string[],
    query: Readonly<Record<string, string | number | undefined>>
  ): Promise<T> {
    const asked = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]]
    );
    const url =
      URLExt.join(this.#settings.baseUrl, 'dagbook', 'api', ...path.map(encodeURIComponent)) +
      (asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`);
    const response = await ServerConnection.makeRequest(url, {}, this.#settings);
    const text = await response.text();
    if (response.ok) {
      return JSON.parse(text) as T;
    }
    throw refusal(response, text);
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

/** The error that an answer other than yes is. */
export function refusal(response: Response, text: string): Refusal {
  let said: { message?: string; code?: string; remedy?: string } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // Not ours: a proxy's or the server's own page.
  }
  const message = said.message ?? `${response.status} ${response.statusText}`;
  return new Refusal(message, response.status, said.code ?? '', said.remedy ?? '');
}
