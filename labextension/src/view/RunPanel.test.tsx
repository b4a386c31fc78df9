import { ENGLISH } from '../testing/english';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import { RunStore } from '../model/runStore';
import { SchedulesStore } from '../model/schedules/schedulesStore';
import { journal, summaryOf } from '../testing/journals';
import { schedulesServer } from '../testing/schedules';
import { RunPanel } from './RunPanel';
import type { PanelActions } from './surroundings';

function drawn(...names: readonly string[]): {
  store: RunStore;
  actions: { [Name in keyof PanelActions]: ReturnType<typeof vi.fn> };
  run: (name: string) => HTMLElement;
} {
  const store = new RunStore();
  const actions = {
    refresh: vi.fn(),
    older: vi.fn(),
    openNotebook: vi.fn(),
    draw: vi.fn(),
    cancel: vi.fn(),
    answer: vi.fn(),
    chooseLaunch: vi.fn(),
    openTerminal: vi.fn(),
    toggle: vi.fn((key: string, open: boolean) => store.change({ type: 'row-toggled', key, open })),
    filter: vi.fn((text: string) => store.change({ type: 'filter-typed', text }))
  };
  if (names.length > 0) {
    store.change({ type: 'runs-listed', runs: names.map(name => summaryOf(name)), more: false });
    for (const name of names) {
      const { run } = summaryOf(name);
      const driver = name === 'newer' ? 'alive' : 'gone';
      store.change({ type: 'entries-read', run, entries: journal(name), driver });
    }
  }
  const schedules = new SchedulesStore(schedulesServer([]), String as never);
  render(
    <RunPanel store={store} actions={actions} schedules={schedules} trans={ENGLISH} locale="en" />
  );
  return {
    store,
    actions,
    run: name => {
      const row = document.querySelector<HTMLElement>(`[data-run="${summaryOf(name).run}"]`);
      if (row === null) {
        throw new Error(`no row for ${name}`);
      }
      return row;
    }
  };
}

function step(row: HTMLElement, name: string): HTMLElement {
  const item = row.querySelector<HTMLElement>(`[data-step="${name}"]`);
  if (item === null) {
    throw new Error(`no step ${name}`);
  }
  return item;
}

async function opened(name: string): Promise<ReturnType<typeof drawn> & { row: HTMLElement }> {
  const panel = drawn(name);
  const row = panel.run(name);
  await userEvent.click(within(row).getByRole('button', { expanded: false }));
  return { ...panel, row };
}

test('before the first answer nothing is claimed', () => {
  drawn();

  expect(screen.queryByText('dagbook demo')).toBeNull();
});

