import { expect, test } from 'vitest';

import { bestOf, columnsOf, likelyGoal, numberText, pressed, sorted, textOf } from './trials';
import type { Trial } from './types';

function trial(step: string, more: Partial<Trial> = {}): Trial {
  return {
    step,
    node: 'train',
    item: {},
    state: 'succeeded',
    reason: '',
    cell: 0,
    total: 0,
    seconds: 1,
    metrics: {},
    recorded: null,
    notebook: true,
    error: null,
    ...more
  };
}

const TRIALS = [
  trial('train[0]', { item: { depth: 10 }, metrics: { acc: 0.5, loss: 2 } }),
  trial('train[1]', { item: { depth: 9 }, metrics: { acc: 0.9, loss: 1 } }),
  trial('train[2]', { item: { depth: 2 }, state: 'failed', metrics: { acc: 0.99 } }),
  trial('train[3]', { item: { depth: 1 }, state: 'pending', seconds: null })
];

test('columns are all that any step was given or measured', () => {
  expect(columnsOf(TRIALS)).toEqual({ items: ['depth'], metrics: ['acc', 'loss'] });
});

test('the best is the highest or the lowest of those that ended well', () => {
  expect(bestOf(TRIALS, { metric: 'acc', lowest: false })?.step).toBe('train[1]');
  expect(bestOf(TRIALS, { metric: 'acc', lowest: true })?.step).toBe('train[0]');
  expect(bestOf(TRIALS, { metric: 'gone', lowest: true })).toBeNull();
  expect(bestOf(TRIALS, null)).toBeNull();
});

test('one looks for a score rather than a cost, and for little of a cost', () => {
  expect(likelyGoal({ items: [], metrics: ['loss', 'acc'] })).toEqual({
    metric: 'acc',
    lowest: false
  });
  expect(likelyGoal({ items: [], metrics: ['val_rmse'] })).toEqual({
    metric: 'val_rmse',
    lowest: true
  });
  expect(likelyGoal({ items: [], metrics: [] })).toBeNull();
});

test('rows are sorted by number, and those without one stand last either way', () => {
  const order = (column: string, descending: boolean): string[] =>
    sorted(TRIALS, { column, descending }).map(one => one.step.slice(6, 7));

  expect(order('item:depth', false)).toEqual(['3', '2', '1', '0']);
  expect(order('metric:loss', false)).toEqual(['1', '0', '2', '3']);
  expect(order('metric:loss', true)).toEqual(['0', '1', '2', '3']);
  expect(sorted(TRIALS, null)).toBe(TRIALS);
});

test('a head that is pressed sorts up, down, and not at all', () => {
  const up = pressed(null, 'state');
  const down = pressed(up, 'state');

  expect(up).toEqual({ column: 'state', descending: false });
  expect(down).toEqual({ column: 'state', descending: true });
  expect(pressed(down, 'state')).toBeNull();
  expect(pressed(down, 'seconds')).toEqual({ column: 'seconds', descending: false });
});

test('values are written as people write them', () => {
  expect(textOf({ $date: '2026-01-02' })).toBe('2026-01-02');
  expect(textOf('<b>')).toBe('<b>');
  expect(textOf([1, 'a'])).toBe('[1,"a"]');
  expect(textOf({})).toBe('{}');
  expect(numberText(0.123456789)).toBe('0.12346');
  expect(numberText(42)).toBe('42');
  expect(numberText(Infinity)).toBe('Infinity');
  expect(numberText(undefined)).toBe('');
});
