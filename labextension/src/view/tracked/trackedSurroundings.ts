/** What every component about recorded runs may use: the words, and the things that a person can do. */

import { createContext, useContext } from 'react';

import type { Order, Scope, TrackedRun } from '../../model/tracked/types';
import type { Translation } from '../surroundings';

/** What a person can do in the table. The view says what is wanted; others know how. */
export interface TrackedActions {
  refresh(): void;
  more(): void;
  scope(scope: Scope): void;
  filter(text: string): void;
  order(order: Order): void;
  columns(columns: readonly string[] | null): void;
  pin(pinned: readonly string[]): void;
  select(run: string, isSelected: boolean): void;
  unselect(): void;
  compare(): void;
  open(run: TrackedRun): void;
  rename(run: TrackedRun): void;
  remove(run: TrackedRun): void;
  /** Show what else can be done with the run, at a place of the window. */
  menu(run: TrackedRun, x: number, y: number): void;
  /** Tracks the notebook in front. */
  track(): void;
  /** These runs are on the screen now. */
  seen(runs: readonly TrackedRun[]): void;
}

export interface TrackedSurroundings {
  readonly trans: Translation;
  readonly locale: string | undefined;
  readonly actions: TrackedActions;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const Context = createContext<TrackedSurroundings | null>(null);

export const TrackedProvider = Context.Provider;

export function useTracked(): TrackedSurroundings {
  const surroundings = useContext(Context);
  if (surroundings === null) {
    throw new Error('A component about recorded runs was drawn outside of its place.');
  }
  return surroundings;
}
