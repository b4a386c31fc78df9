import { expect, test, vi } from 'vitest';

import { ago, duration, elapsed } from './format';

vi.mock('react', () => ({}));

const NOON = Date.parse('2026-11-22T12:00:00.000+00:00');

function before(seconds: number): string {
  return new Date(NOON - seconds * 1000).toISOString();
}

test.each([
  [-3, '0.0 s'],
  [0.04, '0.0 s'],
  [0.44, '0.4 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [192, '3 min 12 s'],
  [3600, '1 h'],
  [7500, '2 h 5 min'],
  [90_000, '1 d 1 h']
])('%f seconds are %s', (seconds, text) => {
  expect(duration(seconds).replaceAll('\u00a0', ' ')).toBe(text);
});

test.each([
  [-30, 'now'],
  [4, 'now'],
  [34, '30 sec. ago'],
  [119, '1 min. ago'],
  [7_300, '2 hr. ago'],
  [90_000, 'yesterday'],
  [30 * 86_400, 'Oct 23, 2026']
])('%i seconds ago is %s', (seconds, text) => {
  expect(ago(before(seconds), NOON, 'en')).toBe(text);
});

test('what is no time is shown as nothing', () => {
  expect(ago('soon', NOON, 'en')).toBe('');
  expect(elapsed('soon', NOON)).toBe(0);
});

test('clocks that differ never count backwards', () => {
  expect(elapsed(before(-5), NOON)).toBe(0);
  expect(elapsed(before(5), NOON)).toBe(5);
});
