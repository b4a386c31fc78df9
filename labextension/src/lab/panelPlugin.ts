/** Puts the panel into the left side bar. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Answered } from './approve';
import { addCommands } from './commands';
import { notebookPath } from './notebookDrive';
import { PANEL_ID, RunPanelWidget } from './panel';
import { IRuns } from './tokens';

/** After the file browser and the running kernels, before most extensions. */
const RANK = 350;

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'dagbook:panel',
  description: 'The side panel that lists runs and their steps, live.',
  autoStart: true,
  requires: [IRuns],
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    const panel = new RunPanelWidget({
      runs,
      trans,
      // JupyterLab writes en_US where the web says en-US.
      locale: translator?.languageCode.replace('_', '-'),
      openNotebook: (run, step) => void openRecord(app, notebookPath(run, step)),
      answer: (run, step, approved) => void answer(app, trans, { run, step, approved })
    });
    app.shell.add(panel, 'left', { rank: RANK, type: 'Dagbook' });
    restorer?.add(panel, PANEL_ID);
    for (const command of addCommands(app, runs, trans)) {
      palette?.addItem({ command, category: trans.__('Dagbook') });
    }
  }
};

async function answer(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  given: Answered
): Promise<void> {
  const approvals = await import('./approve');
  await approvals.answer(app.serviceManager.serverSettings, trans, given);
}

/** Opens an executed notebook. It is read, not run: no kernel is started unless somebody chooses one. */
async function openRecord(app: JupyterFrontEnd, path: string): Promise<void> {
  const opened: unknown = await app.commands.execute('docmanager:open', { path });
  const session = (opened as IDocumentWidget | undefined)?.context.sessionContext;
  if (session?.session === null) {
    // In time: the kernel would be started when the document has arrived.
    session.kernelPreference = { ...session.kernelPreference, shouldStart: false };
  }
}
