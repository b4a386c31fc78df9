/** Opens pages of recorded runs, and does what is asked for on them. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { PageStore } from '../../model/tracked/pageStore';
import type { PageActions } from '../../view/tracked/page/pageSurroundings';
import { complain } from '../launchActions';
import { JUMP_TO_CELL } from '../launchCommands';
import { recordedNotebookPath } from '../notebookDrive';
import { openRecord } from '../openRecord';
import { explain } from '../request';
import { save } from '../save';
import { RunPageWidget, runPageId } from './runPageWidget';
import { COPY_RUN_ID, DELETE_RUN, OPEN_IN_MLFLOW, OPEN_RUN, RENAME_RUN } from './trackedCommands';
import { TrackedRoutes } from './trackedRequest';

export interface PagePlaces {
  readonly app: JupyterFrontEnd;
  readonly pages: WidgetTracker<MainAreaWidget<RunPageWidget>>;
  readonly trans: TranslationBundle;
  readonly locale: string | undefined;
}

/** Show the page of a run, made if there is none. */
export async function openRunPage(places: PagePlaces, run: string): Promise<void> {
  const { app, pages, trans, locale } = places;
  const there = pages.find(({ content }) => content.id === runPageId(run));
  if (there !== undefined) {
    app.shell.activateById(there.id);
    return;
  }
  const routes = new TrackedRoutes(app.serviceManager.serverSettings);
  const store = new PageStore(run, routes, error => explain(error, trans));
  const content = new RunPageWidget({
    store,
    actions: pageActions(places, routes),
    events: app.serviceManager.events,
    trans,
    locale
  });
  const widget = new MainAreaWidget({ content });
  widget.id = `${content.id}:page`;
  widget.toolbar.hide();
  await pages.add(widget);
  app.shell.add(widget, 'main', { type: 'Dagbook' });
  app.shell.activateById(widget.id);
}

function pageActions({ app, trans }: PagePlaces, routes: TrackedRoutes): PageActions {
  const { commands } = app;
  return {
    open: run => void commands.execute(OPEN_RUN, { run }),
    rename: ({ run }) => void commands.execute(RENAME_RUN, { run }),
    remove: ({ run }) => void commands.execute(DELETE_RUN, { run }),
    copyId: ({ run }) => void commands.execute(COPY_RUN_ID, { run }),
    openLink: ({ run }) => void commands.execute(OPEN_IN_MLFLOW, { run }),
    openSource: ({ path }) => void commands.execute('docmanager:open', { path: path ?? '' }),
    jump: ({ path }, cell) => void commands.execute(JUMP_TO_CELL, { path: path ?? '', cell }),
    openNotebook: ({ run }, path) => void openRecord(app, recordedNotebookPath(run, path)),
    download: ({ run }, path) =>
      void routes
        .file(run, path)
        .then(file => save(file, path.split('/').at(-1) ?? path))
        .catch((error: unknown) => complain(error, trans))
  };
}
