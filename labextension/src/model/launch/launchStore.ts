/** One launch: the form of a notebook or pipeline, its plan, and the run that was started from it. */

import type { Fault } from '../runStore';
import { EMPTY_FORM, isSweep, requestOf } from './form';
import type { Form } from './form';
import { columnsOf, likelyGoal } from './trials';
import type { Goal, Sorting } from './trials';
import type { Finding, Launchable, LaunchRequest, Plan, Started, Trials } from './types';

/** The server, as far as a launch needs it. A refusal of input is thrown as `WrongInput`. */
export interface LaunchServer {
  parameters(path: string): Promise<Launchable>;
  plan(request: LaunchRequest): Promise<Plan>;
  start(request: LaunchRequest): Promise<Started>;
  trials(run: string): Promise<Trials>;
  cancel(run: string): Promise<unknown>;
}

/** What was asked cannot be done as it stands; says everything that is wrong. */
export class WrongInput extends Error {
  override readonly name = 'WrongInput';

  constructor(
    message: string,
    readonly remedy: string,
    readonly findings: readonly Finding[]
  ) {
    super(message);
  }
}

export interface LaunchState {
  readonly path: string;
  readonly source: Launchable | null;
  readonly form: Form;
  readonly plan: Plan | null;
  /** Whether the plan is that of what is typed now. */
  readonly planned: boolean;
  readonly findings: readonly Finding[];
  readonly fault: Fault | null;
  readonly starting: boolean;
  /** The id of the run that was started here last. */
  readonly run: string | null;
  readonly trials: Trials | null;
  readonly sorting: Sorting | null;
  readonly goal: Goal | null;
}

export interface LaunchOptions {
  readonly path: string;
  readonly server: LaunchServer;
  readonly form?: Form | undefined;
  readonly run?: string | null | undefined;
  explain(error: unknown): Fault;
  /** Called before the server reads the file, so that it reads what is on the screen. */
  save(path: string): Promise<void>;
}

const TYPING_PAUSE = 350;

export class LaunchStore {
  readonly #options: LaunchOptions;
  readonly #listeners = new Set<() => void>();
  #state: LaunchState;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;

  constructor(options: LaunchOptions) {
    this.#options = options;
    this.#state = {
      path: options.path,
      source: null,
      form: options.form ?? EMPTY_FORM,
      plan: null,
      planned: false,
      findings: [],
      fault: null,
      starting: false,
      run: options.run ?? null,
      trials: null,
      sorting: null,
      goal: null
    };
  }

  readonly snapshot = (): LaunchState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  dispose(): void {
    this.#asked += 1;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#listeners.clear();
  }

  /** Read what the file takes, and plan. Never rejects: the state says what failed. */
  async open(): Promise<void> {
    try {
      const source = await this.#options.server.parameters(this.#state.path);
      this.#set({ source, fault: null, findings: [] });
    } catch (error) {
      this.#failed(error);
      return;
    }
    await Promise.all([this.plan(), this.follow()]);
  }

  type(form: Form): void {
    this.#set({ form, planned: false });
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => void this.plan(), TYPING_PAUSE);
  }

  /** Ask what a run would do with what is typed. */
  async plan(): Promise<void> {
    const { source, form } = this.#state;
    if (source === null) {
      return;
    }
    const asked = ++this.#asked;
    try {
      const plan = await this.#options.server.plan(requestOf(source, form));
      if (asked === this.#asked) {
        this.#set({ plan, planned: true, findings: [], fault: null });
      }
    } catch (error) {
      if (asked === this.#asked) {
        this.#failed(error);
      }
    }
  }

  /** Start a run with what is typed; it needs us no more. The id, or null when it was refused. */
  async start(): Promise<string | null> {
    const { source, form, starting, path } = this.#state;
    if (source === null || starting) {
      return null;
    }
    this.#set({ starting: true });
    this.#asked += 1; // a plan that is under way is old news
    try {
      await this.#options.save(path);
      const request = requestOf(source, form);
      const { run } = await this.#options.server.start(request);
      const sorting = isSweep(request) ? this.#state.sorting : null;
      this.#set({ run, trials: null, goal: null, sorting, findings: [], fault: null });
      await this.follow();
      return run;
    } catch (error) {
      this.#failed(error);
      return null;
    } finally {
      this.#set({ starting: false });
    }
  }

  /** Read how the run stands. */
  async follow(): Promise<void> {
    const { run } = this.#state;
    if (run === null) {
      return;
    }
    try {
      const trials = await this.#options.server.trials(run);
      if (this.#state.run === run) {
        const goal = this.#state.goal ?? likelyGoal(columnsOf(trials.trials));
        const isNews = trials.settled && this.#state.trials?.settled === false;
        this.#set({ trials, goal, fault: null });
        if (isNews) {
          void this.plan(); // what has run would be reused now
        }
      }
    } catch (error) {
      this.#set({ fault: this.#options.explain(error) });
    }
  }

  async cancel(): Promise<void> {
    const { run } = this.#state;
    if (run !== null) {
      await this.#options.server.cancel(run).catch((error: unknown) => this.#failed(error));
      await this.follow();
    }
  }

  sort(sorting: Sorting | null): void {
    this.#set({ sorting });
  }

  aim(goal: Goal): void {
    this.#set({ goal });
  }

  /** Whether the run goes on, so that it is worth asking again. */
  get isGoingOn(): boolean {
    const { run, trials } = this.#state;
    return run !== null && trials?.settled !== true;
  }

  #failed(error: unknown): void {
    if (error instanceof WrongInput) {
      const said = { code: '', message: error.message, remedy: error.remedy };
      const findings = error.findings.length > 0 ? error.findings : [said];
      this.#set({ findings, plan: null, planned: true, fault: null });
    } else {
      this.#set({ fault: this.#options.explain(error) });
    }
  }

  #set(change: Partial<LaunchState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach(listener => listener());
  }
}
