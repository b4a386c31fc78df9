import { ENGLISH } from '../../testing/english';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import { TrackedStore } from '../../model/tracked/trackedStore';
import type { TrackedState } from '../../model/tracked/trackedStore';
import { recorded } from '../../testing/recorded';
import { RunsTab } from './RunsTab';
import type { TrackedActions } from './trackedSurroundings';

const NASTY = '<img src=x onerror=alert(1)>';
function drawn(state: Partial<TrackedState>): {
  store: TrackedStore;
  actions: { [Name in keyof TrackedActions]: ReturnType<typeof vi.fn> };
} {
  const store = new TrackedStore({
    scope: { kind: 'all' },
    listed: true,
    link: 'live',
    ...state
  });
  const actions = {
    refresh: vi.fn(),
    more: vi.fn(),
    scope: vi.fn(),
    filter: vi.fn(),
    order: vi.fn(),
    columns: vi.fn(),
    pin: vi.fn(),
    select: vi.fn((run: string, isSelected: boolean) =>
      store.change({ type: 'selected', run, isSelected })
    ),
    unselect: vi.fn(() => store.change({ type: 'unselected' })),
    compare: vi.fn(),
    open: vi.fn(),
    rename: vi.fn(),
    remove: vi.fn(),
    menu: vi.fn(),
    track: vi.fn(),
    seen: vi.fn()
  };
  render(<RunsTab store={store} actions={actions} trans={ENGLISH} locale="en" />);
  return { store, actions };
}

test('while nothing was tracked it is said how that begins, with a button for the notebook in front', async () => {
  const { actions, store } = drawn({ scope: { kind: 'all' }, notebook: null });
  expect(screen.getByText(/%track start/)).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Track This Notebook' })).toBeNull();

  act(() => store.change({ type: 'notebook-in-front', path: 'churn/train.ipynb' }));
  await userEvent.click(screen.getByRole('button', { name: 'Track This Notebook' }));
  expect(actions.track).toHaveBeenCalledTimes(1);
});

test('a run is a row with its status as a word, its values and its user', () => {
  drawn({ runs: [recorded(0, { status: 'failed', name: NASTY, params: { depth: NASTY } })] });
  const row = screen.getByRole('row', { name: /Failed/ });
  expect(row.textContent).toContain(NASTY);
  expect(within(row).getByText('0.5')).toBeTruthy();
  expect(within(row).getByText('ada')).toBeTruthy();
  expect(document.querySelector('img')).toBeNull();
});

test('of ten thousand runs a screenful is drawn, and more are asked for at the end', () => {
  const { actions } = drawn({
    runs: Array.from({ length: 10_000 }, (_, index) => recorded(index)),
    next: 'token'
  });
  expect(screen.getAllByRole('row').length).toBeLessThan(60);
  expect(actions.more).not.toHaveBeenCalled();
  expect(actions.seen).toHaveBeenCalled();
});

test('rows are opened, selected, renamed and deleted by keyboard', async () => {
  const runs = [recorded(0), recorded(1)];
  const { actions, store } = drawn({ runs });
  const keys = userEvent.setup();
  const [, first] = screen.getAllByRole('row');
  first?.focus();
  await keys.keyboard('{Enter}');
  await keys.keyboard(' ');
  await keys.keyboard('{F2}');
  await keys.keyboard('{Delete}');
  expect(actions.open).toHaveBeenCalledWith(runs[0]);
  expect(actions.rename).toHaveBeenCalledWith(runs[0]);
  expect(actions.remove).toHaveBeenCalledWith(runs[0]);
  expect([...store.snapshot().selected]).toEqual([runs[0]?.run]);
});

test('two selected runs can be compared, one cannot', async () => {
  const { actions } = drawn({ runs: [recorded(0), recorded(1)] });
  const user = userEvent.setup();
  await user.click(screen.getByRole('checkbox', { name: 'Select run 0' }));
  const compare = screen.getByRole('button', { name: 'Compare' });
  expect((compare as HTMLButtonElement).disabled).toBe(true);
  await user.click(screen.getByRole('checkbox', { name: 'Select run 1' }));
  await user.click(compare);
  expect(actions.compare).toHaveBeenCalled();
});

test('a click on a head orders, a second one turns the order', async () => {
  const { actions, store } = drawn({ runs: [recorded(0)] });
  const head = screen.getByRole('columnheader', { name: 'acc' });
  await userEvent.click(within(head).getByRole('button'));
  expect(actions.order).toHaveBeenCalledWith({ column: 'metrics.acc', descends: true });
  act(() => store.change({ type: 'ordered', order: { column: 'metrics.acc', descends: true } }));
  expect(head.getAttribute('aria-sort')).toBe('descending');
  await userEvent.click(within(head).getByRole('button'));
  expect(actions.order).toHaveBeenLastCalledWith({ column: 'metrics.acc', descends: false });
});

test('columns are found, chosen and pinned', async () => {
  const { actions } = drawn({ runs: [recorded(0, { metrics: { acc: 1, zeta: 2, beta: 3 } })] });
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Columns' }));
  await user.type(screen.getByRole('searchbox', { name: 'Find a column' }), 'zet');
  await user.click(screen.getByRole('checkbox', { name: /zeta/ }));
  expect(actions.columns.mock.lastCall?.[0]).toContain('metrics.zeta');
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('checkbox', { name: /zeta/ })).toBeNull();
});

test('nothing yet: says how it begins; nothing found: gives the way back', async () => {
  const { actions, store } = drawn({ scope: { kind: 'notebook' }, notebook: 'a.ipynb' });
  expect(screen.getByText(/%track start/)).toBeTruthy();
  store.change({ type: 'filtered', filter: 'zzz' });
  await userEvent.click(await screen.findByRole('button', { name: 'Show all runs' }));
  expect(actions.filter).toHaveBeenCalledWith('');
});

test('when the store is away the last runs stay, with the reason and a way to try again', async () => {
  const { actions } = drawn({
    runs: [recorded(0)],
    link: 'offline',
    fault: { message: 'MLflow’s store does not answer', remedy: 'start it' }
  });
  expect(screen.getByRole('alert').textContent).toContain('start it');
  expect(screen.getAllByRole('row')).toHaveLength(2);
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
  expect(actions.refresh).toHaveBeenCalled();
});
