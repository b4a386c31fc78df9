/**
 * The state of a run: the fold of its journal. Twin of `dagbook/run/state.py`;
 * both replay `tests/golden/journals` and have to come out alike.
 */

import { hookEnded, hookStarted, type Hooks } from './hooks';
import type {
  Entry,
  EntryHead,
  NodeError,
  Outputs,
  RunEvent,
  RunStatus,
  SkipCause,
  StepOutline,
  StepStatus
} from './types';

/** One step as the journal tells it. `cell` and `total` count cells from 1; times are ISO 8601. */
export interface StepState {
  readonly outline: StepOutline;
  readonly state: StepStatus;
  readonly attempt: number;
  readonly cell: number;
  readonly total: number;
  readonly line: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly seconds: number | null;
  readonly outputs: Outputs;
  readonly folder: string;
  readonly notebook: string;
  readonly reason: string;
  readonly error: NodeError | null;
  readonly stoppedEarly: number | null;
  readonly mlflowRunId: string | null;
  readonly warnings: readonly string[];
  readonly stopping: boolean;
  readonly skippedBy: SkipCause | null;
  /** Seconds after `finished` at which a failed step is tried again. */
  readonly retryIn: number | null;
  /** What it waits for though its turn has come: a lock, and who holds it. */
  readonly waiting: string;
  /** Of a step that was expanded: into how many, and how many of them are over and failed. */
  readonly items: number | null;
  readonly ended: number;
  readonly bad: number;
  /** Attempts of the elements of a list that is to be made anew. */
  readonly attempts: readonly number[];
}

/** The whole run. `steps` keeps the plan's order; `seq` is the last entry that was folded in. */
export interface RunState {
  readonly run: string;
  readonly pipeline: string;
  readonly file: string;
  readonly state: RunStatus;
  readonly user: string;
  readonly schedule: string;
  readonly due: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly seconds: number | null;
  readonly cancelBy: string | null;
  readonly trackingUri: string | null;
  readonly trackingLost: string | null;
  readonly experiment: string | null;
  readonly mlflowRunId: string | null;
  // A map, not an object: an object would sort steps that are named by numbers.
  readonly steps: ReadonlyMap<string, StepState>;
  readonly hooks: Hooks;
  readonly seq: number;
}

/** An event that cannot follow from the state: the journal or the machine is wrong. */
export class IllegalEvent extends Error {
  override readonly name = 'IllegalEvent';
}

export const NOTHING_YET: RunState = {
  run: '',
  pipeline: '',
  file: '',
  state: 'running',
  user: '',
  schedule: '',
  due: '',
  started: null,
  finished: null,
  seconds: null,
  cancelBy: null,
  trackingUri: null,
  trackingLost: null,
  experiment: null,
  mlflowRunId: null,
  steps: new Map(),
  hooks: new Map(),
  seq: 0
};

/** The state after `entries`, in order. */
export function fold(entries: Iterable<Entry>, start: RunState = NOTHING_YET): RunState {
  let state = start;
  for (const entry of entries) {
    state = apply(state, entry);
  }
  return state;
}

/** The state after one more entry; unknown kinds only move `seq` on. Throws IllegalEvent. */
export function apply(state: RunState, entry: Entry): RunState {
  const next = Object.hasOwn(HANDLERS, entry.kind) ? handle(state, entry as KnownEntry) : state;
  return { ...next, seq: entry.seq };
}

type KnownEntry = EntryHead & RunEvent;
type Handler<E extends RunEvent> = (state: RunState, event: E, at: string) => RunState;
type Handlers = { readonly [K in RunEvent['kind']]: Handler<Extract<RunEvent, { kind: K }>> };

// TypeScript does not see that the entry's kind and its handler's belong together.
function handle(state: RunState, entry: KnownEntry): RunState {
  const handler = HANDLERS[entry.kind] as Handler<never>;
  return handler(state, entry as never, entry.at);
}

