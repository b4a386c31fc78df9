/** What can be done from the palette, menus and shortcuts. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';

import { dagbookIcon } from './icon';
import { PANEL_ID } from './panelId';
import type { Tab } from './panelId';
import type { IRuns } from './tokens';

export const OPEN_PANEL = 'dagbook:open-panel';
export const SHOW_TRACKED = 'dagbook:show-recorded-runs';
export const SHOW_PIPELINES = 'dagbook:show-pipelines';
export const SHOW_MODELS = 'dagbook:show-models';
export const REFRESH_RUNS = 'dagbook:refresh-runs';

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

/** Adds the commands; returns their ids in the order of a menu. */
export function addCommands(
  app: JupyterFrontEnd,
  runs: IRuns,
  trans: TranslationBundle,
  show: (tab: Tab) => void
): readonly string[] {
  app.commands.addCommand(OPEN_PANEL, {
    label: trans.__('Show Dagbook Runs'),
    caption: trans.__('Show runs and pipelines, live, in the side bar'),
    icon: dagbookIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => app.shell.activateById(PANEL_ID)
  });
  const tabs: readonly [string, Tab, string, string][] = [
    [
      SHOW_TRACKED,
      'tracked',
      trans.__('Show Recorded Runs'),
      trans.__('Show the runs of the notebook in front')
    ],
    [
      SHOW_PIPELINES,
      'pipelines',
      trans.__('Show Pipelines'),
      trans.__('Show the runs of pipelines, live')
    ],
    [
      SHOW_MODELS,
      'models',
      trans.__('Show Models'),
      trans.__('Show registered models, their versions and what serves them')
    ]
  ];
  for (const [command, tab, label, caption] of tabs) {
    app.commands.addCommand(command, {
      label,
      caption,
      describedBy: NO_ARGUMENTS,
      execute: () => {
        app.shell.activateById(PANEL_ID);
        show(tab);
      }
    });
  }
  app.commands.addCommand(REFRESH_RUNS, {
    label: trans.__('Refresh Dagbook Runs'),
    caption: trans.__('Read the runs of pipelines again'),
    icon: refreshIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => runs.refresh()
  });
  return [OPEN_PANEL, SHOW_TRACKED, SHOW_PIPELINES, SHOW_MODELS, REFRESH_RUNS];
}
