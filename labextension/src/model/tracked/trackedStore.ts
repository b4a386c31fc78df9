/** What the table of recorded runs knows, in one immutable value, and the pure function that changes it. */

import type { Fault, Link } from '../runStore';
import { NEWEST, STARTED, columnsByDefault, compareRuns } from './columns';
import type { Experiment, Order, RunsPage, Scope, Series, TrackedRun } from './types';

export const MOST_COMPARED = 7;

export interface TrackedState {
  readonly scope: Scope;
  /** The notebook in front, as the file browser shows it. */
  readonly notebook: string | null;
  readonly experiments: readonly Experiment[];
  readonly filter: string;
  readonly order: Order;
  /** Chosen by a person; null until somebody does. */
  readonly columns: readonly string[] | null;
  readonly pinned: readonly string[];
  readonly runs: readonly TrackedRun[];
  /** Where the list goes on; null at its end. */
  readonly next: string | null;
  readonly listed: boolean;
  /** More is being read, or the list anew after a change of what is wanted. */
  readonly reading: boolean;
  readonly selected: ReadonlySet<string>;
  readonly sparks: ReadonlyMap<string, Series>;
  readonly link: Link;
  readonly fault: Fault | null;
  /** Stores that did not answer while others did. */
  readonly away: readonly string[];
}

export type TrackedChange =
  | { readonly type: 'scoped'; readonly scope: Scope }
  | { readonly type: 'notebook-in-front'; readonly path: string | null }
  | { readonly type: 'experiments-listed'; readonly experiments: readonly Experiment[] }
  | { readonly type: 'filtered'; readonly filter: string }
  | { readonly type: 'ordered'; readonly order: Order }
  | { readonly type: 'columns-chosen'; readonly columns: readonly string[] | null }
  | { readonly type: 'pinned'; readonly pinned: readonly string[] }
  | { readonly type: 'reading' }
  | { readonly type: 'page-read'; readonly page: RunsPage; readonly goesOn: boolean }
  | { readonly type: 'sparks-read'; readonly series: readonly Series[] }
  | { readonly type: 'run-changed'; readonly run: TrackedRun }
  | { readonly type: 'run-gone'; readonly run: string }
  | { readonly type: 'selected'; readonly run: string; readonly isSelected: boolean }
  | { readonly type: 'unselected' }
  | { readonly type: 'link-changed'; readonly link: Link }
  | { readonly type: 'faulted'; readonly fault: Fault };

/** What is kept over a reload. */
export type Kept = Pick<TrackedState, 'scope' | 'filter' | 'order' | 'columns' | 'pinned'>;

export const AT_FIRST: TrackedState = {
  scope: { kind: 'notebook' },
  notebook: null,
  experiments: [],
  filter: '',
  order: NEWEST,
  columns: null,
  pinned: [],
  runs: [],
  next: null,
  listed: false,
  reading: false,
  selected: new Set(),
  sparks: new Map(),
  link: 'connecting',
  fault: null,
  away: []
};

export function changed(state: TrackedState, change: TrackedChange): TrackedState {
  switch (change.type) {
    case 'scoped':
      return anew({ ...state, scope: change.scope });
    case 'notebook-in-front':
      if (change.path === state.notebook) {
        return state;
      }
      return state.scope.kind === 'notebook'
        ? anew({ ...state, notebook: change.path })
        : { ...state, notebook: change.path };
    case 'experiments-listed':
      return { ...state, experiments: change.experiments };
    case 'filtered':
      return { ...state, filter: change.filter };
    case 'ordered':
      return { ...state, order: change.order };
    case 'columns-chosen':
      return { ...state, columns: change.columns };
    case 'pinned':
      return { ...state, pinned: change.pinned };
    case 'reading':
      return { ...state, reading: true };
    case 'page-read':
      return {
        ...state,
        ...(change.goesOn ? continued(state, change.page) : renewed(state, change.page)),
        listed: true,
        reading: false,
        fault: null,
        away: change.page.away
      };
    case 'sparks-read': {
      const sparks = new Map(state.sparks);
      change.series.forEach(one => sparks.set(`${one.run}/${one.key}`, one));
      return { ...state, sparks };
    }
    case 'run-changed':
      return {
        ...state,
        runs: state.runs.map(run => (run.run === change.run.run ? change.run : run))
      };
    case 'run-gone':
      return {
        ...state,
        runs: state.runs.filter(run => run.run !== change.run),
        selected: without(state.selected, change.run)
      };
    case 'selected': {
      if (!change.isSelected) {
        return { ...state, selected: without(state.selected, change.run) };
      }
      return state.selected.size >= MOST_COMPARED
        ? state
        : { ...state, selected: new Set(state.selected).add(change.run) };
    }
    case 'unselected':
      return { ...state, selected: new Set() };
    case 'link-changed':
      return { ...state, link: change.link };
    case 'faulted':
      return { ...state, link: 'offline', reading: false, fault: change.fault };
  }
}

/** The columns beside the name, pinned ones first. */
export function visibleColumns(state: TrackedState): readonly string[] {
  const chosen = state.columns ?? columnsByDefault(state.runs);
  const pinned = state.pinned.filter(id => chosen.includes(id));
  return [...pinned, ...chosen.filter(id => !pinned.includes(id))];
}

/** The metric that sparklines draw: the first one shown. */
export function sparkMetric(state: TrackedState): string | null {
  const first = visibleColumns(state).find(id => id.startsWith('metrics.'));
  return first?.slice('metrics.'.length) ?? null;
}

export function kept({ scope, filter, order, columns, pinned }: TrackedState): Kept {
  return { scope, filter, order, columns, pinned };
}

export class TrackedStore {
  #state: TrackedState;
  readonly #listeners = new Set<() => void>();

  constructor(state: Partial<TrackedState> = {}) {
    this.#state = { ...AT_FIRST, ...state };
  }

  readonly snapshot = (): TrackedState => this.#state;

  readonly change = (change: TrackedChange): void => {
    this.#state = changed(this.#state, change);
    this.#listeners.forEach(listener => listener());
  };

  /** Returns the function that ends the subscription. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

/** Another list: what is on the screen is of another one and goes. */
function anew(state: TrackedState): TrackedState {
  return { ...state, runs: [], next: null, listed: false, selected: new Set() };
}

/** The newest part read again: what follows it stays, so that nobody who has scrolled is thrown back. */
function renewed(state: TrackedState, page: RunsPage): Pick<TrackedState, 'runs' | 'next'> {
  const last = page.runs.at(-1);
  if (page.next === null || last === undefined || state.order.column !== STARTED) {
    return { runs: page.runs, next: page.next };
  }
  const fresh = new Set(page.runs.map(run => run.run));
  const below = state.runs.filter(
    run => !fresh.has(run.run) && compareRuns(last, run, state.order) < 0
  );
  return below.length === 0
    ? { runs: page.runs, next: page.next }
    : { runs: [...page.runs, ...below], next: state.next };
}

function continued(state: TrackedState, page: RunsPage): Pick<TrackedState, 'runs' | 'next'> {
  const known = new Set(state.runs.map(run => run.run));
  return {
    runs: [...state.runs, ...page.runs.filter(run => !known.has(run.run))],
    next: page.next
  };
}

function without(set: ReadonlySet<string>, gone: string): ReadonlySet<string> {
  const rest = new Set(set);
  rest.delete(gone);
  return rest;
}
