/** The routes of recorded runs as functions; see docs/reference/rest-tracked.md. */

import type { ServerConnection } from '@jupyterlab/services';

import type { CellsOfTwo, CompareSource } from '../../model/tracked/compare';
import type { ArtifactFolder, Preview, RunDetail } from '../../model/tracked/detail';
import type { PageSource, RunEdit } from '../../model/tracked/pageStore';
import type { TrackedSource } from '../../model/tracked/trackedFeed';
import type { Experiment, RunsPage, RunsWish, Series } from '../../model/tracked/types';
import { Routes } from '../request';

export class TrackedRoutes implements TrackedSource, PageSource, CompareSource {
  readonly #routes: Routes;

  constructor(settings: ServerConnection.ISettings) {
    this.#routes = new Routes(settings, ['tracked']);
  }

  runs(wish: RunsWish): Promise<RunsPage> {
    const { scope, order } = wish;
    return this.#routes.ask(['runs'], {
      query: [
        ['scope', scope.kind],
        ...(scope.kind === 'notebook' ? [['path', wish.path ?? ''] as const] : []),
        ...(scope.kind === 'experiment' ? [['experiment', scope.name] as const] : []),
        ['filter', wish.filter],
        ['order', `${order.column} ${order.descends ? 'desc' : 'asc'}`],
        ['limit', String(wish.limit)],
        ...(wish.after === undefined ? [] : [['after', wish.after] as const]),
        ...wish.columns.map(column => ['column', column] as const)
      ]
    });
  }

  async experiments(): Promise<readonly Experiment[]> {
    const said = await this.#routes.ask<{ experiments: Experiment[] }>(['experiments']);
    return said.experiments;
  }

  async series(
    runs: readonly string[],
    keys: readonly string[],
    points: number
  ): Promise<readonly Series[]> {
    const said = await this.#routes.ask<{ series: Series[] }>(['series'], {
      query: [
        ...runs.map(run => ['run', run] as const),
        ...keys.map(key => ['metric', key] as const),
        ['points', String(points)]
      ]
    });
    return said.series;
  }

  /** The executed notebooks of two runs, cell by cell. */
  cells(left: string, right: string): Promise<CellsOfTwo> {
    const query = [left, right].map(run => ['run', run] as const);
    return this.#routes.ask(['cells'], { query });
  }

  run(id: string): Promise<RunDetail> {
    return this.#routes.ask(['runs', id]);
  }

  edit(id: string, edit: RunEdit): Promise<RunDetail> {
    return this.#routes.ask(['runs', id], { method: 'PATCH', body: edit });
  }

  remove(id: string): Promise<unknown> {
    return this.#routes.ask(['runs', id], { method: 'DELETE' });
  }

  restore(id: string): Promise<unknown> {
    return this.#routes.ask(['runs', id, 'restore'], { body: {} });
  }

  folder(id: string, path: string): Promise<ArtifactFolder> {
    return this.#routes.ask(['runs', id, 'artifacts'], { query: [['path', path]] });
  }

  preview(id: string, path: string): Promise<Preview> {
    return this.#routes.ask(['runs', id, 'preview'], { query: [['path', path]] });
  }

  /** A notebook among the artifacts, as a document. */
  notebook(id: string, path: string): Promise<unknown> {
    return this.#routes.ask(['runs', id, 'notebook'], { query: [['path', path]] });
  }

  /** A file as it is. */
  async file(id: string, path: string): Promise<Blob> {
    const query = [['path', path]] as const;
    return (await this.#routes.answer(['runs', id, 'download'], { query })).blob();
  }
}
