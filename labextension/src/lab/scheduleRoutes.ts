/** The routes of schedules as functions; see docs/reference/rest.md. */

import type { ServerConnection } from '@jupyterlab/services';

import type { ScheduleVerb, SchedulesSource } from '../model/schedules/schedulesStore';
import type { NewSchedule, SchedulesAnswer } from '../model/schedules/types';
import { Routes } from './request';

export class ScheduleRoutes implements SchedulesSource {
  readonly #routes: Routes;

  constructor(settings: ServerConnection.ISettings) {
    this.#routes = new Routes(settings);
  }

  schedules(): Promise<SchedulesAnswer> {
    return this.#routes.ask(['schedules']);
  }

  async pipelines(): Promise<readonly string[]> {
    return (await this.#routes.ask<{ pipelines: string[] }>(['launchables'])).pipelines;
  }

  add(body: NewSchedule): Promise<unknown> {
    return this.#routes.ask(['schedules'], { body });
  }

  act(name: string, verb: ScheduleVerb): Promise<unknown> {
    return this.#routes.ask(['schedules', name, verb], { body: {} });
  }

  remove(name: string): Promise<unknown> {
    return this.#routes.answer(['schedules', name], { method: 'DELETE' });
  }
}
