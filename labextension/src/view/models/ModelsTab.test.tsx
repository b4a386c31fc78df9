import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import { ModelsStore } from '../../model/models/modelsStore';
import type { ModelsSource } from '../../model/models/modelsStore';
import { CHURN, SERVED, modelsServer, version } from '../../testing/models';
import { ENGLISH } from '../../testing/english';
import { ModelsTab } from './ModelsTab';
import type { ModelActions } from './modelsSurroundings';

const NASTY = '<img src=x onerror=alert(1)>';
async function drawn(other: Partial<ModelsSource> = {}): Promise<{
  server: ReturnType<typeof modelsServer>;
  actions: ModelActions;
}> {
  const server = modelsServer(other);
  const store = new ModelsStore(server, error => ({ message: String(error), remedy: 'mend it' }));
  const actions: ModelActions = {
    refresh: () => void store.refresh().catch(() => undefined),
    filter: text => store.filter(text),
    toggle: (of, isOpen) => void store.toggle(of, isOpen),
    askPromotion: key => store.askPromotion(key),
    promote: (of, request) => void store.promote(of, request),
    demote: vi.fn(),
    describe: vi.fn(),
    openRun: vi.fn(),
    openNotebook: vi.fn(),
    serve: (of, number) => void store.serve(of, number),
    stop: service => void store.stop(service),
    type: (service, question) => store.typeQuestion(service, question),
    ask: service => void store.ask(service)
  };
  await store.refresh().catch(() => undefined);
  render(<ModelsTab store={store} actions={actions} trans={ENGLISH} locale="en" />);
  return { server, actions };
}

async function unfolded(other: Partial<ModelsSource> = {}): ReturnType<typeof drawn> {
  const all = await drawn(other);
  await userEvent.click(screen.getByRole('button', { name: /^churn/, expanded: false }));
  await screen.findByRole('listitem', { name: 'Version 2' });
  return all;
}

test('a model says what its aliases mean; unfolded, what made each version', async () => {
  const { actions } = await unfolded();
  expect(screen.getByText('champion = 1')).toBeTruthy();
  expect(screen.getByText('who leaves')).toBeTruthy();
  expect(screen.getByText('team=crm')).toBeTruthy();
  const newest = within(screen.getByRole('listitem', { name: 'Version 2' }));
  expect(newest.getByText('accuracy 0.82')).toBeTruthy();
  await userEvent.click(newest.getByRole('button', { name: 'Open its run' }));
  expect(actions.openRun).toHaveBeenCalledWith('2'.repeat(32));
  await userEvent.click(newest.getByRole('button', { name: 'Open the notebook train.ipynb' }));
  expect(actions.openNotebook).toHaveBeenCalledWith(expect.objectContaining({ cell: 'c1' }));
});

test('names, tags, notes and answers are text', async () => {
  await unfolded({
    models: () =>
      Promise.resolve({
        models: [{ ...CHURN, description: NASTY, tags: { [NASTY]: NASTY } }],
        away: { [NASTY]: NASTY }
      }),
    model: () =>
      Promise.resolve({
        ...CHURN,
        description: NASTY,
        versions: [
          version(2, {
            aliases: ['champion'],
            description: NASTY,
            metrics: { [NASTY]: 'NaN' },
            promotions: [{ alias: 'champion', at: NASTY, by: NASTY, reason: NASTY }]
          })
        ]
      })
  });
  expect(screen.getAllByText(new RegExp('<img')).length).toBeGreaterThan(3);
  expect(document.querySelector('img')).toBeNull();
});

test('a promotion says who has the alias now, and sends what was typed', async () => {
  const { server } = await unfolded();
  await userEvent.click(screen.getByRole('button', { name: 'Promote version 2 of churn' }));
  const form = within(screen.getByRole('form', { name: 'Promote version 2' }));
  expect(form.getByText('Version 1 has it now.')).toBeTruthy();
  await userEvent.type(form.getByLabelText('Only if'), 'accuracy > 0.8');
  await userEvent.type(form.getByLabelText('Why'), 'reviewed');
  await userEvent.click(form.getByRole('button', { name: 'Promote' }));
  expect(server.promote.mock.lastCall?.[1]).toEqual({
    version: 2,
    alias: 'champion',
    condition: 'accuracy > 0.8',
    reason: 'reviewed'
  });
  expect(screen.queryByRole('form')).toBeNull();
});

test('a condition that does not hold is said with its numbers', async () => {
  const done = { ...{ name: 'churn', version: 2, alias: 'champion' }, from: 1 };
  await unfolded({
    promote: () => Promise.resolve({ ...done, promoted: false, values: { accuracy: 0.82 } })
  });
  await userEvent.click(screen.getByRole('button', { name: 'Promote version 2 of churn' }));
  await userEvent.click(screen.getByRole('button', { name: 'Promote' }));
  expect((await screen.findByRole('alert')).textContent).toContain('accuracy = 0.82');
});

test('what is served can be asked in a form, and answers', async () => {
  const { server } = await unfolded({ services: () => Promise.resolve([SERVED]) });
  const form = within(screen.getByRole('form', { name: 'Try churn/2' }));
  await userEvent.clear(form.getByLabelText('tenure'));
  await userEvent.type(form.getByLabelText('tenure'), '4.5');
  await userEvent.click(form.getByRole('button', { name: 'Ask' }));
  expect(server.ask.mock.lastCall?.[1]).toContain('[4.5]');
  expect((await form.findByLabelText('Answer')).textContent).toContain('predictions');
});

test('what cannot be served says why, at the version', async () => {
  await unfolded({ serve: () => Promise.reject(new Error('needs packages')) });
  await userEvent.click(screen.getByRole('button', { name: 'Serve version 2 of churn' }));
  const at = within(screen.getByRole('listitem', { name: 'Version 2' }));
  expect((await at.findByRole('alert')).textContent).toContain('needs packages');
});

test('nothing yet says how it begins; nothing found gives the way back', async () => {
  await drawn({ models: () => Promise.resolve({ models: [], away: {} }) });
  expect(screen.getByText('%register NAME')).toBeTruthy();
  await userEvent.type(screen.getByRole('searchbox'), 'zzz');
  await userEvent.click(screen.getByRole('button', { name: 'Show all models' }));
  expect(screen.getByText('%register NAME')).toBeTruthy();
});
