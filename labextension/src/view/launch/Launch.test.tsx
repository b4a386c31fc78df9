import { nullTranslator } from '@jupyterlab/translation';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import { LaunchStore, WrongInput } from '../../model/launch/launchStore';
import type { LaunchServer } from '../../model/launch/launchStore';
import type {
  Launchable,
  LaunchRequest,
  Parameter,
  Plan,
  Trial,
  Trials
} from '../../model/launch/types';
import { Launch } from './Launch';
import type { LaunchActions } from './launchSurroundings';

const NASTY = '<img src=x onerror=alert(1)>';

function parameter(name: string, more: Partial<Parameter> = {}): Parameter {
  return {
    name,
    type: more.kind ?? 'int',
    kind: 'int',
    optional: false,
    choices: [],
    required: false,
    default: '3',
    computed: false,
    help: '',
    secret: null,
    ...more
  };
}

const SOURCE: Launchable = {
  path: 'a/train.ipynb',
  kind: 'notebook',
  name: NASTY,
  description: '',
  cell: null,
  parameters: [
    parameter('depth', { help: `how deep ${NASTY}` }),
    parameter('kind', { kind: 'choice', choices: ['tree', 'forest'], default: 'tree' }),
    parameter('day', { kind: 'date', default: '2026-01-02' }),
    parameter('shuffle', { kind: 'bool', default: 'true' }),
    parameter('maybe', { kind: 'bool', default: 'none', optional: true }),
    parameter('name', { kind: 'str', default: 'x' })
  ]
};
const PLAN: Plan = {
  pipeline: 'train',
  counts: { run: 1, reuse: 1, skip: 0 },
  steps: [
    {
      step: 'train[0]',
      node: 'train',
      item: { depth: 2 },
      action: 'run',
      reason: 'parameter depth changed'
    },
    { step: 'train[1]', node: 'train', item: { depth: 4 }, action: 'reuse', reason: NASTY }
  ],
  warnings: []
};

function trial(step: string, depth: number, score: number): Trial {
  return {
    step,
    node: 'train',
    item: { depth },
    state: 'succeeded',
    reason: '',
    cell: 0,
    total: 0,
    seconds: 2,
    metrics: { score, [NASTY]: 1 },
    recorded: 'abc',
    notebook: true,
    error: null
  };
}

const TRIALS: Trials = {
  run: 'r1',
  pipeline: 'train',
  state: 'succeeded',
  file: '',
  seconds: 4,
  trials: [trial('train[0]', 2, 1), trial('train[1]', 4, 9)],
  settled: false,
  away: null
};

async function drawn(server: Partial<LaunchServer> = {}, run: string | null = null) {
  const requests: LaunchRequest[] = [];
  const store = new LaunchStore({
    path: SOURCE.path,
    run,
    server: {
      parameters: () => Promise.resolve(SOURCE),
      plan: request => {
        requests.push(request);
        return Promise.resolve(PLAN);
      },
      start: () => Promise.resolve({ run: 'r1', pipeline: 'train', steps: 2 }),
      trials: () => Promise.resolve(TRIALS),
      cancel: () => Promise.resolve({}),
      ...server
    },
    explain: error => ({ message: String(error), remedy: 'try again' }),
    save: () => Promise.resolve()
  });
  const actions: LaunchActions = {
    type: form => store.type(form),
    start: vi.fn(() => void store.start()),
    reload: vi.fn(),
    cancel: vi.fn(),
    sort: sorting => store.sort(sorting),
    aim: goal => store.aim(goal),
    openTrial: vi.fn(),
    promote: vi.fn(),
    register: vi.fn(),
    openFile: vi.fn()
  };
  await store.open();
  const view = render(
    <Launch store={store} actions={actions} trans={nullTranslator.load('dagbook')} />
  );
  return { store, actions, requests, view, user: userEvent.setup() };
}

