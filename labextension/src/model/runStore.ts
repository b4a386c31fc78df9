/**
 * What the panel knows, in one immutable value, and the pure function that changes it.
 * Knows nothing of how it is fetched or drawn.
 */

import { IllegalEvent, NOTHING_YET, fold } from './runState';
import type { RunState } from './runState';
import type { Entry, RunSummary } from './types';

/** `live` hears of changes; `paused` looks away on purpose; `offline` cannot reach the server. */
export type Link = 'connecting' | 'live' | 'paused' | 'offline';

/** Why the list may be out of date, for people. */
export interface Fault {
  readonly message: string;
  readonly remedy: string;
}

/** One run: its line in the list and, once somebody looked closer, the fold of its journal. */
export interface RunRecord {
  readonly summary: RunSummary;
  readonly state: RunState | null;
  readonly driver: 'alive' | 'gone' | null;
  /** Why the journal cannot be followed, if so; the summary is all there is then. */
  readonly damage: string | null;
}

export interface PanelState {
  readonly runs: ReadonlyMap<string, RunRecord>;
  /** False until the first answer: an empty list means something only after it. */
  readonly listed: boolean;
  /** Whether the server has runs older than those listed. */
  readonly more: boolean;
  /** Opened rows: run ids, and `groupKey(run, node)` for folded nodes. */
  readonly open: ReadonlySet<string>;
  readonly filter: string;
  readonly link: Link;
  readonly fault: Fault | null;
}

export type Change =
  | {
      readonly type: 'runs-listed';
      readonly runs: readonly RunSummary[];
      /** Set when `runs` continue the list below this run, in place of being its newest part. */
      readonly before?: string;
      readonly more: boolean;
    }
  | {
      readonly type: 'entries-read';
      readonly run: string;
      readonly entries: readonly Entry[];
      readonly driver: 'alive' | 'gone';
    }
  | { readonly type: 'row-toggled'; readonly key: string; readonly open: boolean }
  | { readonly type: 'filter-typed'; readonly text: string }
  | { readonly type: 'link-changed'; readonly link: Link }
  | { readonly type: 'faulted'; readonly fault: Fault };

export const AT_FIRST: PanelState = {
  runs: new Map(),
  listed: false,
  more: false,
  open: new Set(),
  filter: '',
  link: 'connecting',
  fault: null
};

/** The key under which a node's folded steps are opened. */
export function groupKey(run: string, node: string): string {
  return `${run}/${node}`;
}

/** The state after one more change. */
export function changed(state: PanelState, change: Change): PanelState {
  switch (change.type) {
    case 'runs-listed':
      return {
        ...state,
        runs: listed(state.runs, change.runs, change.before),
        // The newest part says nothing of what is older than all that we have.
        more:
          change.before === undefined && reachesBelow(state, change.runs)
            ? state.more
            : change.more,
        listed: true,
        fault: null
      };
    case 'entries-read':
      return { ...state, runs: withEntries(state.runs, change) };
    case 'row-toggled': {
      const open = new Set(state.open);
      if (change.open) {
        open.add(change.key);
      } else {
        open.delete(change.key);
      }
      return { ...state, open };
    }
    case 'filter-typed':
      return { ...state, filter: change.text };
    case 'link-changed':
      return { ...state, link: change.link };
    case 'faulted':
      return { ...state, link: 'offline', fault: change.fault };
  }
}

/** Holds the state and tells who listens that it is another one. */
export class RunStore {
  readonly #listeners = new Set<() => void>();
  #state: PanelState = AT_FIRST;

  readonly snapshot = (): PanelState => this.#state;

  readonly change = (change: Change): void => {
    this.#state = changed(this.#state, change);
    for (const listener of this.#listeners) {
      listener();
    }
  };

  /** Returns the function that ends the subscription. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

type Runs = ReadonlyMap<string, RunRecord>;

function listed(known: Runs, summaries: readonly RunSummary[], before: string | undefined): Runs {
  const runs = new Map<string, RunRecord>();
  const oldest = summaries.at(-1)?.run ?? '';
  for (const [run, record] of known) {
    // What the newest part leaves out although it reaches further back has been deleted.
    if (before !== undefined || run < oldest) {
      runs.set(run, record);
    }
  }
  for (const summary of summaries) {
    const record = known.get(summary.run);
    runs.set(summary.run, {
      summary,
      state: record?.state ?? null,
      driver: record?.driver ?? null,
      damage: record?.damage ?? null
    });
  }
  return runs;
}

function reachesBelow(state: PanelState, summaries: readonly RunSummary[]): boolean {
  const oldest = summaries.at(-1)?.run;
  return oldest !== undefined && [...state.runs.keys()].some(run => run < oldest);
}

function withEntries(runs: Runs, read: Extract<Change, { type: 'entries-read' }>): Runs {
  const record = runs.get(read.run);
  if (record === undefined) {
    return runs;
  }
  const before = record.state ?? NOTHING_YET;
  const fresh = read.entries.filter(entry => entry.seq > before.seq);
  let next: RunRecord;
  try {
    next = { ...record, state: fold(fresh, before), driver: read.driver, damage: null };
  } catch (error) {
    if (!(error instanceof IllegalEvent)) {
      throw error;
    }
    next = { ...record, state: null, driver: read.driver, damage: error.message };
  }
  return new Map(runs).set(read.run, next);
}
