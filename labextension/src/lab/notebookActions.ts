/** What is done in an open notebook: find a cell, mark the parameters, track, write other defaults. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  INTERACTIVE_TAG,
  PARAMETERS_TAG,
  TRACK_SOURCE,
  isParametersCell,
  isTrackingCell,
  tagsOf
} from '../model/launch/notebookCells';

const FLASH = 'jp-DagbookFlash';
const FLASH_TIME = 2_400;

/** The notebook at the path, opened and ready, on that kernel if one is named; null for what is none. */
export async function openNotebook(
  app: JupyterFrontEnd,
  path: string,
  kernel?: string
): Promise<NotebookPanel | null> {
  const on = kernel === undefined ? {} : { kernel: { id: kernel } };
  const opened = (await app.commands.execute('docmanager:open', { path, ...on })) as
    NotebookPanel | undefined;
  if (opened === undefined || !('sessionContext' in opened)) {
    return null;
  }
  await opened.context.ready;
  await opened.revealed;
  app.shell.activateById(opened.id);
  return opened;
}

export function isParameters(cell: Cell): boolean {
  return isParametersCell(cell.model.getMetadata('tags'), cell.model.sharedModel.getSource());
}

/** Makes the cell the parameters cell, the only one; or no longer so. */
export function toggleParameters(panel: NotebookPanel, cell: Cell): void {
  const isOn = tagsOf(cell.model.getMetadata('tags')).includes(PARAMETERS_TAG);
  panel.content.model?.sharedModel.transact(() => {
    for (const other of panel.content.widgets) {
      const tags = tagsOf(other.model.getMetadata('tags'));
      if (other === cell && !isOn) {
        other.model.setMetadata('tags', [...tags, PARAMETERS_TAG]);
      } else if (tags.includes(PARAMETERS_TAG)) {
        const rest = tags.filter(tag => tag !== PARAMETERS_TAG);
        if (rest.length > 0) {
          other.model.setMetadata('tags', rest);
        } else {
          other.model.deleteMetadata('tags');
        }
      }
    }
  });
}

/** Scroll to a cell, make it the active one and point at it for a moment. */
export async function showCell(panel: NotebookPanel, cell: Cell): Promise<void> {
  const { content } = panel;
  content.activeCellIndex = content.widgets.indexOf(cell);
  content.deselectAll();
  await content.scrollToCell(cell, 'center');
  cell.node.classList.remove(FLASH);
  cell.node.getBoundingClientRect(); // laid out anew, so that a second look flashes again
  cell.node.classList.add(FLASH);
  setTimeout(() => cell.node.classList.remove(FLASH), FLASH_TIME);
}

/** Show the cell of that id; says so when the notebook has it no more. Whether it was found. */
export async function jumpToCell(
  app: JupyterFrontEnd,
  path: string,
  id: string,
  trans: TranslationBundle
): Promise<boolean> {
  const panel = await openNotebook(app, path);
  const cell = panel?.content.widgets.find(one => one.model.id === id);
  if (panel === null || cell === undefined) {
    Notification.warning(
      trans.__('%1 has this cell no more. The executed notebook of the run still has it.', path)
    );
    return false;
  }
  await showCell(panel, cell);
  return true;
}

/** Put a tracking cell at the top, unless there is one, and run it. */
export async function trackNotebook(
  app: JupyterFrontEnd,
  panel: NotebookPanel,
  trans: TranslationBundle
): Promise<void> {
  const { content, context } = panel;
  let cell = content.widgets.find(one => isTrackingCell(one.model.sharedModel.getSource()));
  if (cell === undefined) {
    content.model?.sharedModel.insertCell(0, {
      cell_type: 'code',
      source: TRACK_SOURCE,
      metadata: { tags: [INTERACTIVE_TAG], trusted: true }
    });
    cell = content.widgets[0];
  }
  if (cell === undefined) {
    return;
  }
  await showCell(panel, cell);
  app.shell.activateById(panel.id);
  await panel.sessionContext.ready;
  await app.commands.execute('notebook:run-cell');
  Notification.info(
    trans.__(
      'Tracking %1: what cells log from now on belongs to one run. “%track stop” ends it.',
      context.localPath.split('/').at(-1) ?? ''
    ),
    { autoClose: 6_000 }
  );
}

/** Write other defaults into the parameters cell. Nothing is saved; it is undone as one step. */
export async function makeDefaults(
  app: JupyterFrontEnd,
  path: string,
  values: Readonly<Record<string, unknown>>,
  trans: TranslationBundle
): Promise<void> {
  const { LaunchRoutes } = await import('./launchRequest');
  const { complain } = await import('./launchActions');
  const panel = await openNotebook(app, path);
  const cell = panel?.content.widgets.find(isParameters);
  if (panel === null || cell === undefined) {
    complain(new Error(trans.__('%1 has no parameters cell', path)), trans);
    return;
  }
  const shared = cell.model.sharedModel;
  try {
    const routes = new LaunchRoutes(app.serviceManager.serverSettings);
    const edits = await routes.defaults(shared.getSource(), values);
    shared.transact(() => {
      // From the bottom up, so that places above stay what they are.
      for (const { start, end, text } of [...edits].sort((a, b) => b.start - a.start)) {
        shared.updateSource(start, end, text);
      }
    });
  } catch (error) {
    complain(error, trans);
    return;
  }
  await showCell(panel, cell);
  Notification.success(
    trans.__('The defaults of %1 are changed, and not saved yet.', path.split('/').at(-1) ?? path),
    {
      autoClose: 8_000,
      actions: [{ label: trans.__('Undo'), callback: () => shared.undo() }]
    }
  );
}
