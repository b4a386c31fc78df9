import { expect, test, vi } from 'vitest';

import { journal, summaryOf } from '../testing/journals';
import { AT_FIRST, RunStore, changed } from './runStore';
import type { PanelState } from './runStore';
import type { RunSummary } from './types';

vi.mock('react', () => ({}));

const CHURN = summaryOf('success-matrix');

function named(run: string): RunSummary {
  return { ...CHURN, run };
}

function withRuns(...runs: readonly string[]): PanelState {
  return changed(AT_FIRST, { type: 'runs-listed', runs: runs.map(named), more: false });
}

test('the first answer is told apart from no answer yet', () => {
  expect(AT_FIRST.listed).toBe(false);
  expect(withRuns().listed).toBe(true);
});

test('a run that the newest part leaves out is gone, an older one stays', () => {
  const state = changed(withRuns('c', 'b', 'a'), {
    type: 'runs-listed',
    runs: ['d', 'b'].map(named),
    more: true
  });

  expect([...state.runs.keys()].sort()).toEqual(['a', 'b', 'd']);
});

test('older runs are added below, and say whether there are more', () => {
  const state = changed(withRuns('d', 'c'), {
    type: 'runs-listed',
    runs: ['b', 'a'].map(named),
    before: 'c',
    more: true
  });

  expect([...state.runs.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(state.more).toBe(true);
});

test('entries that overlap are folded once', () => {
  const entries = journal('success-matrix');
  const listed = changed(AT_FIRST, { type: 'runs-listed', runs: [CHURN], more: false });
  const read = (state: PanelState, from: number, to: number): PanelState =>
    changed(state, {
      type: 'entries-read',
      run: CHURN.run,
      entries: entries.slice(from, to),
      driver: 'alive'
    });

  const state = read(read(listed, 0, 12), 5, entries.length);

  expect(state.runs.get(CHURN.run)?.state?.state).toBe('succeeded');
  expect(state.runs.get(CHURN.run)?.damage).toBeNull();
});

test('a journal that cannot be followed says so and keeps the summary', () => {
  const listed = changed(AT_FIRST, { type: 'runs-listed', runs: [CHURN], more: false });

  const state = changed(listed, {
    type: 'entries-read',
    run: CHURN.run,
    entries: [{ seq: 1, at: '', kind: 'step_stopping', step: 'ghost' } as never],
    driver: 'alive'
  });

  expect(state.runs.get(CHURN.run)).toMatchObject({ summary: CHURN, state: null });
  expect(state.runs.get(CHURN.run)?.damage).toContain("step 'ghost'");
});

test('entries of a run that nobody listed change nothing', () => {
  const change = { type: 'entries-read', run: 'ghost', entries: [], driver: 'gone' } as const;

  expect(changed(AT_FIRST, change).runs.size).toBe(0);
});

test('a fault keeps what was there, and the next answer takes it away', () => {
  const fault = { message: 'no answer', remedy: '' };

  const broken = changed(withRuns('a'), { type: 'faulted', fault });

  expect(broken).toMatchObject({ link: 'offline', fault });
  expect(broken.runs.has('a')).toBe(true);
  expect(changed(broken, { type: 'runs-listed', runs: [], more: false }).fault).toBeNull();
});

test('rows open and close on their own', () => {
  const opened = changed(AT_FIRST, { type: 'row-toggled', key: 'a', open: true });
  const both = changed(opened, { type: 'row-toggled', key: 'b', open: true });

  expect([...changed(both, { type: 'row-toggled', key: 'a', open: false }).open]).toEqual(['b']);
});

test('who unsubscribed hears nothing any more', () => {
  const store = new RunStore();
  const heard = vi.fn();
  const stop = store.subscribe(heard);

  store.change({ type: 'filter-typed', text: 'a' });
  stop();
  store.change({ type: 'filter-typed', text: 'b' });

  expect(heard).toHaveBeenCalledTimes(1);
  expect(store.snapshot().filter).toBe('b');
});
