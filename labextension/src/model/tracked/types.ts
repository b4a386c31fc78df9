/** What the routes of recorded runs send; see docs/reference/rest-tracked.md. */

/** Numbers that JSON does not know travel as text. */
export type Value = number | 'NaN' | 'Infinity' | '-Infinity';

export type TrackedStatus = 'running' | 'scheduled' | 'finished' | 'failed' | 'killed';

export interface TrackedRun {
  readonly run: string;
  readonly name: string;
  readonly status: TrackedStatus;
  readonly deleted: boolean;
  readonly started: string | null;
  readonly finished: string | null;
  readonly seconds: number | null;
  readonly experiment: string;
  readonly project: string;
  readonly user: string;
  readonly source: string;
  /** Of the source, as the file browser shows it; null outside the server's root. */
  readonly path: string | null;
  readonly note: string;
  readonly parent: string | null;
  readonly pipeline: string | null;
  readonly pipeline_run: string | null;
  readonly step: string | null;
  /** MLflow's own page of the run, where there is one. */
  readonly link: string | null;
  readonly metrics: Readonly<Record<string, Value>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RunsPage {
  readonly runs: readonly TrackedRun[];
  readonly next: string | null;
  readonly away: readonly string[];
}

export interface Experiment {
  readonly name: string;
  readonly project: string;
}

export interface Series {
  readonly run: string;
  readonly key: string;
  readonly total: number;
  readonly steps: readonly number[];
  readonly times: readonly number[];
  readonly values: readonly Value[];
}

export interface TrackedChanged {
  readonly project: string;
  readonly seq: number;
}

/** Which runs: those of a notebook, of an experiment, or all. */
export type Scope =
  | { readonly kind: 'notebook' }
  | { readonly kind: 'experiment'; readonly name: string }
  | { readonly kind: 'all' };

export interface Order {
  /** `metrics.acc`, `params.depth`, `attributes.start_time`, … */
  readonly column: string;
  readonly descends: boolean;
}

/** What is asked of the server. */
export interface RunsWish {
  readonly scope: Scope;
  readonly path: string | null;
  readonly filter: string;
  readonly order: Order;
  readonly columns: readonly string[];
  readonly limit: number;
  readonly after?: string;
}

export function numberOf(value: Value | undefined): number {
  return value === undefined ? NaN : Number(value);
}
