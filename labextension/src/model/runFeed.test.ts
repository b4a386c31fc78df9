import { beforeEach, expect, test, vi } from 'vitest';

import { journal, summaryOf } from '../testing/journals';
import { RunFeed } from './runFeed';
import type { RunSource } from './runFeed';
import { RunStore } from './runStore';
import type { EventsAnswer, RunChanged, RunsAnswer } from './types';

vi.mock('react', () => ({}));

const GOING_ON = summaryOf('success-matrix', 8);
const FINISHED = summaryOf('failure-skips');

/** A server whose run goes on as far as `written` says. */
class Server implements RunSource {
  written = 8;
  broken = false;
  readonly asked: string[] = [];

  async runs(limit: number, before?: string): Promise<RunsAnswer> {
    this.asked.push(`runs ${limit} ${before ?? ''}`.trim());
    await this.#answer();
    return { runs: before === undefined ? [GOING_ON, FINISHED] : [] };
  }

  async entries(run: string, after: number): Promise<EventsAnswer> {
    this.asked.push(`entries ${run} ${after}`);
    await this.#answer();
    const all =
      run === GOING_ON.run
        ? journal('success-matrix').slice(0, this.written)
        : journal('failure-skips');
    const entries = all.filter(entry => entry.seq > after);
    return { entries, last: entries.at(-1)?.seq ?? after, driver: 'alive' };
  }

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.broken) {
      throw new Error('no answer');
    }
  }
}

let server: Server;
let store: RunStore;
let feed: RunFeed;

beforeEach(() => {
  server = new Server();
  store = new RunStore();
  feed = new RunFeed(store, server, error => ({ message: (error as Error).message, remedy: '' }));
});

function push(seq: number, run = GOING_ON.run): RunChanged {
  return { run, project: '.', pipeline: 'churn', state: 'running', seq };
}

test('runs that go on are followed, finished ones are not until they are opened', async () => {
  await feed.refresh();

  expect(server.asked).toEqual(['runs 50', `entries ${GOING_ON.run} 0`]);
});

test('an opened run is followed whatever its state', async () => {
  store.change({ type: 'row-toggled', key: FINISHED.run, open: true });

  await feed.refresh();

  expect(store.snapshot().runs.get(FINISHED.run)?.state?.state).toBe('failed');
});

test('a push makes only what is new be read', async () => {
  await feed.refresh();
  server.written = 20;
  server.asked.length = 0;

  await feed.changed(push(20));

  expect(server.asked).toEqual([`entries ${GOING_ON.run} 8`]);
  expect(store.snapshot().runs.get(GOING_ON.run)?.state?.seq).toBe(20);
});

test('pushes that come while reading become one more read, which sees it all', async () => {
  await feed.refresh();
  server.asked.length = 0;

  const first = feed.changed(push(9));
  server.written = 30;
  await Promise.all([
    first,
    feed.changed(push(20)),
    feed.changed(push(25)),
    feed.changed(push(30))
  ]);

  expect(server.asked).toHaveLength(2);
  expect(store.snapshot().runs.get(GOING_ON.run)?.state?.seq).toBe(30);
});

test('a push about an unknown run makes the list be read', async () => {
  await feed.changed(push(1));

  expect(server.asked[0]).toBe('runs 50');
  expect(store.snapshot().runs.has(GOING_ON.run)).toBe(true);
});

test('a server that does not answer is told to the store and to the caller', async () => {
  await feed.refresh();
  server.broken = true;

  await expect(feed.refresh()).rejects.toThrow('no answer');

  expect(store.snapshot().fault).toEqual({ message: 'no answer', remedy: '' });
  expect(store.snapshot().runs.size).toBe(2);
});

test('after a fault the next read works again', async () => {
  server.broken = true;
  await feed.refresh().catch(() => undefined);
  server.broken = false;

  await feed.refresh();

  expect(store.snapshot().fault).toBeNull();
});

test('older runs are asked for before the oldest one listed', async () => {
  await feed.refresh();
  await feed.older();

  const oldest = [GOING_ON.run, FINISHED.run].sort()[0];
  expect(server.asked.at(-1)).toBe(`runs 50 ${oldest}`);
});
