/** Provides the runs to whoever draws them. Asks nothing of the server until somebody looks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { RunFeed } from '../model/runFeed';
import { RunStore } from '../model/runStore';
import { LiveRuns } from './live';
import { DagbookServer, explain } from './request';
import { IRuns } from './tokens';

export const runsPlugin: JupyterFrontEndPlugin<IRuns> = {
  id: 'dagbook:runs',
  description: 'The runs of the projects below the server’s root folder, live.',
  autoStart: true,
  provides: IRuns,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IRuns => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    const store = new RunStore();
    const server = new DagbookServer(app.serviceManager.serverSettings);
    const feed = new RunFeed(store, server, error => explain(error, trans));
    return new LiveRuns(store, feed, app.serviceManager.events);
  }
};
