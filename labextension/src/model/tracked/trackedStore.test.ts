import { expect, test } from 'vitest';

import { recorded } from '../../testing/recorded';
import { STARTED, columnsByDefault, compareRuns, numberText, placed } from './columns';
import { MOST_COMPARED, TrackedStore, changed, kept, visibleColumns } from './trackedStore';
import { AT_FIRST } from './trackedStore';
import { TrackedFeed } from './trackedFeed';
import type { RunsPage, RunsWish } from './types';
import { windowOf } from './window';

const LIST = Array.from({ length: 6 }, (_, index) => recorded(index));

function page(runs = LIST, next: string | null = null): RunsPage {
  return { runs, next, away: [] };
}

function answering(...pages: (RunsPage | Error)[]): {
  store: TrackedStore;
  feed: TrackedFeed;
  wishes: RunsWish[];
} {
  const store = new TrackedStore({ scope: { kind: 'all' } });
  const wishes: RunsWish[] = [];
  const source = {
    runs: (wish: RunsWish) => {
      wishes.push(wish);
      const next = pages.shift();
      return next instanceof Error || next === undefined
        ? Promise.reject(next ?? new Error('nothing more'))
        : Promise.resolve(next);
    },
    experiments: () => Promise.resolve([{ name: 'digits', project: '.' }]),
    series: () => Promise.resolve([])
  };
  const explain = (error: unknown) => ({ message: String(error), remedy: 'wait' });
  return { store, feed: new TrackedFeed(store, source, explain), wishes };
}

test('a page replaces the list, and what follows is added once', async () => {
  const { store, feed, wishes } = answering(
    page(LIST.slice(0, 3), 'token'),
    page(LIST.slice(2), null)
  );
  await feed.refresh();
  await feed.more();
  expect(store.snapshot().runs).toEqual(LIST);
  expect(wishes[1]?.after).toBe('token');
  await feed.more();
  expect(wishes).toHaveLength(2);
});

test('what was scrolled to stays when the newest part is read again', async () => {
  const newer = recorded(-1);
  const { store, feed } = answering(
    page(LIST.slice(0, 3), 'one'),
    page(LIST.slice(3), null),
    page([newer, ...LIST.slice(0, 2)], 'other')
  );
  await feed.refresh();
  await feed.more();
  await feed.refresh();
  expect(store.snapshot().runs).toEqual([newer, ...LIST]);
  expect(store.snapshot().next).toBeNull();
});

test('a fault keeps the last runs, and the next answer takes it away', async () => {
  const { store, feed } = answering(page(), new Error('away'), page());
  await feed.refresh();
  await expect(feed.refresh()).rejects.toThrow('away');
  expect(store.snapshot()).toMatchObject({ link: 'offline', runs: LIST });
  expect(store.snapshot().fault?.message).toContain('away');
  await feed.refresh();
  expect(store.snapshot().fault).toBeNull();
});

test('without a notebook in front nothing is asked for', async () => {
  const { store, feed, wishes } = answering();
  store.change({ type: 'scoped', scope: { kind: 'notebook' } });
  await feed.refresh();
  expect(wishes).toEqual([]);
  expect(store.snapshot()).toMatchObject({ listed: true, runs: [] });
});

test('another notebook empties the list of a notebook, and of nothing else', () => {
  const read = changed(AT_FIRST, { type: 'page-read', page: page(), goesOn: false });
  const other = changed(read, { type: 'notebook-in-front', path: 'b.ipynb' });
  expect(other).toMatchObject({ runs: [], listed: false, notebook: 'b.ipynb' });
  const all = changed(
    changed(changed(AT_FIRST, { type: 'scoped', scope: { kind: 'all' } }), {
      type: 'page-read',
      page: page(),
      goesOn: false
    }),
    { type: 'notebook-in-front', path: 'b.ipynb' }
  );
  expect(all.runs).toEqual(LIST);
});

test('no more are selected than can be compared', () => {
  let state = AT_FIRST;
  for (let index = 0; index < 9; index += 1) {
    state = changed(state, { type: 'selected', run: `run${index}`, isSelected: true });
  }
  expect(state.selected.size).toBe(MOST_COMPARED);
  state = changed(state, { type: 'run-gone', run: 'run0' });
  expect(state.selected.has('run0')).toBe(false);
});

test('columns: the common ones by default, pinned ones first, and none that nobody asked for', () => {
  const runs = [
    recorded(1, { metrics: { acc: 1, duration_seconds: 2, 'system/cpu': 3 }, params: { lr: '1' } }),
    recorded(2, { metrics: { acc: 1, loss: 2 } })
  ];
  const columns = columnsByDefault(runs);
  expect(columns.slice(0, 2)).toEqual(['metrics.acc', 'metrics.loss']);
  expect(columns).not.toContain('metrics.duration_seconds');
  expect(columns).not.toContain('metrics.system/cpu');
  const state = { ...AT_FIRST, runs, columns: [STARTED, 'params.lr'], pinned: ['params.lr'] };
  expect(visibleColumns(state)).toEqual(['params.lr', STARTED]);
  expect(
    placed(visibleColumns(state), state.pinned, 300).map(column => column.left !== null)
  ).toEqual([true, true, false]);
  expect(Object.keys(kept(state))).toEqual(['scope', 'filter', 'order', 'columns', 'pinned']);
});

test.each([
  [0.123456, '0.1235'],
  [12, '12'],
  [-3.5, '−3.5'],
  [1e-9, '1.00e−9'],
  [123456789.5, '1.23e+8'],
  ['NaN', 'NaN'],
  ['Infinity', '∞'],
  ['-Infinity', '−∞']
] as const)('%s is shown as %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});

test('runs order as the server orders them', () => {
  const runs = [
    recorded(1, { metrics: {} }),
    recorded(2, { metrics: { acc: 'NaN' } }),
    recorded(3, { metrics: { acc: 0.5 } }),
    recorded(4, { metrics: { acc: 0.9 } })
  ];
  const order = { column: 'metrics.acc', descends: true };
  const sorted = [...runs].sort((a, b) => compareRuns(a, b, order)).map(run => run.name);
  expect(sorted).toEqual(['run 4', 'run 3', 'run 2', 'run 1']);
});

test('of ten thousand rows those on the screen are drawn', () => {
  const { first, end } = windowOf(10_000, 28, 28 * 5_000, 560);
  expect(first).toBeGreaterThan(4_980);
  expect(end - first).toBeLessThan(40);
  expect(windowOf(0, 28, 0, 560)).toEqual({ first: 0, end: 0 });
});

test.each([
  ['two columns fit', 46 + 96 + 92 + 84, 96],
  ['one pixel less, and only one does: the name has its place', 46 + 96 + 92 + 84 - 1, 96 + 84 - 1],
  ['the panel is as narrow as it can be', 120, 96],
  ['there is room for all', 2000, 320]
])('the name leaves no column half seen when %s', (_, available, name) => {
  const [first, ...others] = placed([STARTED, 'duration'], [], available);
  expect(first?.width).toBe(name);
  expect(others.map(column => column.width)).toEqual([92, 84]);
});
