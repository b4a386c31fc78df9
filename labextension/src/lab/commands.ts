/** What can be done from the palette, menus and shortcuts. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';

import { dagbookIcon } from './icon';
import { PANEL_ID } from './panel';
import type { IRuns } from './tokens';

export const OPEN_PANEL = 'dagbook:open-panel';
export const REFRESH_RUNS = 'dagbook:refresh-runs';

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

/** Adds the commands; returns their ids in the order of a menu. */
export function addCommands(
  app: JupyterFrontEnd,
  runs: IRuns,
  trans: TranslationBundle
): readonly string[] {
  app.commands.addCommand(OPEN_PANEL, {
    label: trans.__('Show Dagbook Runs'),
    caption: trans.__('Show the runs of pipelines, live, in the side bar'),
    icon: dagbookIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => app.shell.activateById(PANEL_ID)
  });
  app.commands.addCommand(REFRESH_RUNS, {
    label: trans.__('Refresh Dagbook Runs'),
    caption: trans.__('Read the runs of pipelines again'),
    icon: refreshIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => runs.refresh()
  });
  return [OPEN_PANEL, REFRESH_RUNS];
}
