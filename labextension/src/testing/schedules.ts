/** Schedules and a server that has them, for tests. */

import { vi } from 'vitest';
import type { Mock } from 'vitest';

import type { SchedulesSource } from '../model/schedules/schedulesStore';
import type { Schedule } from '../model/schedules/types';

export function schedule(name: string, other: Partial<Schedule> = {}): Schedule {
  return {
    schedule: name,
    project: '.',
    file: `/home/ada/${name}.pipeline.yaml`,
    cron: '0 6 * * *',
    timezone: 'Europe/Oslo',
    pin: null,
    paused: false,
    drift: [],
    next: '2026-11-28T05:00:00+00:00',
    last: null,
    run: null,
    missed_firings: 0,
    problem: null,
    ...other
  };
}

/** A server that keeps what it is told, as ours does. */
export function schedulesServer(
  held: Schedule[],
  running = true
): { [Name in keyof SchedulesSource]: Mock<SchedulesSource[Name]> } {
  const change = (name: string, other: Partial<Schedule>): void => {
    const index = held.findIndex(one => one.schedule === name);
    held[index] = { ...(held[index] ?? schedule(name)), ...other };
  };
  return {
    schedules: vi.fn(() =>
      Promise.resolve({
        schedules: [...held],
        schedulers: held.length === 0 ? {} : { '.': { running } }
      })
    ),
    pipelines: vi.fn(() => Promise.resolve(['churn.pipeline.yaml', 'digits.pipeline.yaml'])),
    add: vi.fn(({ path }: { path: string }) => {
      held.push(schedule(path.replace('.pipeline.yaml', '')));
      return Promise.resolve();
    }),
    act: vi.fn((name: string, verb: string) => {
      change(name, { paused: verb === 'pause', next: verb === 'pause' ? null : '2026-11-28' });
      return Promise.resolve();
    }),
    remove: vi.fn((name: string) => {
      held.splice(
        held.findIndex(one => one.schedule === name),
        1
      );
      return Promise.resolve();
    })
  };
}
