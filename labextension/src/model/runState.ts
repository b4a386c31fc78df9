/**
 * The state of a run: the fold of its journal. Twin of `dagbook/run/state.py`;
 * both replay `tests/golden/journals` and have to come out alike.
 */

import { approvalEnded, approvalRequested } from './approval';
import { stepHeld } from './holding';
import { hookEnded, hookStarted, type Hooks } from './hooks';
import { BAD, child, FINAL, planned, type Steps, type StepState, takenUp } from './steps';
import type { Entry, EntryHead, RunEvent, RunStatus, StepStatus } from './types';

export type { StepState } from './steps';

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
  readonly steps: Steps;
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
    steps: takenUp(state.steps, new Set(event.steps.map(name => known(state, name).outline.step))),
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
  tracking_completed: (state, event) => ({
    ...state,
    trackingUri: event.tracking_uri,
    trackingLost: null,
    experiment: event.experiment,
    mlflowRunId: event.mlflow_run_id,
    steps: new Map(
      [...state.steps].map(([name, step]) => [
        name,
        Object.hasOwn(event.steps, name)
          ? { ...step, mlflowRunId: event.steps[name] ?? null }
          : step
      ])
    )
  }),
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
  step_held: (state, event, at) => change(state, event.step, ['running'], stepHeld(event, at)),
  step_waiting: (state, event) => change(state, event.step, ['pending'], { waiting: event.why }),
  approval_requested: (state, event, at) =>
    change(state, event.step, ['pending'], approvalRequested(event, at)),
  approval_ended: (state, event, at) =>
    change(state, event.step, ['pending'], approvalEnded(known(state, event.step), event, at)),
  step_expanded: (state, event, at) => expand(state, event.step, event.items, at),
  step_succeeded: (state, event, at) =>
    change(state, event.step, ['running'], {
      state: 'succeeded',
      finished: at,
      seconds: event.seconds,
      outputs: event.outputs ?? {},
      notebook: event.notebook ?? '',
      stoppedEarly: event.stopped_early ?? null,
      byHand: event.by_hand ?? ''
    }),
  step_failed: (state, event, at) =>
    change(state, event.step, ['pending', 'running'], {
      ...(known(state, event.step).state === 'pending' ? withoutAttempt(event.attempt, at) : {}),
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
      error: null,
      retryIn: null,
      waiting: '',
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
  const held = news.state === undefined || news.state === step.state ? step.held : null;
  const steps = new Map(state.steps).set(name, { ...step, held, ...news });
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

function count(set: ReadonlySet<StepStatus>, status: StepStatus): number {
  return set.has(status) ? 1 : 0;
}

/** Of a step that could not be prepared: the attempt counts, and nothing of it ever ran. */
function withoutAttempt(attempt: number, at: string): Partial<StepState> {
  return {
    attempt,
    started: at,
    cell: 0,
    total: 0,
    line: '',
    waiting: '',
    folder: '',
    mlflowRunId: null
  };
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
