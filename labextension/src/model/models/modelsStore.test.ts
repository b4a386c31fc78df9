import { expect, test } from 'vitest';

import { CHURN, SERVED, modelsServer } from '../../testing/models';
import { ModelsStore, modelKey, modelsFound, serviceOf, versionKey } from './modelsStore';
import type { ModelsSource } from './modelsStore';

const REQUEST = { version: 2, alias: 'champion', condition: '', reason: '' };

function stored(other: Partial<ModelsSource> = {}): {
  store: ModelsStore;
  server: ReturnType<typeof modelsServer>;
} {
  const server = modelsServer(other);
  const explain = (error: unknown) => ({ message: String(error), remedy: 'mend it' });
  return { store: new ModelsStore(server, explain), server };
}

test('versions are read of the models that are unfolded, and again with the list', async () => {
  const { store, server } = stored();
  await store.refresh();
  expect(server.model).not.toHaveBeenCalled();
  await store.toggle(CHURN, true);
  await store.refresh();
  expect(server.model).toHaveBeenCalledTimes(2);
  expect(store.snapshot().details.get(modelKey(CHURN))?.versions).toHaveLength(2);
});

test('a store that is away leaves what was shown', async () => {
  const { store, server } = stored();
  await store.refresh();
  server.models.mockRejectedValueOnce(new Error('away'));
  await expect(store.refresh()).rejects.toThrow('away');
  expect(store.snapshot()).toMatchObject({ link: 'offline', models: [CHURN] });
  await store.refresh();
  expect(store.snapshot()).toMatchObject({ link: 'live', fault: null });
});

test('a promotion closes the form and shows what it changed', async () => {
  const { store, server } = stored();
  await store.refresh();
  store.askPromotion(versionKey(CHURN, 2));
  server.model.mockResolvedValueOnce({ ...CHURN, aliases: { champion: 2 }, versions: [] });
  await store.promote(CHURN, REQUEST);
  expect(store.snapshot()).toMatchObject({ promoting: null, unmet: null });
  expect(store.snapshot().models[0]?.aliases).toEqual({ champion: 2 });
});

test('a condition that does not hold leaves the form, with its values', async () => {
  const done = { ...{ name: 'churn', version: 2, alias: 'champion' }, from: 1 };
  const { store } = stored({
    promote: () => Promise.resolve({ ...done, promoted: false, values: { accuracy: 0.8 } })
  });
  store.askPromotion(versionKey(CHURN, 2));
  await store.promote(CHURN, { ...REQUEST, condition: 'accuracy > 0.9' });
  expect(store.snapshot()).toMatchObject({
    promoting: versionKey(CHURN, 2),
    unmet: { values: { accuracy: 0.8 } }
  });
});

test('what is refused is said at the version, and nothing waits any more', async () => {
  const { store } = stored({ promote: () => Promise.reject(new Error('no such metric')) });
  expect(await store.promote(CHURN, REQUEST)).toBeNull();
  expect(store.snapshot().problem).toMatchObject({ at: versionKey(CHURN, 2), remedy: 'mend it' });
  expect(store.snapshot().busy.size).toBe(0);
});

test('an alias is given back with a promotion that says so', async () => {
  const { store, server } = stored();
  await store.giveBack(CHURN, 'champion', 1);
  expect(server.promote.mock.lastCall?.[1]).toMatchObject({ version: 1, reason: 'taken back' });
});

test('a service that is ready is asked with its example, and its refusal is an answer', async () => {
  const { store, server } = stored({ services: () => Promise.resolve([SERVED]) });
  await store.refresh();
  await store.refresh();
  expect(server.interface).toHaveBeenCalledTimes(1);
  expect(store.snapshot().questions.get(SERVED.service)).toContain('tenure');
  await store.ask(SERVED.service);
  expect(store.snapshot().replies.get(SERVED.service)?.text).toContain('predictions');
  server.ask.mockRejectedValueOnce(new Error('no long'));
  await store.ask(SERVED.service);
  expect(store.snapshot().replies.get(SERVED.service)).toMatchObject({ isRefusal: true });
});

test('of two services of a version the one that answers is meant', async () => {
  const over = { ...SERVED, service: 'old', state: 'stopped' as const };
  const { store } = stored({ services: () => Promise.resolve([over, SERVED]) });
  await store.refresh();
  expect(serviceOf(store.snapshot(), CHURN, 2)?.service).toBe(SERVED.service);
  expect(serviceOf(store.snapshot(), CHURN, 1)).toBeUndefined();
});

test.each([
  ['chu', 1],
  ['CHAMPION leaves', 1],
  ['team=crm', 1],
  ['zzz', 0]
])('“%s” finds %i', async (filter, found) => {
  const { store } = stored();
  await store.refresh();
  store.filter(filter);
  expect(modelsFound(store.snapshot())).toHaveLength(found);
});
