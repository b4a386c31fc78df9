/** The kernel of a step that failed: open its notebook on it, go on from it, let it go. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { LaunchRoutes } from '../launchRequest';
import { openNotebook, showCell } from '../notebookActions';

interface Attached {
  readonly path: string;
  readonly kernel: string;
  readonly cell: number | null;
}

export interface KeptPlaces {
  readonly app: JupyterFrontEnd;
  readonly routes: LaunchRoutes;
  readonly trans: TranslationBundle;
  readonly run: string;
}

/** Open the executed notebook of the step on its kernel, at the cell that failed. */
export async function attach(places: KeptPlaces, step: string): Promise<void> {
  const { app } = places;
  const { path, kernel, cell } = await attached(places, step);
  const panel = await openNotebook(app, path, kernel);
  const failed = cell === null ? undefined : panel?.content.widgets[cell - 1];
  if (panel !== null && failed !== undefined) {
    await showCell(panel, failed);
  }
}

/** Save the notebook in which the step was finished, and go on with the pipeline. */
export async function goOn(places: KeptPlaces, step: string): Promise<void> {
  const { app, routes, trans, run } = places;
  const { path } = await attached(places, step);
  for (const widget of app.shell.widgets('main')) {
    if (widget instanceof DocumentWidget && widget.context.path === path) {
      await widget.context.save();
    }
  }
  const said = await routes.ask<{ changed: readonly number[] }>(
    ['runs', run, 'steps', step, 'continue'],
    { body: {} }
  );
  Notification.success(
    said.changed.length === 0
      ? trans.__('The pipeline goes on from %1.', step)
      : trans._n(
          'The pipeline goes on from %2. Cell %3 is not that of its notebook: put it there too, or it fails again.',
          'The pipeline goes on from %2. Cells %3 are not those of its notebook: put them there too, or it fails again.',
          said.changed.length,
          step,
          said.changed.join(', ')
        ),
    { autoClose: 12_000 }
  );
}

/** Let the kernel go, once that was confirmed: what is in it is lost. */
export async function release(places: KeptPlaces, step: string): Promise<void> {
  const { routes, trans, run } = places;
  const { button } = await showDialog({
    title: trans.__('Let %1 fail?', step),
    body: trans.__('Its kernel ends, with everything that is in it.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep it') }),
      Dialog.warnButton({ label: trans.__('Let it fail') })
    ]
  });
  if (button.accept) {
    await routes.ask(['runs', run, 'steps', step, 'release'], { body: {} });
  }
}

function attached({ routes, run }: KeptPlaces, step: string): Promise<Attached> {
  return routes.ask(['runs', run, 'steps', step, 'attach'], { body: {} });
}
