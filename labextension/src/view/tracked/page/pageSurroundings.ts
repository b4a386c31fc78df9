/** What every part of a run's page may use: the words, the store, and what JupyterLab does for it. */

import { createContext, useContext } from 'react';

import type { RunDetail } from '../../../model/tracked/detail';
import type { PageState, PageStore } from '../../../model/tracked/pageStore';
import type { Translation } from '../../surroundings';

/** What a person can do on the page beyond reading. */
export interface PageActions {
  open(run: string): void;
  rename(run: RunDetail): void;
  remove(run: RunDetail): void;
  copyId(run: RunDetail): void;
  openLink(run: RunDetail): void;
  openSource(run: RunDetail): void;
  jump(run: RunDetail, cell: string): void;
  openNotebook(run: RunDetail, path: string): void;
  download(run: RunDetail, path: string): void;
}

export interface PageSurroundings {
  readonly trans: Translation;
  readonly locale: string | undefined;
  readonly store: PageStore;
  readonly state: PageState;
  readonly actions: PageActions;
  readonly now: number;
}

const Context = createContext<PageSurroundings | null>(null);

export const PageProvider = Context.Provider;

export function usePage(): PageSurroundings {
  const surroundings = useContext(Context);
  if (surroundings === null) {
    throw new Error('A part of a run’s page was drawn outside of it.');
  }
  return surroundings;
}
