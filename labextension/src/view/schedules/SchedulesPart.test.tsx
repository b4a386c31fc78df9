import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import { SchedulesStore } from '../../model/schedules/schedulesStore';
import type { Schedule } from '../../model/schedules/types';
import { ENGLISH } from '../../testing/english';
import { schedule, schedulesServer } from '../../testing/schedules';
import { SurroundingsProvider } from '../surroundings';
import type { PanelActions } from '../surroundings';
import { SchedulesPart } from './SchedulesPart';

const FAULT = { message: 'cron says nothing', remedy: 'write 0 6 * * *' };

async function unfolded(
  held: Schedule[],
  running = true,
  clock = (): number => 0
): Promise<{ server: ReturnType<typeof schedulesServer>; actions: PanelActions }> {
  const server = schedulesServer(held, running);
  const actions = { refresh: vi.fn(), draw: vi.fn() } as unknown as PanelActions;
  render(
    <SurroundingsProvider value={{ trans: ENGLISH, locale: 'en', actions, now: 0 }}>
      <SchedulesPart store={new SchedulesStore(server, () => FAULT, clock)} />
    </SurroundingsProvider>
  );
  expect(server.schedules).not.toHaveBeenCalled();
  await userEvent.click(screen.getByText('Schedules'));
  await screen.findByText(`Schedules (${held.length})`);
  return { server, actions };
}

test('a schedule says when it is next and what was wrong the last time', async () => {
  await unfolded([
    schedule('churn', { problem: 'no kernel', missed_firings: 2, drift: ['train.ipynb'] })
  ]);
  const churn = within(screen.getByRole('listitem'));
  expect(churn.getByText(/^next Nov 28, 2026/)).toBeTruthy();
  expect(churn.getByText('The last firing brought no run: no kernel')).toBeTruthy();
  expect(churn.getByText('2 firings were missed')).toBeTruthy();
  expect(churn.getByText('Not as it is in the file: train.ipynb')).toBeTruthy();
  expect(churn.queryByText('Last Run')).toBeNull();
});

test('it is paused, resumed, run and, when that is meant, removed', async () => {
  const { server, actions } = await unfolded([schedule('churn', { run: 'r1' })]);

  await userEvent.click(screen.getByRole('button', { name: 'Pause churn' }));
  expect(await screen.findByText('paused')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Resume churn' }));
  expect(await screen.findByText(/^next/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Run churn now' }));
  expect(server.act.mock.calls).toEqual([
    ['churn', 'pause'],
    ['churn', 'resume'],
    ['churn', 'run']
  ]);
  expect(actions.refresh).toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Show the last run of churn' }));
  expect(actions.draw).toHaveBeenCalledWith('r1');

  await userEvent.click(screen.getByRole('button', { name: 'Remove churn' }));
  expect(server.remove).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Really remove churn' }));
  expect(await screen.findByText('Schedules (0)')).toBeTruthy();
});

test('a pipeline is scheduled, and what the server refuses is said', async () => {
  const { server } = await unfolded([]);
  expect(screen.getByText(/^None yet/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Schedule a Pipeline…' }));
  await userEvent.selectOptions(
    await screen.findByLabelText('Pipeline'),
    await screen.findByText('digits.pipeline.yaml')
  );
  server.add.mockRejectedValueOnce(new Error('400'));
  await userEvent.click(screen.getByRole('button', { name: 'Schedule' }));
  expect((await screen.findByRole('alert')).textContent).toContain(FAULT.message);

  await userEvent.click(screen.getByRole('button', { name: 'Schedule' }));

  expect(await screen.findByText('digits')).toBeTruthy();
  expect(server.add).toHaveBeenLastCalledWith(
    expect.objectContaining({ path: 'digits.pipeline.yaml', cron: '0 6 * * *' })
  );
  expect(screen.queryByRole('form')).toBeNull();
});

test('that nobody fires them is said when it lasts, with what to do', async () => {
  let now = 0;
  await unfolded([schedule('churn')], false, () => now);
  expect(screen.queryByText('dagbook scheduler')).toBeNull();
  now = 30_000;
  await userEvent.click(screen.getByRole('button', { name: 'Pause churn' }));
  expect(await screen.findByText('dagbook scheduler')).toBeTruthy();
});
