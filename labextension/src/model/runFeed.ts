/**
 * Keeps the store in step with the server: reads the list, and follows journals by cursor.
 * A push only says that there is something to read, so a lost one costs time, never truth.
 */

import { runStatus } from './selectors';
import type { Fault, RunStore } from './runStore';
import type { EventsAnswer, RunChanged, RunsAnswer } from './types';

/** Where runs are read from. Both reject with an Error when the server does not answer well. */
export interface RunSource {
  runs(limit: number, before?: string): Promise<RunsAnswer>;
  entries(run: string, after: number): Promise<EventsAnswer>;
}

/** Why a read did not work, as `Fault`; given by whoever knows the source's errors. */
export type Explain = (error: unknown) => Fault;

const PAGE = 50;

export class RunFeed {
  readonly #store: RunStore;
  readonly #source: RunSource;
  readonly #explain: Explain;
  readonly #list = new Turn();
  readonly #journals = new Map<string, Turn>();

  constructor(store: RunStore, source: RunSource, explain: Explain) {
    this.#store = store;
    this.#source = source;
    this.#explain = explain;
  }

  /** Reads the newest runs and what is new of those that are looked at. Rejects after telling the store. */
  async refresh(): Promise<void> {
    await this.#list.take(async () => {
      await this.#told(async () => {
        const { runs } = await this.#source.runs(PAGE);
        this.#store.change({ type: 'runs-listed', runs, more: runs.length === PAGE });
      });
    });
    await Promise.all(this.#followed().map(run => this.follow(run)));
  }

  /** Reads the runs before the oldest one that is listed. */
  async older(): Promise<void> {
    const before = [...this.#store.snapshot().runs.keys()].sort()[0];
    await this.#told(async () => {
      const { runs } = await this.#source.runs(PAGE, before);
      this.#store.change({
        type: 'runs-listed',
        runs,
        more: runs.length === PAGE,
        ...(before === undefined ? {} : { before })
      });
    });
  }

  /** Reads what is new in the journal of `run`. */
  async follow(run: string): Promise<void> {
    const turn = this.#journals.get(run) ?? new Turn();
    this.#journals.set(run, turn);
    await turn.take(async () => {
      await this.#told(async () => {
        const after = this.#store.snapshot().runs.get(run)?.state?.seq ?? 0;
        const { entries, driver } = await this.#source.entries(run, after);
        this.#store.change({ type: 'entries-read', run, entries, driver });
      });
    });
  }

  /** Acts on a push of the server. */
  async changed(push: RunChanged): Promise<void> {
    const record = this.#store.snapshot().runs.get(push.run);
    if (record === undefined) {
      await this.refresh();
    } else if (push.state === 'running' || this.#followed().includes(push.run)) {
      await this.follow(push.run);
    } else {
      await this.refresh();
    }
  }

  #followed(): readonly string[] {
    const { runs, open } = this.#store.snapshot();
    return [...runs.values()]
      .filter(record => open.has(record.summary.run) || runStatus(record) === 'running')
      .map(record => record.summary.run);
  }

  async #told(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      this.#store.change({ type: 'faulted', fault: this.#explain(error) });
      throw error;
    }
  }
}

/** One at a time; any number of calls meanwhile become one more round, which all of them await. */
class Turn {
  #now: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  take(work: () => Promise<void>): Promise<void> {
    if (this.#now === null) {
      this.#now = work().finally(() => {
        this.#now = null;
      });
      return this.#now;
    }
    this.#next ??= this.#now
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.take(work);
      });
    return this.#next;
  }
}
