/** What other plugins may ask for about registered models. */

import { Token } from '@lumino/coreutils';

import type { ModelsStore } from '../../model/models/modelsStore';
import type { ModelActions } from '../../view/models/modelsSurroundings';

/** The tab of registered models. */
export interface ModelsTable {
  readonly store: ModelsStore;
  readonly actions: ModelActions;

  /** Whether somebody looks; nothing is asked for otherwise. */
  watched: boolean;
}

/** Registered models and what serves them. Nothing of it is loaded before it is opened. */
export interface IModels {
  open(): Promise<ModelsTable>;
}

export const IModels = new Token<IModels>(
  'dagbook:IModels',
  'The registered models of the projects below the server’s root folder.'
);
