import { expect, it } from 'vitest';

import { partRequest } from './parts';

it.each([
  ['only', { only: ['train'] }],
  ['until', { until: ['train'] }],
  ['accept', { until: ['train'], accept: ['train'] }]
] as const)('asks for a run of a part: %s', (part, wanted) => {
  expect(partRequest('a/p.pipeline.yaml', part, 'train')).toEqual({
    path: 'a/p.pipeline.yaml',
    ...wanted
  });
});