test('each type has its own control, with what the notebook says of it', async () => {
  await drawn();

  expect(screen.getByRole('textbox', { name: /^depth/ })).toHaveProperty('value', '3');
  expect(screen.getByRole('combobox', { name: /^kind/ })).toHaveProperty('value', 'tree');
  expect(screen.getByLabelText(/^day/)).toHaveProperty('type', 'date');
  expect(screen.getByRole('checkbox', { name: /^shuffle/ })).toHaveProperty('checked', true);
  const choices = within(screen.getByRole('combobox', { name: /^maybe/ })).getAllByRole('option');
  expect(choices.map(option => option.textContent)).toEqual(['true', 'false', 'none']);
});

test('names, help and reasons are text, whatever is in them', async () => {
  const { view } = await drawn({}, 'r1');

  expect(view.container.querySelector('img')).toBeNull();
  expect(view.container.textContent).toContain(`how deep ${NASTY}`);
});

test('the plan says what runs and what is reused, and why', async () => {
  await drawn();

  const plan = screen.getByRole('region', { name: 'Plan' });
  expect(plan.textContent).toContain('1 to run, 1 reused, 0 skipped');
  expect(plan.textContent).toContain('parameter depth changed');
});

test('an objection stands at its field, and nothing can be started', async () => {
  const finding = {
    code: 'x',
    message: "'many' is no int",
    remedy: 'give int',
    parameter: 'depth'
  };
  await drawn({ plan: () => Promise.reject(new WrongInput('', '', [finding])) });

  const field = screen.getByRole('textbox', { name: /^depth/ });
  expect(field.getAttribute('aria-invalid')).toBe('true');
  const help = document.getElementById(field.getAttribute('aria-describedby') ?? '');
  expect(help?.textContent).toContain("'many' is no int. Fix: give int");
  expect(screen.getByRole('button', { name: 'Run in background' })).toHaveProperty(
    'disabled',
    true
  );
});

test('a sweep is typed where the value was, and asked for as one', async () => {
  const { user, requests } = await drawn();

  await user.selectOptions(screen.getByRole('combobox', { name: 'How depth is given' }), 'sweep');
  const field = screen.getByRole('textbox', { name: /^depth/ });
  await user.clear(field);
  await user.type(field, '2, 4');

  await vi.waitFor(() => expect(requests.at(-1)?.sweep).toEqual({ depth: '2, 4' }));
  expect(screen.getByRole('button', { name: 'Run 2 steps in background' })).toBeTruthy();
});

test('a secret is asked for by its name, and starts with nothing', async () => {
  const { user, requests } = await drawn();

  await user.selectOptions(screen.getByRole('combobox', { name: 'How name is given' }), 'secret');
  const field = screen.getByRole('textbox', { name: /^name/ });
  expect(field).toHaveProperty('value', '');
  await user.type(field, 'API_KEY');

  await vi.waitFor(() => expect(requests.at(-1)?.secrets).toEqual({ name: 'API_KEY' }));
});

test('the best step is marked, and its parameters can become the defaults', async () => {
  const { user, actions } = await drawn({}, 'r1');

  await user.selectOptions(screen.getByLabelText('Metric by which the best is found'), 'score');
  const row = screen.getByRole('row', { name: /best/ });
  expect(row.textContent).toContain('train[1]');
  await user.click(screen.getByRole('button', { name: 'Make its parameters the defaults' }));

  expect(actions.promote).toHaveBeenCalledWith(TRIALS.trials[1]);
});

test('the table is sorted by its heads, and says so', async () => {
  const { user } = await drawn({}, 'r1');
  const table = screen.getByRole('table', { name: 'Steps' });

  await user.click(within(table).getByRole('button', { name: 'score' }));
  await user.click(within(table).getByRole('button', { name: /score/ }));

  expect(within(table).getByRole('columnheader', { name: /score/ }).getAttribute('aria-sort')).toBe(
    'descending'
  );
  expect(within(table).getAllByRole('rowheader')[0]?.textContent).toContain('train[1]');
});

test('a run that goes on can be ended', async () => {
  const going: Trials = { ...TRIALS, state: 'running' };
  const { user, actions } = await drawn({ trials: () => Promise.resolve(going) }, 'r1');

  await user.click(screen.getByRole('button', { name: 'Cancel the run' }));

  expect(actions.cancel).toHaveBeenCalled();
});
