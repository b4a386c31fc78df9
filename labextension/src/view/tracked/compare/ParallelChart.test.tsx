import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { detail, recorded } from '../../../testing/recorded';
import type { RunDetail } from '../../../model/tracked/detail';
import { ENGLISH } from '../../../testing/english';
import { ParallelChart } from './ParallelChart';

const RUNS: readonly RunDetail[] = [2, 3, 4].map(depth =>
  detail({
    ...recorded(depth),
    name: depth === 2 ? '<img src=x onerror=alert(1)>' : `run ${depth}`,
    params: { depth: String(depth) },
    metrics: depth === 3 ? { loss: 1 } : { acc: depth / 10, loss: 2 }
  })
);

test('each run is a line across what differs, and one is looked at by its name', async () => {
  render(<ParallelChart runs={RUNS} trans={ENGLISH} />);
  const chart = screen.getByRole('img', { name: /^3 runs as lines across: depth, acc, loss/ });
  const lines = chart.querySelectorAll('.jp-DagbookParallel-line');
  expect(lines).toHaveLength(3);
  expect(new Set([...lines].map(line => line.getAttribute('style'))).size).toBe(3);
  // The second has no value of the axis in the middle.
  expect(lines[1]?.getAttribute('d')?.match(/[ML]/g)).toEqual(['M', 'M']);
  await userEvent.click(screen.getByRole('button', { name: '<img src=x onerror=alert(1)>' }));
  expect([...lines].map(line => line.getAttribute('data-faded'))).toEqual([null, 'true', 'true']);
  expect(document.querySelector('img')).toBeNull();
});

test('of two runs there is nothing to draw', () => {
  const { container } = render(<ParallelChart runs={RUNS.slice(1)} trans={ENGLISH} />);
  expect(container.childElementCount).toBe(0);
});
