import { expect, test, vi } from 'vitest';

import { EMPTY_FORM, withEntry } from './form';
import { LaunchStore, WrongInput } from './launchStore';
import type { LaunchServer } from './launchStore';
import type { Launchable, Plan, Trials } from './types';

const SOURCE: Launchable = {
  path: 'train.ipynb',
  kind: 'notebook',
  name: 'train',
  description: '',
  cell: null,
  parameters: []
};
const PLAN: Plan = {
  pipeline: 'train',
  counts: { run: 1, reuse: 0, skip: 0 },
  steps: [],
  warnings: []
};
const TRIALS: Trials = {
  run: 'r1',
  pipeline: 'train',
  state: 'running',
  file: '',
  seconds: null,
  trials: [],
  settled: false,
  away: null
};

function launch(server: Partial<LaunchServer> = {}, run: string | null = null) {
  const saved: string[] = [];
  const store = new LaunchStore({
    path: 'train.ipynb',
    run,
    server: {
      parameters: () => Promise.resolve(SOURCE),
      plan: () => Promise.resolve(PLAN),
      start: () => Promise.resolve({ run: 'r1', pipeline: 'train', steps: 1 }),
      trials: () => Promise.resolve(TRIALS),
      cancel: () => Promise.resolve({}),
      ...server
    },
    explain: error => ({ message: String(error), remedy: '' }),
    save: path => {
      saved.push(path);
      return Promise.resolve();
    }
  });
  return { store, saved };
}

test('an opened launch shows what the file takes and what a run would do', async () => {
  const { store } = launch();

  await store.open();

  expect(store.snapshot()).toMatchObject({
    source: SOURCE,
    plan: PLAN,
    planned: true,
    fault: null
  });
  expect(store.isGoingOn).toBe(false);
});

test('what is typed is planned once typing pauses', async () => {
  vi.useFakeTimers();
  const plan = vi.fn(() => Promise.resolve(PLAN));
  const { store } = launch({ plan });
  await store.open();

  for (const text of ['1', '12', '123']) {
    store.type(withEntry(EMPTY_FORM, 'depth', { mode: 'value', text }));
  }
  expect(store.snapshot().planned).toBe(false);
  await vi.runAllTimersAsync();
  vi.useRealTimers();

  expect(plan).toHaveBeenCalledTimes(2);
  expect(store.snapshot().planned).toBe(true);
});

test('a plan that comes late does not replace a newer one', async () => {
  const answers: ((plan: Plan) => void)[] = [];
  const { store } = launch({ plan: () => new Promise(resolve => answers.push(resolve)) });
  void store.open();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  const second = store.plan();

  answers[1]?.({ ...PLAN, pipeline: 'new' });
  await second;
  answers[0]?.({ ...PLAN, pipeline: 'old' });
  await Promise.resolve();

  expect(store.snapshot().plan?.pipeline).toBe('new');
});

test('what the server objects to is kept, and a server that is away is a fault', async () => {
  const finding = {
    code: 'parameter-type',
    message: 'no int',
    remedy: 'give int',
    parameter: 'depth'
  };
  const { store } = launch({ plan: () => Promise.reject(new WrongInput('no int', '', [finding])) });
  await store.open();
  expect(store.snapshot()).toMatchObject({ findings: [finding], plan: null, fault: null });

  const away = launch({ parameters: () => Promise.reject(new Error('away')) });
  await away.store.open();
  expect(away.store.snapshot().fault?.message).toContain('away');
});

test('a start saves the file first, and follows the run', async () => {
  const { store, saved } = launch();
  await store.open();

  expect(await store.start()).toBe('r1');

  expect(saved).toEqual(['train.ipynb']);
  expect(store.snapshot()).toMatchObject({ run: 'r1', trials: TRIALS, starting: false });
  expect(store.isGoingOn).toBe(true);
});

test('a start that is refused starts nothing and says why', async () => {
  const { store } = launch({ start: () => Promise.reject(new WrongInput('no', 'mend', [])) });
  await store.open();

  expect(await store.start()).toBeNull();

  expect(store.snapshot()).toMatchObject({ run: null, starting: false });
  expect(store.snapshot().findings[0]).toMatchObject({ message: 'no', remedy: 'mend' });
});

test('a run that is over is asked for no more', async () => {
  const over = { ...TRIALS, state: 'succeeded' as const, settled: true };
  const { store } = launch({ trials: () => Promise.resolve(over) }, 'r1');
  expect(store.isGoingOn).toBe(true);

  await store.open();

  expect(store.isGoingOn).toBe(false);
});