// A table rather than a switch: one place per event, and a missing one does not compile.
const HANDLERS: Handlers = {
  run_started: (state, event, at) => ({
    ...state,
    run: event.run,
    pipeline: event.pipeline,
    file: event.file,
    user: event.user ?? '',
    schedule: event.schedule ?? '',
    due: event.due ?? '',
    started: at,
    steps: new Map(event.steps.map(outline => [outline.step, planned(outline)]))
  }),
  run_resumed: (state, event) => ({
    ...state,
    state: 'running',
    finished: null,
    seconds: null,
    cancelBy: null,
    trackingLost: null,
    steps: takenUp(state, new Set(event.steps.map(name => known(state, name).outline.step))),
    // A run that was over will be over once more; of one that was cut off, what was told was told.
    hooks: state.state === 'running' ? state.hooks : new Map()
  }),
  tracking_started: (state, event) => ({
    ...state,
    trackingUri: event.tracking_uri,
    experiment: event.experiment,
    mlflowRunId: event.mlflow_run_id
  }),
  tracking_lost: (state, event) => ({ ...state, trackingLost: event.reason }),
  cancel_requested: (state, event) => ({ ...state, cancelBy: state.cancelBy ?? event.by }),
  hook_started: (state, event, at) => ({ ...state, hooks: hookStarted(state.hooks, event, at) }),
  hook_ended: (state, event, at) => ({ ...state, hooks: hookEnded(state.hooks, event, at) }),
  run_finished: (state, event, at) => ({
    ...state,
    state: event.state,
    finished: at,
    seconds: event.seconds
  }),
  step_started: (state, event, at) =>
    change(state, event.step, ['pending', 'failed', 'timed-out', 'killed'], {
      state: 'running',
      stopping: false,
      attempt: event.attempt,
      started: at,
      finished: null,
      cell: 0,
      total: 0,
      line: '',
      error: null,
      retryIn: null,
      waiting: '',
      folder: event.folder,
      mlflowRunId: event.mlflow_run_id ?? null
    }),
  cell_started: (state, event) =>
    change(state, event.step, ['running'], { cell: event.cell, total: event.total }),
  output_seen: (state, event) => change(state, event.step, ['running'], { line: event.line }),
  step_warned: (state, event) =>
    change(state, event.step, null, {
      warnings: [...known(state, event.step).warnings, event.message]
    }),
  step_stopping: (state, event) => change(state, event.step, ['running'], { stopping: true }),
  step_waiting: (state, event) => change(state, event.step, ['pending'], { waiting: event.why }),
  step_expanded: (state, event, at) => expand(state, event.step, event.items, at),
  step_succeeded: (state, event, at) =>
    change(state, event.step, ['running'], {
      state: 'succeeded',
      finished: at,
      seconds: event.seconds,
      outputs: event.outputs ?? {},
      notebook: event.notebook ?? '',
      stoppedEarly: event.stopped_early ?? null
    }),
  step_failed: (state, event, at) =>
    change(state, event.step, ['running'], {
      state: (event.retry_in ?? null) === null ? event.as : 'pending',
      retryIn: event.retry_in ?? null,
      finished: at,
      seconds: event.seconds,
      error: event.error,
      notebook: event.notebook ?? ''
    }),
  step_reused: (state, event, at) =>
    change(state, event.step, ['pending'], {
      state: 'reused',
      finished: at,
      outputs: event.outputs ?? {},
      notebook: event.notebook ?? '',
      reason: orElse(event.reason, known(state, event.step).reason)
    }),
  step_skipped: (state, event, at) =>
    // A step that was expanded is skipped with those that it became.
    change(state, event.step, [known(state, event.step).items === null ? 'pending' : 'running'], {
      state: 'skipped',
      finished: at,
      reason: event.because,
      skippedBy: event.cause ?? 'upstream',
      waiting: ''
    }),
  step_cancelled: (state, event, at) =>
    change(state, event.step, ['pending', 'running'], {
      state: 'cancelled',
      finished: at,
      seconds: event.seconds ?? null,
      notebook: event.notebook ?? '',
      waiting: ''
    })
};

/** Python writes an absent text as an empty one. */
function orElse(text: string | undefined, otherwise: string): string {
  return text === undefined || text === '' ? otherwise : text;
}

function planned(outline: StepOutline): StepState {
  return {
    outline,
    state: 'pending',
    attempt: 0,
    cell: 0,
    total: 0,
    line: '',
    started: null,
    finished: null,
    seconds: null,
    outputs: {},
    folder: '',
    notebook: '',
    reason: outline.reason ?? '',
    error: null,
    stoppedEarly: null,
    mlflowRunId: null,
    warnings: [],
    stopping: false,
    skippedBy: null,
    retryIn: null,
    waiting: '',
    items: null,
    ended: 0,
    bad: 0,
    attempts: []
  };
}

