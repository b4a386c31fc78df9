/** Keeps the table in step with the server. What is asked last is what is shown: older answers are dropped. */

import type { Fault } from '../runStore';
import { sparkMetric } from './trackedStore';
import type { TrackedStore } from './trackedStore';
import { visibleColumns } from './trackedStore';
import type { Experiment, RunsPage, RunsWish, Series, TrackedRun } from './types';

/** Where recorded runs are read from. All reject with an Error when the server does not answer well. */
export interface TrackedSource {
  runs(wish: RunsWish): Promise<RunsPage>;
  experiments(): Promise<readonly Experiment[]>;
  series(
    runs: readonly string[],
    keys: readonly string[],
    points: number
  ): Promise<readonly Series[]>;
}

export const PAGE = 100;
const SPARK_POINTS = 40;
const MOST_SPARKS = 40;

export class TrackedFeed {
  readonly #store: TrackedStore;
  readonly #source: TrackedSource;
  readonly #explain: (error: unknown) => Fault;
  #asked = 0;
  #isGoingOn = false;
  #sparked = new Map<string, string>();

  constructor(store: TrackedStore, source: TrackedSource, explain: (error: unknown) => Fault) {
    this.#store = store;
    this.#source = source;
    this.#explain = explain;
  }

  /** Reads the first page again. Rejects after telling the store. */
  async refresh(): Promise<void> {
    const state = this.#store.snapshot();
    if (state.scope.kind === 'notebook' && state.notebook === null) {
      this.#asked += 1;
      this.#store.change({
        type: 'page-read',
        page: { runs: [], next: null, away: [] },
        goesOn: false
      });
      return;
    }
    await this.#read(false);
  }

  /** Reads what follows the list. */
  async more(): Promise<void> {
    if (this.#store.snapshot().next !== null && !this.#isGoingOn) {
      this.#isGoingOn = true;
      try {
        await this.#read(true);
      } finally {
        this.#isGoingOn = false;
      }
    }
  }

  async experiments(): Promise<void> {
    const experiments = await this.#source.experiments();
    this.#store.change({ type: 'experiments-listed', experiments });
  }

  /** Reads the small curves of these runs, unless nothing of them can have changed. */
  async sparks(runs: readonly TrackedRun[]): Promise<void> {
    const key = sparkMetric(this.#store.snapshot());
    if (key === null) {
      return;
    }
    const due = runs
      .filter(run => run.metrics[key] !== undefined)
      .filter(run => this.#sparked.get(`${run.run}/${key}`) !== stamp(run))
      .slice(0, MOST_SPARKS);
    if (due.length === 0) {
      return;
    }
    // Remembered first: who scrolls asks many times.
    due.forEach(run => this.#sparked.set(`${run.run}/${key}`, stamp(run)));
    try {
      const series = await this.#source.series(
        due.map(run => run.run),
        [key],
        SPARK_POINTS
      );
      this.#store.change({ type: 'sparks-read', series });
    } catch {
      // A list without curves is a list. They are asked for again when something changes.
      due.forEach(run => this.#sparked.delete(`${run.run}/${key}`));
    }
  }

  async #read(goesOn: boolean): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const state = this.#store.snapshot();
    if (goesOn || !state.listed) {
      this.#store.change({ type: 'reading' });
    }
    const wish: RunsWish = {
      scope: state.scope,
      path: state.notebook,
      filter: state.filter,
      order: state.order,
      columns: visibleColumns(state),
      limit: PAGE,
      ...(goesOn && state.next !== null ? { after: state.next } : {})
    };
    try {
      const page = await this.#source.runs(wish);
      if (asked === this.#asked) {
        this.#store.change({ type: 'page-read', page, goesOn });
      }
    } catch (error) {
      if (asked === this.#asked) {
        this.#store.change({ type: 'faulted', fault: this.#explain(error) });
      }
      throw error;
    }
  }
}

/** Changes when a curve may have. A running run's last value says so; ended ones stay. */
function stamp(run: TrackedRun): string {
  return `${run.status} ${run.status === 'running' ? JSON.stringify(run.metrics) : ''}`;
}
