import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { runGraphOf } from '../../model/pipeline/runGraph';
import { fold } from '../../model/runState';
import { ENGLISH } from '../../testing/english';
import { journal } from '../../testing/journals';
import { runActions } from '../../testing/runActions';
import { RunDetails } from './RunDetails';
import type { RunActions } from './runActions';

const printed: RunActions['log'] = step =>
  Promise.resolve({ step, attempt: 1, cells: [{ cell: 2, text: `of ${step}\n` }], cut: false });

function drawn(
  name: string,
  wanted: string,
  { isOver = true, log = printed, ...more }: Partial<RunActions> & { isOver?: boolean } = {}
) {
  const { nodes } = runGraphOf(fold(journal(name)), false);
  const node = nodes.find(each => each.node === wanted);
  if (node === undefined) {
    throw new Error(`no node ${wanted}`);
  }
  const actions = { ...runActions(), ...more, log: vi.fn(log) };
  render(
    <RunDetails
      node={node}
      gone={false}
      isOver={isOver}
      actions={actions}
      trans={ENGLISH}
      close={vi.fn()}
    />
  );
  return { node, actions };
}

test('a failed step shows its error, the way to its cell, and what it printed', async () => {
  const { actions } = drawn('failure-skips', 'train');
  const error = screen.getByRole('group', { name: 'Error' });
  const step = actions.log.mock.calls[0]?.[0] ?? '';

  expect(await screen.findByText(`of ${step}`)).toBeTruthy();
  fireEvent.click(within(error).getByRole('button', { name: 'Show the cell' }));
  fireEvent.click(screen.getByRole('button', { name: 'Retry from here' }));

  expect(actions.openNotebook).toHaveBeenCalledWith(step, 5);
  expect(actions.retry).toHaveBeenCalledWith(['train']);
});

test('the steps of a node are a table, and choosing one shows it', async () => {
  const { node, actions } = drawn('success-matrix', 'train');
  const rows = within(screen.getByRole('table')).getAllByRole('button');
  expect(rows).toHaveLength(node.steps.length);

  fireEvent.click(rows[3] ?? document.body);

  expect(await screen.findByText('of train[3]')).toBeTruthy();
  expect(screen.queryByText('of train[0]')).toBeNull();
  expect(rows[3]?.getAttribute('aria-pressed')).toBe('true');
  expect(actions.log.mock.calls.map(([step]) => step)).toEqual(['train[0]', 'train[3]']);
});

test('a step opens with the inputs of the run, and one that never began does not', () => {
  const { actions } = drawn('failure-skips', 'train');

  fireEvent.click(screen.getByRole('button', { name: 'Open with these inputs' }));

  expect(actions.openWithInputs).toHaveBeenCalledWith(actions.log.mock.calls[0]?.[0]);
  cleanup();
  drawn('failure-skips', 'publish');
  expect(screen.queryByRole('button', { name: 'Open with these inputs' })).toBeNull();
});

test('what a step was given stands with where it came from, and files are looked into', async () => {
  const file = { kind: 'text', path: 'table.csv', size: 5, text: 'a,b', cut: false } as const;
  const values: RunActions['values'] = step =>
    Promise.resolve({
      step,
      params: [
        { name: 'depth', text: '4', file: false, from: '' },
        { name: 'table', text: 'table.csv', file: true, from: 'prepare.table' }
      ],
      why: ''
    });
  const look = vi.fn<RunActions['look']>(() => Promise.resolve(file));
  const { actions } = drawn('failure-skips', 'train', { values, look });
  const step = actions.log.mock.calls[0]?.[0] ?? '';

  const given = within(await screen.findByLabelText('Parameters'));
  expect(given.getByText('from prepare.table')).toBeTruthy();
  fireEvent.click(given.getByRole('button', { name: 'Look into table' }));

  expect(await given.findByText('a,b')).toBeTruthy();
  expect(look).toHaveBeenCalledWith(step, 'input', 'table');
  fireEvent.click(given.getByRole('button', { name: 'Look into table' }));
  expect(given.queryByText('a,b')).toBeNull();
});

test('a file that is gone is said, and so is why nothing is known of what was given', async () => {
  drawn('success-matrix', 'prepare', {
    values: step => Promise.resolve({ step, params: null, why: 'what it was given is gone' }),
    look: () => Promise.reject(new Error('the file is gone'))
  });
  expect(await screen.findByText('what it was given is gone')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Look into features' }));
  expect((await screen.findByRole('alert')).textContent).toBe('the file is gone');
});

test('while the run goes on nothing can be done again', () => {
  drawn('success-matrix', 'train', { isOver: false });
  expect(screen.queryByRole('button', { name: 'Retry from here' })).toBeNull();
});

test('a log that cannot be read says why', async () => {
  drawn('success-matrix', 'prepare', { log: () => Promise.reject(new Error('the disk is away')) });
  expect((await screen.findByRole('alert')).textContent).toBe('the disk is away');
});
