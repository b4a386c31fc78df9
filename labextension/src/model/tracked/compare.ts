/** Runs side by side: what differs first, and the curves that they share. */

import type { Fault } from '../runStore';
import { LOOK } from './chart';
import type { ChartLook } from './chart';
import { numberText } from './columns';
import type { RunDetail } from './detail';
import { metricNames } from './detail';
import type { Series } from './types';

export interface CompareRow {
  readonly kind: 'param' | 'metric' | 'tag' | 'origin';
  readonly name: string;
  /** One for each run; empty where it has none. */
  readonly values: readonly string[];
  readonly differs: boolean;
  /** Where the least and the greatest of measured numbers stand, if they differ. */
  readonly least: number | null;
  readonly greatest: number | null;
}

/** Every value of the runs, those that differ first; within that parameters, metrics, tags, origin. */
export function compareRows(runs: readonly RunDetail[]): readonly CompareRow[] {
  const rows = [
    ...rowsOf('param', runs, run => run.params),
    ...rowsOf('metric', runs, run => run.metrics),
    ...rowsOf('tag', runs, run => run.tags),
    ...rowsOf('origin', runs, run => ({
      source: run.path ?? run.source,
      commit: run.git.commit,
      experiment: run.experiment,
      user: run.user,
      status: run.status,
      ...run.inputs
    }))
  ];
  return [...rows.filter(row => row.differs), ...rows.filter(row => !row.differs)];
}

/** The metrics that at least one of the runs has, those that most have first. */
export function sharedMetrics(runs: readonly RunDetail[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of runs.flatMap(run => metricNames(run).own)) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

function rowsOf(
  kind: CompareRow['kind'],
  runs: readonly RunDetail[],
  read: (run: RunDetail) => Readonly<Record<string, string | number>>
): readonly CompareRow[] {
  const held = runs.map(read);
  const names = [...new Set(held.flatMap(values => Object.keys(values)))].sort();
  return names.map(name => {
    const raw = held.map(values => values[name]);
    const numbers = kind === 'metric' ? raw.map(value => Number(value ?? NaN)) : [];
    const finite = numbers.filter(Number.isFinite);
    const differs = new Set(raw.map(value => String(value ?? ''))).size > 1;
    const isRanked = differs && finite.length > 1 && new Set(finite).size > 1;
    return {
      kind,
      name,
      values: raw.map(value =>
        value === undefined ? '' : kind === 'metric' ? numberText(value as number) : String(value)
      ),
      differs,
      least: isRanked ? numbers.indexOf(Math.min(...finite)) : null,
      greatest: isRanked ? numbers.indexOf(Math.max(...finite)) : null
    };
  });
}

/** A cell of the executed notebooks of two runs; see docs/reference/rest-tracked.md. */
export interface CellChange {
  readonly change: 'same' | 'source' | 'outputs' | 'added' | 'removed';
  readonly left: number | null;
  readonly right: number | null;
  readonly kind: string;
  /** Of the source, each with its sign: in both (a space), in the first alone (-), in the second (+). */
  readonly lines: readonly (readonly [' ' | '-' | '+', string])[];
  readonly outputs: { readonly left: readonly string[]; readonly right: readonly string[] };
}

export interface CellsOfTwo {
  readonly left: { readonly run: string; readonly path: string };
  readonly right: { readonly run: string; readonly path: string };
  readonly cells: readonly CellChange[];
}

export interface CompareState {
  readonly ids: readonly string[];
  readonly runs: readonly RunDetail[];
  readonly series: ReadonlyMap<string, readonly Series[]>;
  readonly look: ChartLook;
  /** The notebooks cell by cell, once somebody has asked; of two runs alone. */
  readonly cells: CellsOfTwo | null;
  /** Why they cannot be compared. */
  readonly cellsFault: Fault | null;
  readonly fault: Fault | null;
}

export interface CompareSource {
  cells(left: string, right: string): Promise<CellsOfTwo>;
  run(id: string): Promise<RunDetail>;
  series(
    runs: readonly string[],
    keys: readonly string[],
    points: number
  ): Promise<readonly Series[]>;
}

const POINTS = 600;

export class CompareStore {
  #state: CompareState;
  readonly #source: CompareSource;
  readonly #explain: (error: unknown) => Fault;
  readonly #listeners = new Set<() => void>();
  readonly #drawn = new Set<string>();

  constructor(ids: readonly string[], source: CompareSource, explain: (error: unknown) => Fault) {
    this.#source = source;
    this.#explain = explain;
    this.#state = {
      ids,
      runs: [],
      series: new Map(),
      look: LOOK,
      cells: null,
      cellsFault: null,
      fault: null
    };
  }

  readonly snapshot = (): CompareState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Reads the runs and the curves on the screen. Never rejects. */
  async refresh(): Promise<void> {
    await this.#tried(async () => {
      const runs = await Promise.all(this.#state.ids.map(id => this.#source.run(id)));
      this.#set({ runs, fault: null });
      await Promise.all([...this.#drawn].map(key => this.#read(key)));
    });
  }

  /** Compare the executed notebooks of the two runs. Never rejects. */
  async readCells(): Promise<void> {
    const [left = '', right = ''] = this.#state.ids;
    try {
      this.#set({ cells: await this.#source.cells(left, right), cellsFault: null });
    } catch (error) {
      this.#set({ cellsFault: this.#explain(error) });
    }
  }

  look(look: ChartLook): void {
    this.#set({ look });
  }

  /** The curve of this metric is on the screen, or no longer so. */
  draw(key: string, isDrawn: boolean): void {
    if (!isDrawn) {
      this.#drawn.delete(key);
    } else if (!this.#drawn.has(key)) {
      this.#drawn.add(key);
      void this.#tried(() => this.#read(key));
    }
  }

  async #read(key: string): Promise<void> {
    const read = await this.#source.series(this.#state.ids, [key], POINTS);
    this.#set({ series: new Map(this.#state.series).set(key, read) });
  }

  async #tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#set({ fault: this.#explain(error) });
    }
  }

  #set(part: Partial<CompareState>): void {
    this.#state = { ...this.#state, ...part };
    this.#listeners.forEach(listener => listener());
  }
}
