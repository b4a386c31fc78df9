/** One run that is looked at: its journal, folded as it grows. */

import type { Fault } from '../runStore';
import { IllegalEvent, NOTHING_YET, fold } from '../runState';
import type { RunState } from '../runState';
import type { EventsAnswer } from '../types';
import { LayoutMemory } from './layout';
import type { Layout } from './layout';
import { RUN_HEIGHT, RUN_WIDTH, runGraphOf } from './runGraph';
import type { RunGraph } from './runGraph';

export interface FollowedRun {
  readonly run: string;
  readonly state: RunState;
  /** Whether no living process drives it. */
  readonly gone: boolean;
  readonly graph: RunGraph;
  readonly layout: Layout;
  readonly selected: string | null;
  readonly fault: Fault | null;
}

export interface FollowerOptions {
  readonly run: string;
  entries(run: string, after: number): Promise<EventsAnswer>;
  explain(error: unknown): Fault;
}

export class RunFollower {
  readonly #options: FollowerOptions;
  readonly #listeners = new Set<() => void>();
  readonly #memory = new LayoutMemory();
  #state: FollowedRun;
  #reading: Promise<void> | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#state = {
      run: options.run,
      state: NOTHING_YET,
      gone: false,
      graph: { nodes: [], lines: [] },
      layout: new Map(),
      selected: null,
      fault: null
    };
  }

  readonly snapshot = (): FollowedRun => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  dispose(): void {
    this.#listeners.clear();
  }

  /** Whether more may come. */
  get isGoingOn(): boolean {
    return this.#state.state.state === 'running' && !this.#state.gone;
  }

  select(node: string | null): void {
    this.#set({ selected: node });
  }

  /** Read what is new. Never rejects: the state says what failed. Two at once are one. */
  follow(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { run } = this.#options;
    const before = this.#state.state;
    try {
      const { entries, driver } = await this.#options.entries(run, before.seq);
      const state = fold(entries, before);
      const gone = driver === 'gone';
      if (state !== before || gone !== this.#state.gone || this.#state.fault !== null) {
        const graph = runGraphOf(state, gone);
        const boxes = graph.nodes.map(({ node }) => ({
          id: node,
          width: RUN_WIDTH,
          height: RUN_HEIGHT
        }));
        const layout = this.#memory.of(boxes, graph.lines);
        this.#set({ state, gone, graph, layout, fault: null });
      }
    } catch (error) {
      const fault =
        error instanceof IllegalEvent
          ? { message: error.message, remedy: '' }
          : this.#options.explain(error);
      this.#set({ fault });
    }
  }

  #set(change: Partial<FollowedRun>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach(listener => listener());
  }
}
