/** The schedules of the projects that are shown, and what is done to them through the server. */

import type { Fault } from '../runStore';
import type { NewSchedule, Schedule, SchedulesAnswer } from './types';

export type ScheduleVerb = 'pause' | 'resume' | 'run';

/** The server, as far as schedules need it. */
export interface SchedulesSource {
  schedules(): Promise<SchedulesAnswer>;
  pipelines(): Promise<readonly string[]>;
  add(schedule: NewSchedule): Promise<unknown>;
  act(name: string, verb: ScheduleVerb): Promise<unknown>;
  remove(name: string): Promise<unknown>;
}

export interface SchedulesState {
  readonly schedules: readonly Schedule[];
  /** Projects whose schedules nobody has fired for a while. */
  readonly unfired: readonly string[];
  /** False until the first answer: an empty list means something only after it. */
  readonly listed: boolean;
  /** What could be scheduled; null until somebody wants to. */
  readonly pipelines: readonly string[] | null;
  /** Names of schedules that somebody waits for. */
  readonly busy: ReadonlySet<string>;
  readonly fault: Fault | null;
}

const AT_FIRST: SchedulesState = {
  schedules: [],
  unfired: [],
  listed: false,
  pipelines: null,
  busy: new Set(),
  fault: null
};

/** A server takes so long, at most, to find a project's first schedule and to fire it. */
const PATIENCE = 20_000;

export class SchedulesStore {
  #state = AT_FIRST;
  /** Project → since when nobody was seen to fire its schedules. */
  #silent: ReadonlyMap<string, number> = new Map();
  readonly #source: SchedulesSource;
  readonly #explain: (error: unknown) => Fault;
  readonly #listeners = new Set<() => void>();

  readonly #clock: () => number;

  constructor(
    source: SchedulesSource,
    explain: (error: unknown) => Fault,
    clock: () => number = Date.now
  ) {
    this.#source = source;
    this.#explain = explain;
    this.#clock = clock;
  }

  readonly snapshot = (): SchedulesState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Ask the server how things stand; what was known stays when it is away. */
  async read(): Promise<void> {
    await this.#tried(async () => {
      const { schedules, schedulers } = await this.#source.schedules();
      const now = this.#clock();
      const silent = Object.entries(schedulers).filter(([, { running }]) => !running);
      this.#silent = new Map(
        silent.map(([project]) => [project, this.#silent.get(project) ?? now])
      );
      const unfired = [...this.#silent]
        .filter(([, since]) => now - since >= PATIENCE)
        .map(([project]) => project);
      this.#set({ schedules, unfired, listed: true, fault: null });
    });
  }

  /** Ask what could be scheduled. */
  async choose(): Promise<void> {
    await this.#tried(async () => this.#set({ pipelines: await this.#source.pipelines() }));
  }

  /** Whether it was added; the fault says why not. */
  async add(schedule: NewSchedule): Promise<boolean> {
    return this.#done('', () => this.#source.add(schedule));
  }

  async act({ schedule }: Schedule, verb: ScheduleVerb): Promise<boolean> {
    return this.#done(schedule, () => this.#source.act(schedule, verb));
  }

  async remove({ schedule }: Schedule): Promise<boolean> {
    return this.#done(schedule, () => this.#source.remove(schedule));
  }

  async #done(name: string, work: () => Promise<unknown>): Promise<boolean> {
    this.#set({ busy: new Set([...this.#state.busy, name]), fault: null });
    const done = await this.#tried(work);
    this.#set({ busy: new Set([...this.#state.busy].filter(one => one !== name)) });
    if (done) {
      await this.read();
    }
    return done;
  }

  async #tried(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#set({ fault: this.#explain(error) });
      return false;
    }
  }

  #set(change: Partial<SchedulesState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach(listener => listener());
  }
}
