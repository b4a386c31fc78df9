import { expect, test } from 'vitest';

import { badgesOf, isParametersCell, isTrackingCell, tagsOf } from './notebookCells';
import type { Logged } from './types';

test('a parameters cell is tagged, or begins with the magic', () => {
  expect(isParametersCell(['parameters'], '')).toBe(true);
  expect(isParametersCell(undefined, '\n%%parameters\nrows = 1')).toBe(true);
  expect(isParametersCell('parameters', 'rows = 1  # %%parameters')).toBe(false);
  expect(tagsOf([1, 'a', null])).toEqual(['a']);
});

test('a cell that tracks is known by its line', () => {
  expect(isTrackingCell('%load_ext dagbook\n  %track start fit')).toBe(true);
  expect(isTrackingCell('# %track start')).toBe(false);
  expect(isTrackingCell('%track status')).toBe(false);
});

test('badges show metrics first, short, and count the rest', () => {
  const logged = (kind: Logged['kind'], name: string, value: string): Logged => ({
    cell: 'c',
    kind,
    name,
    value,
    run: 'r',
    run_name: 'run'
  });
  const { shown, more } = badgesOf([
    logged('param', 'depth', '4'),
    logged('metric', 'loss', '0.123456789'),
    logged('metric', 'acc', '0.93'),
    logged('artifact', 'model.png', ''),
    logged('param', 'note', 'x'.repeat(400))
  ]);

  expect(shown.map(badge => badge.text)).toEqual([
    'acc 0.93',
    'loss 0.12346',
    'model.png',
    'depth 4'
  ]);
  expect(more).toHaveLength(1);
  expect(more[0]?.text.length).toBeLessThan(40);
});
