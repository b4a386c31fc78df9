/** The routes of recorded runs as functions; see docs/reference/rest-tracked.md. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ArtifactFolder, Preview, RunDetail } from '../../model/tracked/detail';
import type { PageSource, RunEdit } from '../../model/tracked/pageStore';
import type { TrackedSource } from '../../model/tracked/trackedFeed';
import type { Experiment, RunsPage, RunsWish, Series } from '../../model/tracked/types';
import { refusal } from '../request';

type Query = readonly (readonly [string, string])[];

export class TrackedRoutes implements TrackedSource, PageSource {
  readonly #settings: ServerConnection.ISettings;

  constructor(settings: ServerConnection.ISettings) {
    this.#settings = settings;
  }

  runs(wish: RunsWish): Promise<RunsPage> {
    const { scope, order } = wish;
    return this.#ask(
      ['runs'],
      [
        ['scope', scope.kind],
        ...(scope.kind === 'notebook' ? [['path', wish.path ?? ''] as const] : []),
        ...(scope.kind === 'experiment' ? [['experiment', scope.name] as const] : []),
        ['filter', wish.filter],
        ['order', `${order.column} ${order.descends ? 'desc' : 'asc'}`],
        ['limit', String(wish.limit)],
        ...(wish.after === undefined ? [] : [['after', wish.after] as const]),
        ...wish.columns.map(column => ['column', column] as const)
      ]
    );
  }

  async experiments(): Promise<readonly Experiment[]> {
    const said = await this.#ask<{ experiments: Experiment[] }>(['experiments'], []);
    return said.experiments;
  }

  async series(
    runs: readonly string[],
    keys: readonly string[],
    points: number
  ): Promise<readonly Series[]> {
    const said = await this.#ask<{ series: Series[] }>(
      ['series'],
      [
        ...runs.map(run => ['run', run] as const),
        ...keys.map(key => ['metric', key] as const),
        ['points', String(points)]
      ]
    );
    return said.series;
  }

  run(id: string): Promise<RunDetail> {
    return this.#ask(['runs', id], []);
  }

  edit(id: string, edit: RunEdit): Promise<RunDetail> {
    return this.#ask(['runs', id], [], 'PATCH', edit);
  }

  remove(id: string): Promise<unknown> {
    return this.#ask(['runs', id], [], 'DELETE');
  }

  restore(id: string): Promise<unknown> {
    return this.#ask(['runs', id, 'restore'], [], 'POST', {});
  }

  folder(id: string, path: string): Promise<ArtifactFolder> {
    return this.#ask(['runs', id, 'artifacts'], [['path', path]]);
  }

  preview(id: string, path: string): Promise<Preview> {
    return this.#ask(['runs', id, 'preview'], [['path', path]]);
  }

  /** A notebook among the artifacts, as a document. */
  notebook(id: string, path: string): Promise<unknown> {
    return this.#ask(['runs', id, 'notebook'], [['path', path]]);
  }

  /** A file as it is. */
  async file(id: string, path: string): Promise<Blob> {
    const response = await ServerConnection.makeRequest(
      this.#url(['runs', id, 'download'], [['path', path]]),
      {},
      this.#settings
    );
    if (!response.ok) {
      throw refusal(response, await response.text());
    }
    return response.blob();
  }

  async #ask<T>(path: readonly string[], query: Query, method = 'GET', body?: unknown): Promise<T> {
    const options = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await ServerConnection.makeRequest(
      this.#url(path, query),
      options,
      this.#settings
    );
    const text = await response.text();
    if (response.ok) {
      return JSON.parse(text) as T;
    }
    throw refusal(response, text);
  }

  #url(path: readonly string[], query: Query): string {
    const place = URLExt.join(
      this.#settings.baseUrl,
      'dagbook',
      'api',
      'tracked',
      ...path.map(encodeURIComponent)
    );
    const asked = new URLSearchParams(query.map(([name, value]) => [name, value]));
    return query.length === 0 ? place : `${place}?${asked.toString()}`;
  }
}
