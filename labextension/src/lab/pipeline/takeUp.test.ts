import { nullTranslator } from '@jupyterlab/translation';
import { expect, test, vi } from 'vitest';

import { WrongInput } from '../../model/launch/launchStore';
import type { LaunchRoutes } from '../launchRequest';
import { LEFT, takeUp } from './takeUp';

const trans = nullTranslator.load('dagbook');

function refusing(code: string) {
  const ask = vi.fn((_: readonly string[], { body }: { body: { way?: string } }) => {
    if (body.way === undefined) {
      const finding = { code, message: 'cell 2 changed', remedy: '' };
      return Promise.reject(new WrongInput('cell 2 changed', '', [finding as never]));
    }
    return Promise.resolve({ run: body.way === 'changed' ? 'another' : 'r' });
  });
  return { ask, routes: { ask } as unknown as LaunchRoutes };
}

async function press(label: string): Promise<void> {
  await vi.waitFor(() => {
    const found = [...document.querySelectorAll('.jp-Dialog button')].find(
      button => button.textContent === label
    );
    expect(found).toBeDefined();
    (found as HTMLElement).click();
  });
}

test.each([
  ['As it was planned', 'r', 'as-planned'],
  ['A new run of it as it is', 'another', 'changed'],
  ['Leave it', LEFT, null]
])('where something has changed a person is asked: %s', async (label, taken, way) => {
  const { ask, routes } = refusing('changed-since');
  const work = takeUp(routes, 'r', 'retry', { steps: ['a'] }, trans);
  await press(label);
  expect(await work).toBe(taken);
  const bodies = ask.mock.calls.map(([, { body }]) => body);
  const first = { steps: ['a'] };
  expect(bodies).toEqual(way === null ? [first] : [first, { ...first, way }]);
});

test('any other refusal is a refusal', async () => {
  const { routes } = refusing('nothing-to-retry');
  await expect(takeUp(routes, 'r', 'retry', {}, trans)).rejects.toThrow('cell 2 changed');
});
