/** What other plugins may ask for about recorded runs. */

import { Token } from '@lumino/coreutils';

import type { TrackedStore } from '../../model/tracked/trackedStore';
import type { TrackedActions } from '../../view/tracked/trackedSurroundings';

/** The table of recorded runs. */
export interface TrackedTable {
  readonly store: TrackedStore;
  readonly actions: TrackedActions;

  /** Whether somebody looks; nothing is asked for otherwise. */
  watched: boolean;
}

/** What MLflow has recorded. Nothing of it is loaded before it is opened. */
export interface ITracked {
  open(): Promise<TrackedTable>;
}

export const ITracked = new Token<ITracked>(
  'dagbook:ITracked',
  'What MLflow has recorded of the projects below the server’s root folder, live.'
);
