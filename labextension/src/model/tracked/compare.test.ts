import { expect, test } from 'vitest';

import { detail, recorded } from '../../testing/recorded';
import { CompareStore, compareRows, sharedMetrics } from './compare';

const A = detail({
  ...recorded(1),
  metrics: { acc: 0.9, loss: 1 },
  params: { depth: '3', seed: '1' }
});
const B = detail({ ...recorded(2), metrics: { acc: 0.7 }, params: { depth: '4', seed: '1' } });

test('what differs comes first, and the greatest and least of numbers are told', () => {
  const rows = compareRows([A, B]);
  expect(rows.slice(0, 3).map(row => [row.name, row.values])).toEqual([
    ['depth', ['3', '4']],
    ['acc', ['0.9', '0.7']],
    ['loss', ['1', '']]
  ]);
  expect(rows[1]).toMatchObject({ greatest: 0, least: 1 });
  expect(rows[2]).toMatchObject({ greatest: null, least: null });
  expect(rows.find(row => row.name === 'seed')?.differs).toBe(false);
  expect(sharedMetrics([A, B])).toEqual(['acc', 'loss']);
});

test('runs that are the same differ in nothing', () => {
  expect(compareRows([A, A]).some(row => row.differs)).toBe(false);
});

test('curves are read when they come onto the screen, and a fault is told', async () => {
  const asked: string[][] = [];
  let isAway = false;
  const source = {
    cells: () => Promise.reject(new Error('nobody asked')),
    run: (id: string) =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve(id === A.run ? A : B),
    series: (_: readonly string[], keys: readonly string[]) => {
      asked.push([...keys]);
      return Promise.resolve([]);
    }
  };
  const store = new CompareStore([A.run, B.run], source, error => ({
    message: String(error),
    remedy: ''
  }));
  await store.refresh();
  store.draw('acc', true);
  store.draw('acc', true);
  expect(asked).toEqual([['acc']]);
  isAway = true;
  await store.refresh();
  expect(store.snapshot().fault?.message).toContain('away');
  expect(store.snapshot().runs).toEqual([A, B]);
});
