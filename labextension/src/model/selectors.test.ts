import { expect, test, vi } from 'vitest';

import { recordOf, summaryOf } from '../testing/journals';
import { AT_FIRST } from './runStore';
import type { PanelState, RunRecord } from './runStore';
import { runRows, runStatus, stepRows } from './selectors';
import type { NodeRow, StepRow } from './selectors';
import type { RunSummary } from './types';

vi.mock('react', () => ({}));

function listed(summary: RunSummary): RunRecord {
  return { summary, state: null, driver: null, damage: null };
}

function panel(records: readonly RunRecord[], filter = ''): PanelState {
  const runs = new Map(records.map(record => [record.summary.run, record]));
  return { ...AT_FIRST, runs, filter };
}

function labelled(record: RunRecord, label: string): StepRow | NodeRow | undefined {
  return stepRows(record, new Set()).find(
    row => (row.kind === 'step' ? row.label : row.node) === label
  );
}

test('runs are listed newest first', () => {
  const summary = summaryOf('reused');
  const records = ['2', '3', '1'].map(run => listed({ ...summary, run }));

  expect(runRows(panel(records)).map(row => row.run)).toEqual(['3', '2', '1']);
});

test.each([
  ['', 3],
  ['churn', 2],
  ['CHURN failed', 1],
  ['interrupted', 1],
  ['nothing like it', 0]
])('the filter “%s” lets %i runs through', (filter, count) => {
  const records = [recordOf('success-matrix'), recordOf('failure-skips'), recordOf('interrupted')];

  expect(runRows(panel(records, filter))).toHaveLength(count);
});

test('the list alone and the journal count the same steps', () => {
  for (const name of ['success-matrix', 'failure-skips', 'reused', 'interrupted']) {
    const [fromList] = runRows(panel([listed(summaryOf(name))]));
    const [fromJournal] = runRows(panel([recordOf(name, 'alive')]));

    expect([fromList?.ok, fromList?.total]).toEqual([fromJournal?.ok, fromJournal?.total]);
  }
});

test('a run whose driver is gone is interrupted, and what it had in hand is lost', () => {
  const record = recordOf('interrupted', 'gone');

  expect(runStatus(record)).toBe('interrupted');
  expect(labelled(record, 'clean')?.status).toBe('lost');
  expect(labelled(record, 'fit')?.status).toBe('pending');
});

test('the same run with a living driver goes on', () => {
  const record = recordOf('interrupted', 'alive');

  expect(runStatus(record)).toBe('running');
  expect(labelled(record, 'clean')?.status).toBe('running');
});

test('a step that waits names what for', () => {
  expect(labelled(recordOf('interrupted', 'alive'), 'fit')).toMatchObject({ waitsFor: ['clean'] });
});

test('the steps of a matrix are folded into a row that counts', () => {
  const row = labelled(recordOf('success-matrix'), 'train');

  expect(row).toMatchObject({ kind: 'node', ok: 6, status: 'succeeded', open: false });
  expect(row?.kind === 'node' ? row.steps.map(step => step.label) : []).toContain('depth=4 seed=2');
});

test('a node with one failed step of many shows the failure', () => {
  const record = recordOf('success-matrix');
  const steps = new Map(record.state?.steps);
  const victim = steps.get('train[3]');
  if (record.state === null || victim === undefined) {
    throw new Error('the journal has no train[3]');
  }
  steps.set('train[3]', { ...victim, state: 'failed' });

  const row = labelled({ ...record, state: { ...record.state, steps } }, 'train');

  expect(row).toMatchObject({ status: 'failed', ok: 5 });
});

test('many steps become one stretch per state', () => {
  const summary = summaryOf('success-matrix');
  const steps = { total: 500, done: 300, failed: 0, running: 2 };
  const [row] = runRows(panel([listed({ ...summary, state: 'running', steps })]));

  expect(row?.segments).toEqual([
    { status: 'succeeded', count: 300 },
    { status: 'running', count: 2 },
    { status: 'pending', count: 198 }
  ]);
});
