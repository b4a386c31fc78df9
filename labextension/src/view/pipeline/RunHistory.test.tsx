import { fireEvent, render, screen, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { duration } from '../../model/format';
import type { HistoryCell, RunHistory as History } from '../../model/pipeline/history';
import { fold } from '../../model/runState';
import { ENGLISH } from '../../testing/english';
import { journal } from '../../testing/journals';
import { runActions } from '../../testing/runActions';
import { RunHistory } from './RunHistory';
import type { RunActions } from './runActions';

const cell = (news: Partial<HistoryCell>): HistoryCell => ({
  state: 'succeeded',
  steps: 1,
  ok: 1,
  failed: 0,
  seconds: 2,
  ...news
});
const head = { started: '2026-11-27T11:00:00+00:00', seconds: 3, user: 'ann' };
const HISTORY: History = {
  nodes: ['train', 'old'],
  runs: [
    {
      ...head,
      run: 'b',
      state: 'failed',
      nodes: { train: cell({ state: 'failed', ok: 4, steps: 5, seconds: 8 }) }
    },
    {
      ...head,
      run: 'a',
      state: 'succeeded',
      nodes: { train: cell({}), old: cell({ state: 'reused', seconds: null }) }
    }
  ]
};

function shown(history: Promise<History>): RunActions {
  const actions = { ...runActions(), history: vi.fn(() => history) };
  const followed = { run: 'b', state: fold(journal('cancelled')), gone: false } as never;
  render(<RunHistory followed={followed} actions={actions} trans={ENGLISH} />);
  return actions;
}

test('each node of each run is a cell that leads there', async () => {
  const actions = shown(Promise.resolve(HISTORY));
  const [, train, old] = (await screen.findAllByRole('row')).map(row => within(row));
  const names = (row: typeof train): (string | null)[] =>
    row?.getAllByRole('button').map(each => each.getAttribute('aria-label')) ?? [];
  expect(names(train)).toEqual([
    `train in run b: Failed · 4 of 5 ok · ${duration(8)}`,
    `train in run a: Succeeded · ${duration(2)}`
  ]);
  expect(names(old)).toEqual(['old in run a: Reused']);
  fireEvent.click(screen.getByRole('button', { name: 'old in run a: Reused' }));
  expect(actions.openRun).toHaveBeenCalledWith('a', 'old');
  fireEvent.click(screen.getByRole('button', { name: 'Show run a' }));
  expect(actions.openRun).toHaveBeenLastCalledWith('a');
});

test('what keeps it from being read is said', async () => {
  shown(Promise.reject(new Error('the server is away')));
  expect((await screen.findByRole('alert')).textContent).toBe('the server is away');
});
