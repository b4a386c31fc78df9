/** What other extensions may ask for. */

import { Token } from '@lumino/coreutils';

import type { RunStore } from '../model/runStore';

/** The runs of this server's projects, kept up to date while somebody looks. */
export interface IRuns {
  readonly store: RunStore;

  /** Whether somebody looks; nothing is asked for and nothing is shown as live otherwise. */
  watched: boolean;

  /** Read the list, and what is new of the runs that are followed. Never rejects: the store says what failed. */
  refresh(): Promise<void>;

  /** Read further back. Never rejects. */
  older(): Promise<void>;

  /** Open or close a row; the journal of an opened run is followed. */
  toggle(key: string, open: boolean): void;
}

export const IRuns = new Token<IRuns>(
  'dagbook:IRuns',
  'The runs of the projects below the server’s root folder, live.'
);
