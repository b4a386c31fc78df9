import { expect, it } from 'vitest';

import { JOURNALS, journal } from '../../testing/journals';
import { fold } from '../runState';
import type { Entry } from '../types';
import { RunFollower } from './runFollower';
import { runGraphOf } from './runGraph';
import { timelineOf } from './timeline';

function following(entries: readonly Entry[], driver: 'alive' | 'gone' = 'alive') {
  const server = { entries, driver, asked: [] as number[] };
  const follower = new RunFollower({
    run: 'r',
    entries: (_, after) => {
      server.asked.push(after);
      const news = server.entries.filter(entry => entry.seq > after);
      return Promise.resolve({ entries: news, last: 0, driver: server.driver });
    },
    explain: error => ({ message: String(error), remedy: '' })
  });
  return { server, follower };
}

it.each(JOURNALS)('draws every step of %s at every instant, below its node', name => {
  const entries = journal(name);
  for (let count = 1; count <= entries.length; count += 1) {
    const state = fold(entries.slice(0, count));
    const { nodes, lines } = runGraphOf(state, false);
    const names = new Set(nodes.map(({ node }) => node));
    expect(names).toEqual(new Set([...state.steps.values()].map(step => step.outline.node)));
    expect(lines.every(({ from, to }) => names.has(from) && names.has(to))).toBe(true);
    expect(nodes.every(({ ok, bad, steps }) => ok + bad <= steps.length)).toBe(true);
    const { bars } = timelineOf(state, true, 0);
    expect(bars.every(({ from, share }) => from >= 0 && from + share < 1.01)).toBe(true);
  }
});

it('counts the elements of a list, and not the list', () => {
  const at = '2026-11-26T06:00:00.000+00:00';
  const outline = { step: 'score', node: 'score', group: '', action: 'run' };
  const items = Array.from({ length: 40 }, (_, index) => index);
  const events = [
    { kind: 'run_started', run: 'r', pipeline: 'p', file: 'f', jobs: 2, steps: [outline] },
    { kind: 'step_expanded', step: 'score', items },
    ...items.flatMap(item => [
      { kind: 'step_started', step: `score[${item}]`, attempt: 1, folder: '' },
      item % 13 === 7
        ? {
            kind: 'step_failed',
            step: `score[${item}]`,
            as: 'failed',
            error: { name: 'E' },
            seconds: 1
          }
        : { kind: 'step_succeeded', step: `score[${item}]`, seconds: 1 }
    ])
  ];
  const entries = events.map((event, index) => ({ seq: index + 1, at, ...event }));
  const [node] = runGraphOf(fold(entries), false).nodes;
  expect([node?.ok, node?.bad, node?.steps.length]).toEqual([37, 3, 40]);
});

it('reads on from where it was, and lays out nothing anew because a state changed', async () => {
  const entries = journal('success-matrix');
  const { server, follower } = following(entries.slice(0, 4));
  await follower.follow();
  const { layout, state } = follower.snapshot();
  expect(follower.isGoingOn).toBe(true);
  server.entries = entries;
  await Promise.all([follower.follow(), follower.follow()]);
  expect(server.asked).toEqual([0, state.seq]);
  expect(follower.snapshot().state.state).toBe('succeeded');
  expect(follower.snapshot().layout).toBe(layout);
  expect(follower.isGoingOn).toBe(false);
});

it('shows as lost what runs although its driver is gone', async () => {
  const { follower } = following(journal('interrupted'), 'gone');
  await follower.follow();
  const { graph, gone } = follower.snapshot();
  expect(gone).toBe(true);
  expect(graph.nodes.map(({ status }) => status)).toContain('lost');
});

it('says that a run is not there', async () => {
  const follower = new RunFollower({
    run: 'gone',
    entries: () => Promise.reject(new Error('no such run')),
    explain: error => ({ message: String(error), remedy: 'look elsewhere' })
  });
  await follower.follow();
  expect(follower.snapshot().fault).toEqual({
    message: 'Error: no such run',
    remedy: 'look elsewhere'
  });
});
