/**
 * What comes over the wire: the entries of a journal and the answers of the REST routes.
 * The Python side is `dagbook/run/events.py` and `docs/reference/rest.md`.
 */

export type StepStatus =
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'reused'
  | 'failed'
  | 'timed-out'
  | 'killed'
  | 'cancelled'
  | 'skipped'
  | 'lost';

/** As it is shown; `held` runs no more, and its kernel is kept for a person. */
export type ShownStatus = StepStatus | 'held';

export type RunStatus = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** What a reader needs to know of a planned step to draw it. */
export interface StepOutline {
  readonly step: string;
  readonly node: string;
  readonly needs?: readonly string[];
  readonly item?: Readonly<Record<string, unknown>>;
  readonly action?: 'run' | 'reuse' | 'skip';
  readonly reason?: string;
  readonly notebook?: string;
  /** The step that it was expanded from. */
  readonly group?: string;
}

/** Why a step was skipped: its own `when`; what became of others; `--only` and its like. */
export type SkipCause = 'condition' | 'upstream' | 'selection';

/** Why an attempt did not succeed. `cell` counts all cells of the executed notebook from 1. */
export interface NodeError {
  readonly name: string;
  readonly value: string;
  readonly cell?: number | null;
  readonly traceback?: string;
  readonly remedy?: string;
}

export type Outputs = Readonly<Record<string, unknown>>;

export interface RunStarted {
  readonly kind: 'run_started';
  readonly run: string;
  readonly pipeline: string;
  readonly file: string;
  readonly jobs: number;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepOutline[];
  readonly user?: string;
  readonly schedule?: string;
  readonly due?: string;
}

/** Another driver took the run; `steps` are to be done, or done again. */
export interface RunResumed {
  readonly kind: 'run_resumed';
  readonly steps: readonly string[];
}

export interface TrackingStarted {
  readonly kind: 'tracking_started';
  readonly tracking_uri: string;
  readonly experiment: string;
  readonly mlflow_run_id: string;
}

export interface TrackingLost {
  readonly kind: 'tracking_lost';
  readonly reason: string;
}

/** MLflow has all of the run after all; `steps` are the records of their newest attempts. */
export interface TrackingCompleted {
  readonly kind: 'tracking_completed';
  readonly tracking_uri: string;
  readonly experiment: string;
  readonly mlflow_run_id: string;
  readonly steps: Readonly<Record<string, string>>;
}

export interface StepStarted {
  readonly kind: 'step_started';
  readonly step: string;
  readonly attempt: number;
  readonly folder: string;
  readonly mlflow_run_id?: string | null;
}

export interface CellStarted {
  readonly kind: 'cell_started';
  readonly step: string;
  readonly attempt: number;
  readonly cell: number;
  readonly total: number;
}

export interface OutputSeen {
  readonly kind: 'output_seen';
  readonly step: string;
  readonly attempt: number;
  readonly line: string;
}

export interface StepWarned {
  readonly kind: 'step_warned';
  readonly step: string;
  readonly message: string;
}

export interface StepStopping {
  readonly kind: 'step_stopping';
  readonly step: string;
}

export interface StepHeld {
  readonly kind: 'step_held';
  readonly step: string;
  readonly attempt: number;
  readonly error: NodeError;
  readonly until: string;
  readonly connection: string;
}

export interface StepWaiting {
  readonly kind: 'step_waiting';
  readonly step: string;
  readonly why: string;
}

export interface ApprovalRequested {
  readonly kind: 'approval_requested';
  readonly step: string;
  readonly message: string;
  readonly by?: readonly string[];
  readonly timeout?: number | null;
}

export type Answer = 'approved' | 'rejected' | 'timed-out';

export interface ApprovalEnded {
  readonly kind: 'approval_ended';
  readonly step: string;
  readonly as: Answer;
  readonly by?: string;
  readonly comment?: string;
  readonly error?: NodeError | null;
}

export interface StepExpanded {
  readonly kind: 'step_expanded';
  readonly step: string;
  readonly items: readonly unknown[];
}

export interface StepSucceeded {
  readonly kind: 'step_succeeded';
  readonly step: string;
  readonly outputs?: Outputs;
  readonly notebook?: string;
  readonly seconds: number;
  readonly stopped_early?: number | null;
  readonly by_hand?: string;
}

export interface StepFailed {
  readonly kind: 'step_failed';
  readonly step: string;
  readonly attempt: number;
  readonly as: 'failed' | 'timed-out' | 'killed';
  readonly error: NodeError;
  readonly notebook?: string;
  readonly seconds: number;
  readonly retry_in?: number | null;
}

export interface StepReused {
  readonly kind: 'step_reused';
  readonly step: string;
  readonly outputs?: Outputs;
  readonly notebook?: string;
  readonly reason?: string;
}

export interface StepSkipped {
  readonly kind: 'step_skipped';
  readonly step: string;
  readonly because: string;
  readonly cause?: SkipCause;
}

export interface StepCancelled {
  readonly kind: 'step_cancelled';
  readonly step: string;
  readonly notebook?: string;
  readonly seconds?: number | null;
}

export type HookStatus = 'running' | 'succeeded' | 'failed' | 'timed-out' | 'killed' | 'cancelled';

export interface HookStarted {
  readonly kind: 'hook_started';
  readonly hook: string;
  readonly on: string;
  readonly what: string;
  readonly folder?: string;
  readonly mlflow_run_id?: string | null;
}

export interface HookEnded {
  readonly kind: 'hook_ended';
  readonly hook: string;
  readonly state: HookStatus;
  readonly error?: NodeError | null;
  readonly notebook?: string;
  readonly seconds?: number;
}

export interface CancelRequested {
  readonly kind: 'cancel_requested';
  readonly by: string;
}

export interface RunFinished {
  readonly kind: 'run_finished';
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly seconds: number;
}

export type RunEvent =
  | RunStarted
  | RunResumed
  | TrackingStarted
  | TrackingLost
  | TrackingCompleted
  | StepStarted
  | CellStarted
  | OutputSeen
  | StepWarned
  | StepStopping
  | StepHeld
  | StepWaiting
  | ApprovalRequested
  | ApprovalEnded
  | StepExpanded
  | StepSucceeded
  | StepFailed
  | StepReused
  | StepSkipped
  | StepCancelled
  | HookStarted
  | HookEnded
  | CancelRequested
  | RunFinished;

/** One line of a journal: where it stands in the order (from 1), when, and what happened. */
export interface EntryHead {
  readonly seq: number;
  readonly at: string;
}

/** A line as it arrives: of a kind that we know, or of a newer Dagbook's. */
export type Entry = EntryHead & { readonly kind: string };

/** A run in one line of the list. `project` is the project's folder, relative to the server's root. */
export interface RunSummary {
  readonly run: string;
  readonly project: string;
  readonly pipeline: string;
  readonly state: RunStatus;
  readonly started: string | null;
  readonly finished: string | null;
  readonly seconds: number | null;
  readonly user: string;
  readonly file: string;
  /** `done` ended well, `failed` did not; the rest waits, or never ran. */
  readonly steps: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly running: number;
  };
}

export interface RunsAnswer {
  readonly runs: readonly RunSummary[];
}

export interface EventsAnswer {
  readonly entries: readonly Entry[];
  readonly last: number;
  readonly driver: 'alive' | 'gone';
}

/** What the server pushes: something about `run` is new up to `seq`. */
export interface RunChanged {
  readonly run: string;
  readonly project: string;
  readonly pipeline: string;
  readonly state: RunStatus;
  readonly seq: number;
}
