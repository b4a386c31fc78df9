import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { RunFeed } from '../model/runFeed';
import { RunStore } from '../model/runStore';
import { summaryOf } from '../testing/journals';
import { LiveRuns, SCHEMA_ID } from './live';

const RUN = summaryOf('success-matrix', 8);

const source = {
  runs: vi.fn(),
  entries: vi.fn()
};
let events: Event.IManager;
let store: RunStore;
let live: LiveRuns;

beforeEach(() => {
  source.runs.mockReset().mockResolvedValue({ runs: [RUN] });
  source.entries.mockReset().mockResolvedValue({ entries: [], last: 0, driver: 'alive' });
  events = {} as Event.IManager;
  Object.assign(events, { stream: new Signal(events) });
  store = new RunStore();
  const feed = new RunFeed(store, source, () => ({ message: 'away', remedy: '' }));
  live = new LiveRuns(store, feed, events);
});

afterEach(() => live.dispose());

function push(schema = SCHEMA_ID): void {
  const stream = events.stream as unknown as Signal<Event.IManager, unknown>;
  stream.emit({ schema_id: schema, run: RUN.run, state: 'running', seq: 9 });
}

async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 20));
}

test('nothing is asked for while nobody looks', async () => {
  push();
  await settled();

  expect(source.runs).not.toHaveBeenCalled();
});

test('whoever starts to look gets the list and is live', async () => {
  live.watched = true;
  await settled();

  expect(source.runs).toHaveBeenCalledTimes(1);
  expect(store.snapshot().link).toBe('live');
});

test('a push makes the journal be read, a foreign event does not', async () => {
  live.watched = true;
  await settled();
  source.entries.mockClear();

  push('https://elsewhere.test/event');
  await settled();
  expect(source.entries).not.toHaveBeenCalled();

  push();
  await settled();
  expect(source.entries).toHaveBeenCalledWith(RUN.run, 0);
});

test('whoever looks away is paused and hears nothing', async () => {
  live.watched = true;
  await settled();
  live.watched = false;
  source.entries.mockClear();

  push();
  await settled();

  expect(store.snapshot().link).toBe('paused');
  expect(source.entries).not.toHaveBeenCalled();
});

test('a fault shows as offline, and refreshing brings it back', async () => {
  source.runs.mockRejectedValueOnce(new Error('away'));
  live.watched = true;
  await settled();
  expect(store.snapshot().link).toBe('offline');

  await live.refresh();
  await settled();

  expect(store.snapshot()).toMatchObject({ link: 'live', fault: null });
});

test('opening a row makes its journal be followed', async () => {
  live.watched = true;
  await settled();
  source.entries.mockClear();

  live.toggle(RUN.run, true);
  await settled();

  expect(source.entries).toHaveBeenCalledTimes(1);
  expect(store.snapshot().open.has(RUN.run)).toBe(true);
});
