/** Recorded runs for tests: number 0 is the newest. */

import type { RunDetail } from '../model/tracked/detail';
import type { TrackedRun } from '../model/tracked/types';

const NOON = Date.UTC(2026, 10, 26, 12);

export function recorded(number: number, more: Partial<TrackedRun> = {}): TrackedRun {
  return {
    run: `${number}`.padStart(32, 'a'),
    name: `run ${number}`,
    status: 'finished',
    deleted: false,
    started: new Date(NOON - number * 60_000).toISOString(),
    finished: null,
    seconds: 12.4,
    experiment: 'digits',
    project: '.',
    user: 'ada',
    source: '/home/ada/train.ipynb',
    path: 'train.ipynb',
    note: '',
    parent: null,
    pipeline: null,
    pipeline_run: null,
    step: null,
    link: null,
    metrics: { acc: 0.5 },
    params: { depth: '3' },
    tags: {},
    ...more
  };
}

export function detail(more: Partial<RunDetail> = {}): RunDetail {
  return {
    ...recorded(0),
    all_tags: {},
    artifact_uri: 'file:///home/ada/.dagbook/artifacts',
    cells: { metric: {}, param: {}, artifact: {} },
    data_sets: [],
    inputs: {},
    item: {},
    git: { commit: '', branch: '', repository: '', dirty: '' },
    environment: { facts: {}, packages: [] },
    models: [],
    children: [],
    ...more
  };
}
