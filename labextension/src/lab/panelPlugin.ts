/** Puts the panel into the left side bar. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { SchedulesStore } from '../model/schedules/schedulesStore';
import type { Answered } from './approve';
import { addCommands } from './commands';
import { IModels } from './models/tokens';
import { CHOOSE_LAUNCH } from './launchCommands';
import { notebookPath } from './notebookDrive';
import { openRecord } from './openRecord';
import { RunPanelWidget } from './panel';
import { PANEL_ID } from './panelId';
import { OPEN_RUN_VIEW } from './pipeline/pipelineCommands';
import { explain } from './request';
import { ScheduleRoutes } from './scheduleRoutes';
import { IRuns } from './tokens';
import { ITracked } from './tracked/tokens';

/** After the file browser and the running kernels, before most extensions. */
const RANK = 350;
/** JupyterLab's own. */
const NEW_TERMINAL = 'terminal:create-new';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'dagbook:panel',
  description: 'The side panel that lists recorded runs, pipelines and models, live.',
  autoStart: true,
  requires: [IRuns, ITracked, IModels],
  optional: [ICommandPalette, ILayoutRestorer, IStateDB, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    tracked: ITracked,
    models: IModels,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    states: IStateDB | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    const panel = new RunPanelWidget({
      runs,
      tracked,
      models,
      schedules: new SchedulesStore(new ScheduleRoutes(app.serviceManager.serverSettings), error =>
        explain(error, trans)
      ),
      states,
      trans,
      // JupyterLab writes en_US where the web says en-US.
      locale: translator?.languageCode.replace('_', '-'),
      openNotebook: (run, step) => void openRecord(app, notebookPath(run, step)),
      draw: run => void app.commands.execute(OPEN_RUN_VIEW, { run }),
      cancel: run => void cancel(app, trans, run),
      answer: (run, step, approved) => void answer(app, trans, { run, step, approved }),
      chooseLaunch: () => void app.commands.execute(CHOOSE_LAUNCH),
      openTerminal: app.serviceManager.terminals.isAvailable()
        ? () => void app.commands.execute(NEW_TERMINAL)
        : null
    });
    app.shell.add(panel, 'left', { rank: RANK, type: 'Dagbook' });
    restorer?.add(panel, PANEL_ID);
    for (const command of addCommands(app, runs, trans, tab => panel.choose(tab))) {
      palette?.addItem({ command, category: trans.__('Dagbook') });
    }
  }
};

async function cancel(app: JupyterFrontEnd, trans: TranslationBundle, run: string): Promise<void> {
  const { LaunchRoutes } = await import('./launchRequest');
  try {
    await new LaunchRoutes(app.serviceManager.serverSettings).cancel(run);
  } catch (error) {
    const { complain } = await import('./launchActions');
    complain(error, trans);
  }
}

async function answer(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  given: Answered
): Promise<void> {
  const approvals = await import('./approve');
  await approvals.answer(app.serviceManager.serverSettings, trans, given);
}