test('an empty list teaches how to fill it, and its buttons do', async () => {
  const { store, actions } = drawn();

  act(() => store.change({ type: 'runs-listed', runs: [], more: false }));

  expect(screen.getByText('dagbook run FILE')).toBeTruthy();
  expect(screen.getByText('dagbook demo')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Run a Pipeline or Notebook…' }));
  expect(actions.chooseLaunch).toHaveBeenCalledTimes(1);
  await userEvent.click(screen.getByRole('button', { name: 'Open a Terminal' }));
  expect(actions.openTerminal).toHaveBeenCalledTimes(1);
});

test('no terminal is offered where there are none', () => {
  const { store, actions } = drawn();
  Object.assign(actions, { openTerminal: null });

  act(() => store.change({ type: 'runs-listed', runs: [], more: false }));

  expect(screen.getByText('dagbook demo')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Open a Terminal' })).toBeNull();
});

test('a run says its name, its state as a word and how many steps are well', () => {
  const { run } = drawn('failure-skips');

  const head = within(run('failure-skips')).getByRole('button').textContent;
  expect(head).toContain('churn');
  expect(head).toContain('Failed');
  expect(head).toContain('2 of 5 ok');
});

test('an opened run tells each step its story', async () => {
  const { row } = await opened('failure-skips');

  expect(step(row, 'train').textContent).toContain('Failed · in cell 5 · attempt 2');
  expect(step(row, 'train').textContent).toContain(
    "ValueError: could not convert string to float: 'n/a'"
  );
  expect(step(row, 'publish').textContent).toContain('Skipped · upstream train failed');
});

test('reused steps say why', async () => {
  const { row } = await opened('reused');

  expect(step(row, 'prepare').textContent).toContain(
    'Reused · same as in run 20261121-080000-000001'
  );
  expect(step(row, 'score').textContent).toContain('stopped early at cell 3');
});

test('a run whose driver is gone is interrupted and says how to go on', async () => {
  const { row } = await opened('interrupted');

  expect(within(row).getByText('Interrupted')).toBeTruthy();
  expect(step(row, 'clean').textContent).toContain('Lost · was at cell 3 of 9');
  expect(within(row).getByText('dagbook run nightly.pipeline.yaml')).toBeTruthy();
});

test('the steps of a matrix are one row until it is opened', async () => {
  const { row } = await opened('success-matrix');
  expect(row.querySelector('[data-step="train[3]"]')).toBeNull();

  await userEvent.click(within(row).getByText('6 of 6 ok', { exact: false }));

  expect(step(row, 'train[3]').textContent).toContain('depth=4 seed=2');
});

test('news reach the row without anybody doing anything', () => {
  const { store, run } = drawn('newer');
  const name = summaryOf('newer').run;
  expect(within(run('newer')).getByText('Running')).toBeTruthy();

  const entries = [
    { seq: 98, at: '2026-11-22T19:45:05Z', kind: 'step_succeeded', step: 'b', seconds: 1 },
    { seq: 99, at: '2026-11-22T19:45:05Z', kind: 'run_finished', state: 'succeeded', seconds: 3 }
  ];
  act(() => store.change({ type: 'entries-read', run: name, entries, driver: 'alive' }));

  expect(within(run('newer')).getByText('Succeeded')).toBeTruthy();
  expect(document.querySelector('[aria-live="polite"]:not([role])')?.textContent).toBe(
    'future: Succeeded'
  );
});

test('the first run of all is announced, those that were there before are not', () => {
  const { store } = drawn();
  const list = (...names: readonly string[]): void =>
    act(() =>
      store.change({ type: 'runs-listed', runs: names.map(name => summaryOf(name)), more: false })
    );
  const said = (): string | null | undefined => document.querySelector('[aria-live]')?.textContent;

  list();
  expect(said()).toBe('');
  list('newer');
  expect(said()).toBe('future: Running');
});

test('the executed notebook opens by its button and by a double click', async () => {
  const { actions, row } = await opened('failure-skips');
  const { run } = summaryOf('failure-skips');

  await userEvent.click(
    within(row).getByRole('button', { name: 'Open the executed notebook of train' })
  );
  await userEvent.dblClick(within(row).getByText('report'));

  expect(actions.openNotebook.mock.calls).toEqual([
    [run, 'train'],
    [run, 'report']
  ]);
});

test('a step that never ran has no notebook to open', async () => {
  const { row } = await opened('failure-skips');

  expect(within(step(row, 'publish')).queryByRole('button')).toBeNull();
});

test('a fault is said aloud, keeps the list, and can be tried again', async () => {
  const { store, actions, run } = drawn('reused');

  const fault = { message: 'The server is away.', remedy: 'Runs go on.' };
  act(() => store.change({ type: 'faulted', fault }));

  expect(screen.getByRole('alert').textContent).toContain('The server is away.Runs go on.');
  expect(screen.getByRole('status').textContent).toBe('Offline');
  expect(run('reused')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
  expect(actions.refresh).toHaveBeenCalledTimes(1);
});

test('the filter leaves what matches, and says when nothing does', async () => {
  drawn('reused', 'failure-skips');
  const filter = screen.getByRole('searchbox', { name: 'Filter the runs' });

  await userEvent.type(filter, 'failed');
  expect(document.querySelectorAll('[data-run]')).toHaveLength(1);

  await userEvent.type(filter, 'xyz');
  expect(screen.getByText('No run matches “failedxyz”.')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Show all runs' }));
  expect(document.querySelectorAll('[data-run]')).toHaveLength(2);
});

test('arrow keys walk the rows, open and close them', async () => {
  const { run } = drawn('reused', 'interrupted');
  const [first, second] = [run('interrupted'), run('reused')].map(row =>
    within(row).getByRole('button')
  );
  first?.focus();

  await userEvent.keyboard('{ArrowDown}');
  expect(document.activeElement).toBe(second);
  await userEvent.keyboard('{ArrowUp}{ArrowRight}');
  expect(first?.getAttribute('aria-expanded')).toBe('true');
  await userEvent.keyboard('{ArrowLeft}');
  expect(first?.getAttribute('aria-expanded')).toBe('false');
  await userEvent.keyboard('{End}');
  expect(document.activeElement).toBe(second);
});

test('older runs are offered only when there are any', async () => {
  const { store, actions } = drawn('reused');
  expect(screen.queryByRole('button', { name: 'Older runs' })).toBeNull();

  act(() => store.change({ type: 'runs-listed', runs: [summaryOf('reused')], more: true }));
  await userEvent.click(screen.getByRole('button', { name: 'Older runs' }));

  expect(actions.older).toHaveBeenCalledTimes(1);
});

test('a step that waits for a person says what it asks, and takes both answers', async () => {
  const { row, actions } = await opened('approvals');
  const pay = step(row, 'pay');
  const { run } = summaryOf('approvals');

  expect(pay.textContent).toContain('waits for approval');
  expect(within(pay).getByText('Pay?')).toBeTruthy();
  expect(within(pay).getByText('For ann, bob')).toBeTruthy();
  await userEvent.click(within(pay).getByRole('button', { name: 'Approve pay' }));
  await userEvent.click(within(pay).getByRole('button', { name: 'Reject pay' }));

  expect(actions.answer.mock.calls).toEqual([
    [run, 'pay', true],
    [run, 'pay', false]
  ]);
});

test('a step that was answered for asks nothing any more', async () => {
  const { row } = await opened('approvals');

  expect(within(step(row, 'ship')).queryByRole('button', { name: 'Approve ship' })).toBeNull();
  expect(step(row, 'mail').textContent).toContain('nobody answered');
});
