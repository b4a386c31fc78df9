/** What the launch routes say and hear; see docs/reference/rest.md and `dagbook/server/launching.py`. */

import type { RunStatus, StepStatus } from '../types';

export type Kind =
  | 'any'
  | 'str'
  | 'int'
  | 'float'
  | 'bool'
  | 'list'
  | 'dict'
  | 'date'
  | 'datetime'
  | 'path'
  | 'choice'
  | 'enum';

/** A parameter of a notebook or a pipeline, as a form shows it. */
export interface Parameter {
  readonly name: string;
  /** As a person would write it: `int | None`. */
  readonly type: string;
  readonly kind: Kind;
  readonly optional: boolean;
  readonly choices: readonly string[];
  readonly required: boolean;
  /** The text to show; the source where `computed`; null where there is none. */
  readonly default: string | null;
  readonly computed: boolean;
  readonly help: string;
  readonly secret: string | null;
}

/** What can be run. `parameters` is null where the notebook's language hides them. */
export interface Launchable {
  readonly path: string;
  readonly kind: 'notebook' | 'pipeline';
  readonly name: string;
  readonly description: string;
  readonly cell: string | null;
  readonly parameters: readonly Parameter[] | null;
}

export interface Launchables {
  readonly pipelines: readonly string[];
  readonly notebooks: readonly string[];
}

export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly parameter?: string | null;
  readonly file?: string | null;
  readonly line?: number | null;
  readonly node?: string | null;
  readonly cell?: number | null;
}

export type Action = 'run' | 'reuse' | 'skip';

export interface PlannedStep {
  readonly step: string;
  readonly node: string;
  readonly item: Readonly<Record<string, unknown>>;
  readonly action: Action;
  readonly reason: string;
}

export interface Plan {
  readonly pipeline: string;
  readonly counts: Readonly<Record<Action, number>>;
  readonly steps: readonly PlannedStep[];
  readonly warnings: readonly Finding[];
}

/** The body of a request for a plan or a run. */
export interface LaunchRequest {
  readonly path: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly sweep: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly use_cache: boolean;
  /** How long the kernel of a step that fails is kept. */
  readonly keep_failed?: string;
}

export interface Started {
  readonly run: string;
  readonly pipeline: string;
  readonly steps: number;
}

/** A step of a run with what it was given and what it measured. */
export interface Trial {
  readonly step: string;
  readonly node: string;
  readonly item: Readonly<Record<string, unknown>>;
  readonly state: StepStatus;
  readonly reason: string;
  readonly cell: number;
  readonly total: number;
  readonly seconds: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly recorded: string | null;
  readonly notebook: boolean;
  readonly error: string | null;
}

export interface Trials {
  readonly run: string;
  readonly pipeline: string;
  readonly state: RunStatus;
  readonly file: string;
  readonly seconds: number | null;
  readonly trials: readonly Trial[];
  /** Whether nothing more will come: the run is over and its metrics were read since. */
  readonly settled: boolean;
  /** Why metrics of MLflow are missing; null when they are not. */
  readonly away: string | null;
}

/** A value that a cell logged last. */
export interface Logged {
  readonly cell: string;
  readonly kind: 'metric' | 'param' | 'artifact';
  readonly name: string;
  readonly value: string;
  readonly run: string;
  readonly run_name: string;
}

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
