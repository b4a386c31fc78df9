/** Registered models and a server that has them, for tests. */

import { vi } from 'vitest';
import type { Mock } from 'vitest';

import type { ModelsSource } from '../model/models/modelsStore';
import type { ModelDetail, ModelVersion, RegisteredModel, Service } from '../model/models/types';

export const CHURN: RegisteredModel = {
  name: 'churn',
  project: '.',
  description: 'who leaves',
  aliases: { champion: 1 },
  latest: 2,
  changed: '2026-11-26T06:00:00+00:00',
  tags: { team: 'crm' }
};

export function version(number: number, other: Partial<ModelVersion> = {}): ModelVersion {
  return {
    version: number,
    aliases: number === 1 ? ['champion'] : [],
    description: '',
    created: '2026-11-26T05:00:00+00:00',
    metrics: { accuracy: 0.8 + number / 100 },
    params: {},
    tags: {},
    made_by: {
      mlflow_run_id: `${number}`.repeat(32),
      notebook: '/home/ada/churn/train.ipynb',
      path: 'churn/train.ipynb',
      step: 'train',
      user: 'ada',
      cell: 'c1'
    },
    promotions: [],
    ...other
  };
}

export const SERVED: Service = {
  service: 'churn-2-abc',
  name: 'churn',
  version: 2,
  model: 'churn/2',
  project: '.',
  state: 'ready',
  url: '',
  message: '',
  warnings: []
};

const QUESTION = '{"dataframe_split":{"columns":["tenure"],"data":[[3]]}}';

/** A server with one model of two versions; what is given answers in its place. */
export function modelsServer(other: Partial<ModelsSource> = {}): {
  [Verb in keyof ModelsSource]: Mock<ModelsSource[Verb]>;
} {
  const detail: ModelDetail = { ...CHURN, versions: [version(2), version(1)] };
  const source: ModelsSource = {
    models: () => Promise.resolve({ models: [CHURN], away: {} }),
    model: () => Promise.resolve(detail),
    promote: (_, { version: number, alias }) =>
      Promise.resolve({
        ...{ name: 'churn', version: number, alias },
        ...{ promoted: true, from: 1, values: {} }
      }),
    demote: () => Promise.resolve({}),
    describe: () => Promise.resolve({}),
    services: () => Promise.resolve([]),
    serve: () => Promise.resolve({}),
    stop: () => Promise.resolve({}),
    interface: () =>
      Promise.resolve({
        inputs: [{ name: 'tenure', type: 'long', required: true }],
        outputs: null,
        example: QUESTION,
        blank: ''
      }),
    ask: () => Promise.resolve('{"predictions":[1]}'),
    ...other
  };
  return {
    models: vi.fn(source.models),
    model: vi.fn(source.model),
    promote: vi.fn(source.promote),
    demote: vi.fn(source.demote),
    describe: vi.fn(source.describe),
    services: vi.fn(source.services),
    serve: vi.fn(source.serve),
    stop: vi.fn(source.stop),
    interface: vi.fn(source.interface),
    ask: vi.fn(source.ask)
  };
}
