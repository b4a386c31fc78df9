/** What every component of the panel may use: the words, and the things that a person can do. */

import { createContext, useContext } from 'react';

/** The part of JupyterLab's translation bundle that the view needs. */
export interface Translation {
  __(msgid: string, ...args: unknown[]): string;
  _n(msgid: string, plural: string, n: number, ...args: unknown[]): string;
}

/** What a person can do in the panel. The view says what is wanted; others know how. */
export interface PanelActions {
  refresh(): void;
  older(): void;
  toggle(key: string, open: boolean): void;
  filter(text: string): void;
  openNotebook(run: string, step: string): void;
  /** Shows a run as a drawing, in the main area. */
  draw(run: string): void;
  /** Asks a run to end. */
  cancel(run: string): void;
  /** Answers for a step that waits for a person. */
  answer(run: string, step: string, approved: boolean): void;
  /** Lets a person choose a pipeline or notebook, and opens a launch of it. */
  chooseLaunch(): void;
  /** Null where the server gives no terminals. */
  readonly openTerminal: (() => void) | null;
}

export interface Surroundings {
  readonly trans: Translation;
  readonly locale: string | undefined;
  readonly actions: PanelActions;
  /** Milliseconds since 1970; moves on while the panel is on the screen. */
  readonly now: number;
}

const SurroundingsContext = createContext<Surroundings | null>(null);

export const SurroundingsProvider = SurroundingsContext.Provider;

export function useSurroundings(): Surroundings {
  const surroundings = useContext(SurroundingsContext);
  if (surroundings === null) {
    throw new Error('A component of the panel was drawn outside of it.');
  }
  return surroundings;
}
