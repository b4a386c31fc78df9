import { expect, test } from 'vitest';

import { LOOK, chartData, smoothed } from './chart';
import { sizeText } from './detail';
import { sparkPath } from './spark';
import type { Series, Value } from './types';

function series(values: readonly Value[], steps?: readonly number[]): Series {
  return {
    run: 'r',
    key: 'loss',
    total: values.length,
    steps: steps ?? values.map((_, index) => index),
    times: values.map((_, index) => 1_000_000 + index * 500),
    values
  };
}

test('series share an axis, and have gaps where they have no value', () => {
  const data = chartData([series([1, 2], [0, 10]), series([5, 6], [5, 10])], LOOK);
  expect(data).toEqual([
    [0, 5, 10],
    [1, null, 2],
    [null, 5, 6]
  ]);
});

test('along time each run begins at zero', () => {
  expect(chartData([series([1, 2, 3])], { ...LOOK, axis: 'time' })[0]).toEqual([0, 0.5, 1]);
});

test('what is no number, or has no logarithm, is a gap', () => {
  const values = series([1, 'NaN', 'Infinity', 0, -1, 4]);
  expect(chartData([values], LOOK)[1]).toEqual([1, null, null, 0, -1, 4]);
  expect(chartData([values], { ...LOOK, isLog: true })[1]).toEqual([1, null, null, null, null, 4]);
});

test('smoothing begins at the first value, keeps gaps and a constant', () => {
  expect(smoothed([3, 3, null, 3], 0.9).map(value => value?.toFixed(6))).toEqual([
    '3.000000',
    '3.000000',
    undefined,
    '3.000000'
  ]);
  const [first, second] = smoothed([0, 10], 0.5);
  expect(first).toBe(0);
  expect(second).toBeCloseTo(6.667, 2);
});

test('a small curve stays in its box, and one point is no curve', () => {
  const path = sparkPath(series([1, 'NaN', 5, 3]), 60, 16);
  const places = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(found => [
    Number(found[1]),
    Number(found[2])
  ]);
  expect(places).toHaveLength(3);
  expect(places.every(([x = -1, y = -1]) => x >= 0 && x <= 60 && y >= 0 && y <= 16)).toBe(true);
  expect(sparkPath(series([1]), 60, 16)).toBe('');
});

test('sizes are read in units', () => {
  expect([12, 1500, 200_000_000].map(sizeText)).toEqual([
    '12\u00a0B',
    '1.5\u00a0kB',
    '200\u00a0MB'
  ]);
});
