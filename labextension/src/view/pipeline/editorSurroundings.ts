/** What the parts of a pipeline document may use: the words, and the things that a person can do. */

import { createContext, useContext } from 'react';

import type { Action } from '../../model/pipeline/actions';
import type { Part } from '../../model/pipeline/parts';
import type { Translation } from '../surroundings';

export interface EditorActions {
  act(action: Action): boolean;
  select(node: string | null): void;
  tidy(): void;
  forgive(): void;
  undo(): void;
  redo(): void;
  /** Let a person choose a notebook, and add it. */
  addNotebook(): void;
  plan(): void;
  run(): void;
  /** Run a part of the pipeline around a node, and show it. */
  runPart(part: Part, node: string): void;
  /** Show the newest run of this file. */
  showRun(): void;
  openNotebook(notebook: string): void;
  /** Go to a line of the text. */
  goTo(line: number, column: number): void;
}

export interface EditorSurroundings {
  readonly trans: Translation;
  readonly actions: EditorActions;
}

const Context = createContext<EditorSurroundings | null>(null);

export const EditorProvider = Context.Provider;

export function useEditor(): EditorSurroundings {
  const surroundings = useContext(Context);
  if (surroundings === null) {
    throw new Error('A part of a pipeline document was drawn outside of it.');
  }
  return surroundings;
}
