/** One step of a run, and what becomes of steps. Twin of `dagbook/run/steps.py` and `resumption.py`. */

import { approvalWhenPlannedAgain, waitingFor } from './approval';
import type { Approval } from './approval';
import type { Held } from './holding';
import type { NodeError, Outputs, SkipCause, StepOutline, StepStatus } from './types';

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
  readonly approval: Approval | null;
  readonly held: Held | null;
  /** Who finished it in its kept kernel, after a cell had failed. */
  readonly byHand: string;
}

/** Steps by name, in the plan's order. A map, not an object: an object would sort names that are numbers. */
export type Steps = ReadonlyMap<string, StepState>;

export const BAD: ReadonlySet<StepStatus> = new Set(['failed', 'timed-out', 'killed']);
export const FINAL: ReadonlySet<StepStatus> = new Set([
  ...BAD,
  'succeeded',
  'reused',
  'cancelled',
  'skipped',
  'lost'
]);

/** Those that are executed: of a list that was expanded its elements, and not itself. */
export function executed(steps: Iterable<StepState>): readonly StepState[] {
  const all = [...steps];
  // Python writes an empty group for what is no element of one.
  const groups = new Set(all.map(({ outline }) => outline.group ?? '').filter(each => each !== ''));
  return all.filter(({ outline }) => !groups.has(outline.step));
}

/** A step of which nothing is known but its plan. */
export function planned(outline: StepOutline): StepState {
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
    attempts: [],
    approval: null,
    held: null,
    byHand: ''
  };
}

/** The steps as a driver finds them that takes up the run: those in `again` as planned. */
export function takenUp(steps: Steps, again: ReadonlySet<string>): Steps {
  const found = new Map<string, StepState>();
  for (const [name, step] of steps) {
    const group = steps.get(step.outline.group ?? '');
    if (group !== undefined) {
      if (!isExpandedAnew(group, again)) {
        found.set(name, again.has(name) ? plannedAgain(step) : step);
      }
    } else if (!again.has(name)) {
      found.set(name, step);
    } else if (step.items === null || isExpandedAnew(step, again)) {
      const attempts = childrenOf(steps, step).map(each => each.attempt);
      const sameInputs = !(step.outline.needs ?? []).some(need => again.has(need));
      const approval = approvalWhenPlannedAgain(step, sameInputs);
      found.set(name, {
        ...plannedAgain(step),
        approval,
        waiting: waitingFor(approval),
        attempts: step.items === null ? step.attempts : attempts
      });
    } else {
      found.set(name, goesOn(steps, step, again));
    }
  }
  return found;
}

/** Whether the list itself may be another: what published it is done again. */
function isExpandedAnew(group: StepState, again: ReadonlySet<string>): boolean {
  return again.has(group.outline.step) && (group.outline.needs ?? []).some(need => again.has(need));
}

/** A step that was expanded keeps what it became; only some of that is done again. */
function goesOn(steps: Steps, group: StepState, again: ReadonlySet<string>): StepState {
  const children = childrenOf(steps, group).filter(each => !again.has(each.outline.step));
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

function childrenOf(steps: Steps, group: StepState): readonly StepState[] {
  const names = Array.from(
    { length: group.items ?? 0 },
    (_, index) => `${group.outline.step}[${index}]`
  );
  return names.flatMap(name => steps.get(name) ?? []);
}

/** As planned, but that attempts are counted on: no two ever share a folder. */
function plannedAgain(step: StepState): StepState {
  return { ...planned(step.outline), attempt: step.attempt };
}

/** One of the steps that a step becomes. */
export function child(group: StepState, index: number, item: unknown): StepState {
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
