import { expect, test } from 'vitest';

import { detail, recorded } from '../../testing/recorded';
import type { RunDetail } from './detail';
import { parallelAxes } from './parallel';

function run(
  number: number,
  params: Readonly<Record<string, string>>,
  metrics: Readonly<Record<string, number>>
): RunDetail {
  return detail({ ...recorded(number), params, metrics });
}

test('what was chosen stands left of what came of it, and what is the same has no axis', () => {
  const axes = parallelAxes([
    run(1, { depth: '2', kind: 'tree', seed: '7' }, { acc: 0.5, duration_seconds: 1 }),
    run(2, { depth: '4', kind: 'forest', seed: '7' }, { acc: 0.9, duration_seconds: 2 }),
    run(3, { depth: '3', kind: 'tree', seed: '7' }, { acc: 0.7 })
  ]);
  expect(axes.map(axis => [axis.kind, axis.name])).toEqual([
    ['param', 'depth'],
    ['param', 'kind'],
    ['metric', 'acc']
  ]);
  expect(axes[0]?.places).toEqual([0, 1, 0.5]);
  expect(axes[0]?.ticks).toEqual([
    { at: 0, label: '2' },
    { at: 1, label: '4' }
  ]);
  expect(axes[1]?.places).toEqual([1, 0, 1]);
  expect(axes[1]?.ticks.map(tick => tick.label)).toEqual(['forest', 'tree']);
  expect(axes[2]?.places[1]).toBe(1);
});

test('a run without a value leaves a gap, and a metric that is no number has no axis', () => {
  const axes = parallelAxes([
    run(1, { depth: '2', rate: '' }, { acc: 0.5, loss: NaN }),
    run(2, { depth: '4', rate: '0.1' }, { loss: 1 }),
    run(3, {}, { acc: 0.7, loss: 2 })
  ]);
  expect(axes.map(axis => axis.name)).toEqual(['depth', 'rate', 'acc']);
  expect(axes[0]?.places).toEqual([0, 1, null]);
  expect(axes[1]?.ticks.map(tick => tick.label)).toEqual(['', '0.1']);
  expect(axes[2]?.places).toEqual([0, null, 1]);
});

test('there are as many axes as can be read, and metrics among them', () => {
  const many = (value: number): RunDetail =>
    run(
      value,
      Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`p${at}`, String(value)])),
      { acc: value, loss: value, time: value, more: value }
    );
  const axes = parallelAxes([many(1), many(2), many(3)]);
  expect(axes).toHaveLength(8);
  expect(axes.filter(axis => axis.kind === 'metric')).toHaveLength(3);
});
