/** Provides the registered models to whoever draws them. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { LiveModels } from './liveModels';
import { IModels } from './tokens';

export const modelsPlugin: JupyterFrontEndPlugin<IModels> = {
  id: 'dagbook:models',
  description: 'Registered models, their versions and what serves them.',
  autoStart: true,
  provides: IModels,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IModels => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    let opened: Promise<LiveModels> | null = null;
    return {
      open: () => {
        opened ??= import('./liveModels').then(({ LiveModels: Live }) => new Live(app, trans));
        return opened;
      }
    };
  }
};
