import { describe, expect, test, vi } from 'vitest';

import { JOURNALS, expectedState, journal } from '../testing/journals';
import type { HookState } from './hooks';
import { IllegalEvent, apply, fold } from './runState';
import type { RunState, StepState } from './runState';

// The model must do without React: whatever reaches for it gets nothing.
vi.mock('react', () => ({}));

function comparable(state: RunState): unknown {
  return {
    run: state.run,
    pipeline: state.pipeline,
    state: state.state,
    seq: state.seq,
    seconds: state.seconds,
    cancel_by: state.cancelBy,
    tracking_lost: state.trackingLost,
    mlflow_run_id: state.mlflowRunId,
    steps: [...state.steps.values()].map(comparableStep),
    ...(state.hooks.size > 0 && { hooks: [...state.hooks.values()].map(comparableHook) })
  };
}

function comparableHook(hook: HookState): unknown {
  const { error, mlflowRunId, ...rest } = hook;
  return {
    ...rest,
    error: error && { name: error.name, value: error.value, cell: error.cell ?? null },
    mlflow_run_id: mlflowRunId
  };
}

function comparableStep(step: StepState): unknown {
  const { error } = step;
  return {
    step: step.outline.step,
    node: step.outline.node,
    state: step.state,
    attempt: step.attempt,
    cell: step.cell,
    total: step.total,
    line: step.line,
    started: step.started,
    finished: step.finished,
    seconds: step.seconds,
    reason: step.reason,
    ...(step.approval !== null && { approval: step.approval }),
    ...(step.held !== null && {
      held: {
        ...step.held,
        error: {
          name: step.held.error.name,
          value: step.held.error.value,
          cell: step.held.error.cell ?? null
        }
      }
    }),
    ...(step.byHand !== '' && { by_hand: step.byHand }),
    error: error && { name: error.name, value: error.value, cell: error.cell ?? null },
    mlflow_run_id: step.mlflowRunId,
    outputs: Object.keys(step.outputs).sort(),
    notebook: step.notebook,
    stopped_early: step.stoppedEarly,
    stopping: step.stopping,
    warnings: step.warnings,
    skipped_by: step.skippedBy,
    retry_in: step.retryIn,
    waiting: step.waiting,
    items: step.items,
    ended: step.ended,
    bad: step.bad,
    item: step.outline.item ?? {},
    group: step.outline.group ?? ''
  };
}

test('there are golden journals', () => {
  expect(JOURNALS.length).toBeGreaterThanOrEqual(7);
});

describe.each(JOURNALS)('the golden journal %s', name => {
  test('folds to the state that Python folds it to', () => {
    expect(comparable(fold(journal(name)))).toEqual(expectedState(name));
  });

  test('folds in two parts as it does at once', () => {
    const entries = journal(name);
    const whole = fold(entries);
    for (let cut = 0; cut <= entries.length; cut++) {
      expect(fold(entries.slice(cut), fold(entries.slice(0, cut)))).toEqual(whole);
    }
  });
});

test('folding leaves the state that it starts from alone', () => {
  const entries = journal('success-matrix');
  const before = fold(entries.slice(0, 8));
  const copy = structuredClone(before);

  fold(entries.slice(8), before);

  expect(before).toEqual(copy);
});

test('a step that was not planned is refused by name', () => {
  const state = fold(journal('interrupted'));
  const stray = { seq: 99, at: '', kind: 'step_stopping', step: 'elsewhere' };

  expect(() => apply(state, stray)).toThrow(IllegalEvent);
  expect(() => apply(state, stray)).toThrow("step 'elsewhere' is not in the plan");
});

test('a step cannot end twice', () => {
  const entries = journal('interrupted');
  const ended = entries.find(entry => entry.kind === 'step_succeeded');
  if (ended === undefined) {
    throw new Error('the journal has no step that succeeded');
  }

  expect(() => apply(fold(entries), ended)).toThrow("step 'load' is succeeded; expected running");
});

test('steps named by numbers keep the order of the plan', () => {
  expect([...fold(journal('killed-timed-out')).steps.keys()].slice(0, 2)).toEqual(['10', '9']);
});