/** The steps as a driver finds them that takes up the run: those in `again` as planned. */
function takenUp(state: RunState, again: ReadonlySet<string>): ReadonlyMap<string, StepState> {
  const steps = new Map<string, StepState>();
  for (const [name, step] of state.steps) {
    const group = state.steps.get(step.outline.group ?? '');
    if (group !== undefined) {
      if (!isExpandedAnew(group, again)) {
        steps.set(name, again.has(name) ? plannedAgain(step) : step);
      }
    } else if (!again.has(name)) {
      steps.set(name, step);
    } else if (step.items === null || isExpandedAnew(step, again)) {
      const attempts = childrenOf(state, step).map(each => each.attempt);
      steps.set(name, {
        ...plannedAgain(step),
        attempts: step.items === null ? step.attempts : attempts
      });
    } else {
      steps.set(name, goesOn(state, step, again));
    }
  }
  return steps;
}

/** Whether the list itself may be another: what published it is done again. */
function isExpandedAnew(group: StepState, again: ReadonlySet<string>): boolean {
  return again.has(group.outline.step) && (group.outline.needs ?? []).some(need => again.has(need));
}

/** A step that was expanded keeps what it became; only some of that is done again. */
function goesOn(state: RunState, group: StepState, again: ReadonlySet<string>): StepState {
  const children = childrenOf(state, group).filter(each => !again.has(each.outline.step));
  return {
    ...group,
    state: 'running',
    finished: null,
    seconds: null,
    error: null,
    stopping: false,
    reason: group.outline.reason ?? '',
    skippedBy: null,
    ended: children.filter(each => FINAL.has(each.state)).length,
    bad: children.filter(each => BAD.has(each.state)).length
  };
}

function childrenOf(state: RunState, group: StepState): readonly StepState[] {
  return Array.from({ length: group.items ?? 0 }, (_, index) =>
    known(state, `${group.outline.step}[${index}]`)
  );
}

/** As planned, but that attempts are counted on: no two ever share a folder. */
function plannedAgain(step: StepState): StepState {
  return { ...planned(step.outline), attempt: step.attempt };
}

function known(state: RunState, name: string): StepState {
  const step = state.steps.get(name);
  if (step === undefined) {
    throw new IllegalEvent(`step '${name}' is not in the plan of run ${state.run}`);
  }
  return step;
}

function change(
  state: RunState,
  name: string,
  legal: readonly StepStatus[] | null,
  news: Partial<StepState>
): RunState {
  const step = known(state, name);
  if (legal !== null && !legal.includes(step.state)) {
    const expected = [...legal].sort().join(' or ');
    throw new IllegalEvent(`step '${name}' is ${step.state}; expected ${expected}`);
  }
  const steps = new Map(state.steps).set(name, { ...step, ...news });
  const group = steps.get(step.outline.group ?? '');
  if (group !== undefined && news.state !== undefined) {
    steps.set(group.outline.step, {
      ...group,
      ended: group.ended + count(FINAL, news.state) - count(FINAL, step.state),
      bad: group.bad + count(BAD, news.state) - count(BAD, step.state)
    });
  }
  return { ...state, steps };
}

const BAD: ReadonlySet<StepStatus> = new Set(['failed', 'timed-out', 'killed']);
const FINAL: ReadonlySet<StepStatus> = new Set([
  ...BAD,
  'succeeded',
  'reused',
  'cancelled',
  'skipped',
  'lost'
]);

function count(set: ReadonlySet<StepStatus>, status: StepStatus): number {
  return set.has(status) ? 1 : 0;
}

/** A step becomes one for each item; they stand behind it. */
function expand(state: RunState, name: string, items: readonly unknown[], at: string): RunState {
  const opened = change(state, name, ['pending'], {
    state: 'running',
    started: at,
    items: items.length
  });
  const children = items.map((item, index) => child(known(opened, name), index, item));
  return {
    ...opened,
    steps: new Map(
      [...opened.steps].flatMap(([key, step]) =>
        key === name
          ? [[key, step] as const, ...children.map(each => [each.outline.step, each] as const)]
          : [[key, step] as const]
      )
    )
  };
}

function child(group: StepState, index: number, item: unknown): StepState {
  const outline = {
    ...group.outline,
    step: `${group.outline.step}[${index}]`,
    // As a matrix shows its combination; an element without names is shown as one.
    item: hasNames(item) ? item : { item },
    group: group.outline.step
  };
  return { ...planned(outline), attempt: group.attempts[index] ?? 0 };
}

/** Whether an encoded element is a mapping, and does not stand for a file, a date or the like. */
function hasNames(item: unknown): item is Readonly<Record<string, unknown>> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return false;
  }
  const keys = Object.keys(item);
  return keys.length !== 1 || keys[0]?.startsWith('$') !== true;
}
