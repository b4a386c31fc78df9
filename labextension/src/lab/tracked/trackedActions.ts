/** What is done with recorded runs: dialogs, the clipboard, and a deletion that can be taken back. */

import { Clipboard, InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import type { TrackedStore } from '../../model/tracked/trackedStore';
import type { TrackedRun } from '../../model/tracked/types';
import { explain } from '../request';
import { COPY_RUN_ID, DELETE_RUN, OPEN_IN_MLFLOW, OPEN_RUN, RENAME_RUN } from './trackedCommands';
import type { TrackedRoutes } from './trackedRequest';

/** How long a deletion is offered to be taken back, in milliseconds. */
const SECOND_THOUGHTS = 12_000;

export interface RunDeeds {
  readonly routes: TrackedRoutes;
  readonly store: TrackedStore;
  readonly trans: TranslationBundle;
  /** Something was changed: read again. */
  changed(run: string): void;
}

export async function renameRun(deeds: RunDeeds, id: string): Promise<void> {
  const { routes, trans } = deeds;
  await tried(deeds, async () => {
    const run = known(deeds, id) ?? (await routes.run(id));
    const asked = await InputDialog.getText({
      title: trans.__('Rename the run'),
      label: trans.__('Name'),
      text: run.name,
      okLabel: trans.__('Rename')
    });
    if (asked.button.accept && asked.value !== null && asked.value !== run.name) {
      const { name } = await routes.edit(id, { name: asked.value });
      deeds.store.change({ type: 'run-changed', run: { ...run, name } });
      deeds.changed(id);
    }
  });
}

export async function deleteRun(deeds: RunDeeds, id: string): Promise<void> {
  const { routes, store, trans } = deeds;
  await tried(deeds, async () => {
    const run = known(deeds, id) ?? (await routes.run(id));
    await routes.remove(id);
    store.change({ type: 'run-gone', run: id });
    deeds.changed(id);
    Notification.info(trans.__('Deleted the run %1.', run.name), {
      autoClose: SECOND_THOUGHTS,
      actions: [{ label: trans.__('Undo'), callback: () => void restoreRun(deeds, id) }]
    });
  });
}

export async function restoreRun(deeds: RunDeeds, id: string): Promise<void> {
  await tried(deeds, async () => {
    await deeds.routes.restore(id);
    deeds.changed(id);
  });
}

export function copyRunId(id: string, trans: TranslationBundle): void {
  Clipboard.copyToSystem(id);
  Notification.info(trans.__('Copied %1.', id), { autoClose: 2_000 });
}

export async function openInMlflow(deeds: RunDeeds, id: string): Promise<void> {
  await tried(deeds, async () => {
    const run = known(deeds, id) ?? (await deeds.routes.run(id));
    if (run.link === null) {
      Notification.info(
        deeds.trans.__(
          'This store has no pages of its own: it is a file of the project. `mlflow ui` would show it.'
        )
      );
    } else {
      window.open(run.link, '_blank', 'noopener');
    }
  });
}

/** What can be done with a run, at a place of the window. */
export function openRunMenu(
  commands: CommandRegistry,
  run: TrackedRun,
  x: number,
  y: number
): void {
  const menu = new Menu({ commands });
  menu.addClass('jp-DagbookMenu');
  const args = { run: run.run };
  menu.addItem({ command: OPEN_RUN, args });
  menu.addItem({ command: RENAME_RUN, args });
  menu.addItem({ command: COPY_RUN_ID, args });
  if (run.link !== null) {
    menu.addItem({ command: OPEN_IN_MLFLOW, args });
  }
  menu.addItem({ type: 'separator' });
  menu.addItem({ command: DELETE_RUN, args });
  // After the command that was chosen has been told.
  menu.aboutToClose.connect(() => setTimeout(() => menu.dispose()));
  menu.open(x, y);
}

function known({ store }: RunDeeds, id: string): TrackedRun | undefined {
  return store.snapshot().runs.find(run => run.run === id);
}

async function tried({ trans }: RunDeeds, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, remedy } = explain(error, trans);
    Notification.error(remedy === '' ? message : trans.__('%1. Fix: %2', message, remedy), {
      autoClose: false
    });
  }
}
