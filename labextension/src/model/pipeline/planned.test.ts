import { expect, it } from 'vitest';

import type { Action, Plan } from '../launch/types';
import { plannedOf } from './planned';

function planOf(steps: readonly (readonly [string, Action])[]): Plan {
  return {
    steps: steps.map(([node, action]) => ({ step: node, node, action, reason: `of ${node}` }))
  } as unknown as Plan;
}

it('a node that is a pipeline is planned as what is most to do inside it', () => {
  const plan = planOf([
    ['features__load', 'reuse'],
    ['features__raw__scale', 'run'],
    ['features__last', 'run'],
    ['train', 'reuse'],
    ['train__more', 'skip']
  ]);
  const planned = plannedOf(plan, ['features', 'train', 'train__more']);
  expect(planned.get('features')).toEqual({
    action: 'run',
    steps: 2,
    reason: 'of features__raw__scale'
  });
  expect(planned.get('train')?.action).toBe('reuse');
  expect(planned.get('train__more')?.action).toBe('skip');
  expect(planned.size).toBe(3);
});

it('without a plan nothing is planned', () => {
  expect(plannedOf(null, ['a']).size).toBe(0);
});
