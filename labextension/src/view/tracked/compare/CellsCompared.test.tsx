import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useSyncExternalStore } from 'react';
import type { JSX } from 'react';
import { expect, test } from 'vitest';

import { CompareStore } from '../../../model/tracked/compare';
import type { CellChange, CompareSource } from '../../../model/tracked/compare';
import { detail, recorded } from '../../../testing/recorded';
import { ENGLISH } from '../../../testing/english';
import { CellsCompared } from './CellsCompared';

const NASTY = '<img src=x onerror=alert(1)>';
const SAME: CellChange = {
  change: 'same',
  left: 1,
  right: 1,
  kind: 'code',
  lines: [[' ', 'import numpy']],
  outputs: { left: [], right: [] }
};
const OTHER: CellChange = {
  change: 'source',
  left: 2,
  right: 3,
  kind: 'code',
  lines: [
    ['-', 'depth = 3'],
    ['+', NASTY]
  ],
  outputs: { left: ['0.9'], right: [NASTY] }
};

function Shown({ store }: { readonly store: CompareStore }): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  return <CellsCompared state={state} store={store} trans={ENGLISH} />;
}

async function drawn(cells: CompareSource['cells']): Promise<void> {
  const runs = new Map([1, 2].map(number => [`${number}`, detail(recorded(number))]));
  const source: CompareSource = {
    cells,
    run: id => Promise.resolve(runs.get(id) ?? detail()),
    series: () => Promise.resolve([])
  };
  const store = new CompareStore(['1', '2'], source, error => ({
    message: String(error),
    remedy: 'mend it'
  }));
  await store.refresh();
  render(<Shown store={store} />);
  await userEvent.click(screen.getByRole('button', { name: 'Compare cell by cell' }));
}

function answer(...cells: readonly CellChange[]): CompareSource['cells'] {
  const side = (run: string) => ({ run, path: 'notebook.ipynb' });
  return (left, right) => Promise.resolve({ left: side(left), right: side(right), cells });
}

test('what differs is shown with its signs and both outputs; the rest on demand', async () => {
  await drawn(answer(SAME, OTHER));
  expect(await screen.findByText('Cell 2 → 3 (code): another source')).toBeTruthy();
  expect(screen.getByText(/- depth = 3/)).toBeTruthy();
  expect(screen.getByText('run 1')).toBeTruthy();
  expect(document.querySelector('img')).toBeNull();
  expect(screen.queryByText(/import numpy/)).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: /Also show the 1/ }));
  expect(screen.getByText(/import numpy/)).toBeTruthy();
});

test('notebooks that are the same are called that', async () => {
  await drawn(answer(SAME));
  expect(await screen.findByText(/No cell differs/)).toBeTruthy();
});

test('a run without a notebook says so, and what to do', async () => {
  await drawn(() => Promise.reject(new Error('kept none')));
  expect((await screen.findByRole('alert')).textContent).toContain('mend it');
});
