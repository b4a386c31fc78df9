/** Runs notebooks and pipelines in the background, from a form that is made of their parameters. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { Form } from '../model/launch/form';
import { dagbookIcon, runIcon } from './icon';
import { CHOOSE_LAUNCH, LAUNCH_SELECTED, OPEN_LAUNCH } from './launchCommands';
import type { LaunchPlaces } from './launches';
import type { LaunchWidget } from './launchWidget';
import { isExecuted } from './notebookDrive';
import { addFileType } from './pipelineFileType';

const CAN_RUN = /\.(ipynb|pipeline\.ya?ml)$/;

export const launchPlugin: JupyterFrontEndPlugin<void> = {
  id: 'dagbook:launch',
  description: 'Runs notebooks and pipelines in the background, from a form.',
  autoStart: true,
  optional: [
    INotebookTracker,
    IDocumentManager,
    IDefaultFileBrowser,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    documents: IDocumentManager | null,
    browser: IDefaultFileBrowser | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    addFileType(app, trans);
    const tracker = new WidgetTracker<MainAreaWidget<LaunchWidget>>({
      namespace: 'dagbook-launch'
    });
    addLaunchCommands({ app, tracker, documents, trans }, notebooks, browser);
    if (restorer !== null) {
      void restorer.restore(tracker, {
        command: OPEN_LAUNCH,
        args: ({ content }) => kept(content),
        name: ({ content }) => content.store.snapshot().path
      });
    }
    const category = trans.__('Dagbook');
    palette?.addItem({ command: OPEN_LAUNCH, category });
    palette?.addItem({ command: CHOOSE_LAUNCH, category });
    launcher?.add({ command: CHOOSE_LAUNCH, category: trans.__('Other'), rank: 20 });
  }
};

/** What a reload brings back. */
function kept({ store }: LaunchWidget): ReadonlyPartialJSONObject {
  const { path, run, form } = store.snapshot();
  return { path, run, form: form as unknown as ReadonlyPartialJSONObject };
}

function addLaunchCommands(
  places: LaunchPlaces,
  notebooks: INotebookTracker | null,
  browser: IDefaultFileBrowser | null
): void {
  const { app, trans } = places;
  const { commands } = app;
  const current = (): string | null => {
    const widget = notebooks?.currentWidget ?? null;
    return widget !== null && widget === app.shell.currentWidget && !isExecuted(widget.context.path)
      ? widget.context.localPath
      : null;
  };
  const selected = (): string | null => {
    const item = browser === null ? undefined : [...browser.selectedItems()][0];
    return item !== undefined && CAN_RUN.test(item.path) ? item.path : null;
  };
  commands.addCommand(OPEN_LAUNCH, {
    label: trans.__('Run in Background with…'),
    caption: trans.__(
      'Run in background: choose parameters, or a sweep, and run the notebook without this window'
    ),
    icon: runIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: {
            type: 'string',
            description: 'Of a notebook or a pipeline file; the current one otherwise'
          },
          run: { type: ['string', 'null'], description: 'The id of a run to show' },
          form: { type: 'object', description: 'What is typed already' }
        }
      }
    },
    isEnabled: args => typeof args['path'] === 'string' || current() !== null,
    execute: async args => {
      const path = typeof args['path'] === 'string' ? args['path'] : current();
      if (path !== null) {
        const { openLaunch } = await import('./launches');
        const run = typeof args['run'] === 'string' ? args['run'] : null;
        await openLaunch(places, path, run, args['form'] as unknown as Form | undefined);
      }
    }
  });
  commands.addCommand(LAUNCH_SELECTED, {
    label: trans.__('Run in Background with…'),
    caption: trans.__('Choose parameters and run this file in the background'),
    icon: runIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isVisible: () => selected() !== null,
    execute: () => commands.execute(OPEN_LAUNCH, { path: selected() ?? '' })
  });
  commands.addCommand(CHOOSE_LAUNCH, {
    label: args =>
      args['isPalette'] === true
        ? trans.__('Run a Pipeline or Notebook…')
        : trans.__('Run in Background'),
    caption: trans.__('Choose a pipeline or a notebook and run it in the background'),
    icon: dagbookIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: async () => {
      const { chooseLaunch } = await import('./launches');
      await chooseLaunch(places);
    }
  });
}
