/** Recorded runs: keeps the table, adds the commands, and opens pages. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { dagbookIcon } from '../icon';
import type { CompareWidget } from './compareWidget';
import type { LiveTracked } from './liveTracked';
import type { RunPageWidget } from './runPageWidget';
import type { PagePlaces } from './runPages';
import { ITracked } from './tokens';
import {
  COMPARE_RUNS,
  COPY_RUN_ID,
  DELETE_RUN,
  OPEN_IN_MLFLOW,
  OPEN_RUN,
  RENAME_RUN,
  RESTORE_RUN
} from './trackedCommands';
import type { RunDeeds } from './trackedActions';

export const trackedPlugin: JupyterFrontEndPlugin<ITracked> = {
  id: 'dagbook:tracked',
  description: 'What MLflow has recorded, live, and a page for each run.',
  autoStart: true,
  provides: ITracked,
  optional: [INotebookTracker, IStateDB, ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    states: IStateDB | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): ITracked => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    // JupyterLab writes en_US where the web says en-US.
    const locale = translator?.languageCode.replace('_', '-');
    let opened: Promise<LiveTracked> | null = null;
    const open = (): Promise<LiveTracked> => {
      opened ??= import('./liveTracked').then(({ openTracked }) =>
        openTracked(app, notebooks, states, trans)
      );
      return opened;
    };
    const pages = new WidgetTracker<MainAreaWidget<RunPageWidget>>({
      namespace: 'dagbook-recorded-run'
    });
    const deeds = async (): Promise<RunDeeds> => {
      const { TrackedRoutes } = await import('./trackedRequest');
      const { store, actions } = await open();
      const changed = (run: string): void => {
        actions.refresh();
        pages.forEach(({ content }) => {
          if (content.store.snapshot().id === run) {
            void content.store.refresh();
          }
        });
      };
      return {
        routes: new TrackedRoutes(app.serviceManager.serverSettings),
        store,
        trans,
        changed
      };
    };
    addRunCommands({ app, pages, trans, locale }, deeds);
    const comparisons = new WidgetTracker<MainAreaWidget<CompareWidget>>({
      namespace: 'dagbook-compare'
    });
    addCompareCommand(app, comparisons, open, trans);
    if (restorer !== null) {
      void restorer.restore(comparisons, {
        command: COMPARE_RUNS,
        args: ({ content }) => ({ runs: [...content.store.snapshot().ids] }),
        name: ({ content }) => content.id
      });
      void restorer.restore(pages, {
        command: OPEN_RUN,
        args: ({ content }) => ({ run: content.store.snapshot().id }),
        name: ({ content }) => content.store.snapshot().id
      });
    }
    palette?.addItem({
      command: OPEN_RUN,
      args: { isPalette: true },
      category: trans.__('Dagbook')
    });
    palette?.addItem({ command: COMPARE_RUNS, category: trans.__('Dagbook') });
    return { open };
  }
};

function addRunCommands(places: PagePlaces, deeds: () => Promise<RunDeeds>): void {
  const { app, trans } = places;
  const { commands } = app;
  const describedBy = {
    args: {
      type: 'object',
      properties: { run: { type: 'string', description: 'The id of an MLflow run' } }
    }
  };
  /** The run that is meant: the one given, else the one that has the focus or was clicked. */
  const meant = (run: unknown): string | null => {
    if (typeof run === 'string') {
      return run;
    }
    const clicked = app.contextMenuHitTest(node => node.dataset['run'] !== undefined);
    const row = clicked ?? document.activeElement?.closest<HTMLElement>('.jp-DagbookTable-row');
    return row?.dataset['run'] ?? null;
  };
  const add = (
    id: string,
    label: string,
    caption: string,
    work: (run: string) => Promise<void> | void
  ): void => {
    commands.addCommand(id, {
      label,
      caption,
      describedBy,
      isEnabled: args => meant(args['run']) !== null,
      execute: async args => {
        const run = meant(args['run']);
        if (run !== null) {
          await work(run);
        }
      }
    });
  };
  commands.addCommand(OPEN_RUN, {
    label: args =>
      args['isPalette'] === true ? trans.__('Open a Recorded Run…') : trans.__('Open'),
    caption: trans.__('Show the page of a recorded run'),
    icon: dagbookIcon,
    describedBy,
    execute: async args => {
      const run = meant(args['run']) ?? (await askForRun(trans));
      if (run !== null) {
        const { openRunPage } = await import('./runPages');
        await openRunPage(places, run);
      }
    }
  });
  add(RENAME_RUN, trans.__('Rename…'), trans.__('Give the run another name'), async run => {
    const { renameRun } = await import('./trackedActions');
    await renameRun(await deeds(), run);
  });
  add(DELETE_RUN, trans.__('Delete'), trans.__('Delete the run; it can be restored'), async run => {
    const { deleteRun } = await import('./trackedActions');
    await deleteRun(await deeds(), run);
  });
  add(RESTORE_RUN, trans.__('Restore'), trans.__('Take a deletion back'), async run => {
    const { restoreRun } = await import('./trackedActions');
    await restoreRun(await deeds(), run);
  });
  add(COPY_RUN_ID, trans.__('Copy Id'), trans.__('Copy the id of the run'), async run => {
    const { copyRunId } = await import('./trackedActions');
    copyRunId(run, trans);
  });
  add(
    OPEN_IN_MLFLOW,
    trans.__('Open in MLflow'),
    trans.__('Show the run on the pages of MLflow’s server'),
    async run => {
      const { openInMlflow } = await import('./trackedActions');
      await openInMlflow(await deeds(), run);
    }
  );
}

function addCompareCommand(
  app: JupyterFrontEnd,
  comparisons: WidgetTracker<MainAreaWidget<CompareWidget>>,
  open: () => Promise<LiveTracked>,
  trans: TranslationBundle
): void {
  app.commands.addCommand(COMPARE_RUNS, {
    label: trans.__('Compare Runs'),
    caption: trans.__('Show the runs that are selected in the panel side by side'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          runs: {
            type: 'array',
            items: { type: 'string' },
            description: 'Two to seven ids of MLflow runs; the selected ones otherwise'
          }
        }
      }
    },
    execute: async args => {
      const given = args['runs'];
      const runs = Array.isArray(given)
        ? given.map(String)
        : [...(await open()).store.snapshot().selected];
      const { openComparison } = await import('./compareWidget');
      await openComparison(app, comparisons, runs, trans);
    }
  });
}

async function askForRun(trans: TranslationBundle): Promise<string | null> {
  const { InputDialog } = await import('@jupyterlab/apputils');
  const asked = await InputDialog.getText({
    title: trans.__('Open a recorded run'),
    label: trans.__('Its id in MLflow'),
    okLabel: trans.__('Open')
  });
  return asked.button.accept && asked.value !== null ? asked.value.trim() : null;
}
