import { expect, it } from 'vitest';

import { journal } from '../../testing/journals';
import { fold } from '../runState';
import { logKey, plainText } from './stepLog';

it.each([
  ['plain\n', 'plain'],
  ['\u001b[0;31mred\u001b[0m\n\n', 'red'],
  [' 10%\r 50%\r100%\r\ndone', '100%\ndone'],
  ['', '']
])('shows %j as %j', (text, shown) => {
  expect(plainText(text)).toBe(shown);
});

it('asks again when a step goes on, and not otherwise', () => {
  const entries = journal('success-matrix');
  const keys = entries.map((_, count) => {
    const step = fold(entries.slice(0, count + 1)).steps.get('prepare');
    return step === undefined ? '' : logKey(step);
  });
  const [began, ended] = ['step_started', 'step_succeeded'].map(kind =>
    entries.findIndex(entry => entry.kind === kind)
  );
  expect(keys[began ?? 0]).not.toBe(keys[ended ?? 0]);
  expect(keys.at(-1)).toBe(keys[ended ?? 0]);
});
