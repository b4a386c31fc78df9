/** What the buttons of a launch do in JupyterLab. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { LaunchStore } from '../model/launch/launchStore';
import type { Trial } from '../model/launch/types';
import type { LaunchActions } from '../view/launch/launchSurroundings';
import type { LaunchRoutes } from './launchRequest';
import { notebookPath } from './notebookDrive';
import { OPEN_RUN, SHOW_DEFAULTS } from './launchCommands';
import { explain } from './request';

export interface LaunchParts {
  readonly app: JupyterFrontEnd;
  readonly routes: LaunchRoutes;
  readonly store: LaunchStore;
  readonly trans: TranslationBundle;
}

export function launchActions(parts: LaunchParts): LaunchActions {
  const { app, store } = parts;
  return {
    type: form => store.type(form),
    start: () => void store.start(),
    reload: () => void store.open(),
    cancel: () => void store.cancel(),
    sort: sorting => store.sort(sorting),
    aim: goal => store.aim(goal),
    openFile: () => void app.commands.execute('docmanager:open', { path: store.snapshot().path }),
    openTrial: trial => void openTrial(parts, trial),
    promote: trial => void promote(parts, trial),
    register: trial => void register(parts, trial)
  };
}

/** The record in MLflow where there is a page for it, else the executed notebook. */
async function openTrial({ app, store }: LaunchParts, trial: Trial): Promise<void> {
  const { run } = store.snapshot();
  if (trial.recorded !== null && app.commands.hasCommand(OPEN_RUN)) {
    await app.commands.execute(OPEN_RUN, { run: trial.recorded });
  } else if (run !== null) {
    await app.commands.execute('docmanager:open', { path: notebookPath(run, trial.step) });
  }
}

async function promote({ app, store, trans }: LaunchParts, trial: Trial): Promise<void> {
  const { path } = store.snapshot();
  await app.commands
    .execute(SHOW_DEFAULTS, { path, values: trial.item as never })
    .catch((error: unknown) => complain(error, trans));
}

async function register({ routes, store, trans }: LaunchParts, trial: Trial): Promise<void> {
  const { run, source } = store.snapshot();
  const asked = await InputDialog.getText({
    title: trans.__('Register the model of %1', trial.step),
    label: trans.__('Name of the registered model'),
    text: source?.name ?? '',
    okLabel: trans.__('Register')
  });
  if (run === null || !asked.button.accept || asked.value === null) {
    return;
  }
  try {
    const made = await routes.register(run, trial.step, asked.value);
    Notification.success(trans.__('Registered as %1, version %2.', made.name, made.version));
  } catch (error) {
    complain(error, trans);
  }
}

export function complain(error: unknown, trans: TranslationBundle): void {
  const { message, remedy } = explain(error, trans);
  Notification.error(remedy === '' ? message : trans.__('%1. Fix: %2', message, remedy), {
    autoClose: false
  });
}
