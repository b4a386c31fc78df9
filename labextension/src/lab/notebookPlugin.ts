/** What Dagbook adds to notebooks: the toolbar's buttons, and badges on cells that logged something. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isParametersCell } from '../model/launch/notebookCells';
import type { CellBadges } from './cellBadges';
import { parametersIcon, trackIcon } from './icon';
import {
  JUMP_TO_CELL,
  OPEN_RUN,
  SHOW_DEFAULTS,
  TOGGLE_BADGES,
  TOGGLE_PARAMETERS,
  TRACK_NOTEBOOK
} from './launchCommands';

const ID = 'dagbook:notebook';
const BADGES = 'badges';

export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Parameters cell, tracking and badges in notebooks.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    const wish = new BadgeWish(registry);
    const drawn = new Map<NotebookPanel, CellBadges>();
    const openRun = (run: string): void => {
      if (app.commands.hasCommand(OPEN_RUN)) {
        void app.commands.execute(OPEN_RUN, { run });
      } else {
        void app.commands.execute('dagbook:open-panel');
      }
    };
    const draw = async (panel: NotebookPanel): Promise<void> => {
      const { badgesFor } = await import('./cellBadges');
      if (!panel.isDisposed) {
        const settings = app.serviceManager.serverSettings;
        const isWanted = (): boolean => wish.isWanted;
        drawn.set(panel, badgesFor(panel, { settings, trans, isWanted, openRun }));
        panel.disposed.connect(() => drawn.delete(panel));
      }
    };
    notebooks.widgetAdded.connect((_, panel) => void draw(panel));
    wish.changed = () => {
      drawn.forEach(badges => void badges.read());
      app.commands.notifyCommandChanged(TOGGLE_BADGES);
    };
    addNotebookCommands(app, notebooks, trans);
    addCellCommands(app, wish, trans);
    notebooks.activeCellChanged.connect(() => app.commands.notifyCommandChanged(TOGGLE_PARAMETERS));
    for (const command of [TOGGLE_PARAMETERS, TRACK_NOTEBOOK, TOGGLE_BADGES]) {
      palette?.addItem({ command, category: trans.__('Dagbook') });
    }
  }
};

/** Whether badges are wanted, as the settings say. */
class BadgeWish {
  isWanted = true;
  changed: () => void = () => {};
  #settings: ISettingRegistry.ISettings | null = null;

  constructor(registry: ISettingRegistry | null) {
    void registry
      ?.load(ID)
      .then(settings => {
        this.#settings = settings;
        settings.changed.connect(this.#read, this);
        this.#read();
      })
      .catch(() => undefined); // without settings the defaults stand
  }

  async toggle(): Promise<void> {
    if (this.#settings === null) {
      this.isWanted = !this.isWanted;
      this.changed();
    } else {
      await this.#settings.set(BADGES, !this.isWanted);
    }
  }

  #read(): void {
    this.isWanted = this.#settings?.get(BADGES).composite !== false;
    this.changed();
  }
}

function addNotebookCommands(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  trans: TranslationBundle
): void {
  const { commands } = app;
  const none = { args: { type: 'object', properties: {} } } as const;
  const front = (): NotebookPanel | null => {
    const panel = notebooks.currentWidget;
    return panel !== null && panel === app.shell.currentWidget ? panel : null;
  };
  const active = (): ReturnType<typeof activeCell> => activeCell(front());
  commands.addCommand(TOGGLE_PARAMETERS, {
    label: trans.__('Parameters Cell'),
    caption: trans.__(
      'Parameters cell: the active cell holds the notebook’s parameters, or no longer so'
    ),
    icon: parametersIcon,
    describedBy: none,
    isEnabled: () => active()?.cell.model.type === 'code',
    isToggled: () => {
      const found = active();
      return (
        found !== null &&
        isParametersCell(
          found.cell.model.getMetadata('tags'),
          found.cell.model.sharedModel.getSource()
        )
      );
    },
    isToggleable: true,
    execute: async () => {
      const { toggleParameters } = await import('./notebookActions');
      const found = active();
      if (found !== null) {
        toggleParameters(found.panel, found.cell);
        commands.notifyCommandChanged(TOGGLE_PARAMETERS);
      }
    }
  });
  commands.addCommand(TRACK_NOTEBOOK, {
    label: trans.__('Track This Notebook'),
    caption: trans.__(
      'Track this notebook: put a cell with “%track start” at the top and run it; what cells log is recorded as one run'
    ),
    icon: trackIcon,
    describedBy: none,
    isEnabled: () => front() !== null,
    execute: async () => {
      const panel = front();
      if (panel !== null) {
        const { trackNotebook } = await import('./notebookActions');
        await trackNotebook(app, panel, trans);
      }
    }
  });
}

function activeCell(panel: NotebookPanel | null) {
  const cell = panel?.content.activeCell ?? null;
  return panel === null || cell === null ? null : { panel, cell };
}

function addCellCommands(app: JupyterFrontEnd, wish: BadgeWish, trans: TranslationBundle): void {
  const { commands } = app;
  commands.addCommand(JUMP_TO_CELL, {
    label: trans.__('Show the Cell'),
    caption: trans.__('Open a notebook and show one of its cells'),
    describedBy: {
      args: {
        type: 'object',
        required: ['path', 'cell'],
        properties: {
          path: { type: 'string', description: 'Of the notebook, as the file browser shows it' },
          cell: { type: 'string', description: 'The id of the cell' }
        }
      }
    },
    execute: async args => {
      const { jumpToCell } = await import('./notebookActions');
      return jumpToCell(app, textOf(args['path']), textOf(args['cell']), trans);
    }
  });
  commands.addCommand(SHOW_DEFAULTS, {
    label: trans.__('Make Values the Defaults'),
    caption: trans.__('Write values into the parameters cell of a notebook'),
    describedBy: {
      args: {
        type: 'object',
        required: ['path', 'values'],
        properties: {
          path: { type: 'string', description: 'Of the notebook' },
          values: { type: 'object', description: 'Name → value' }
        }
      }
    },
    execute: async args => {
      const { makeDefaults } = await import('./notebookActions');
      await makeDefaults(app, textOf(args['path']), Object(args['values']) as never, trans);
    }
  });
  commands.addCommand(TOGGLE_BADGES, {
    label: trans.__('Show Badges on Cells That Logged'),
    caption: trans.__('Show what a cell logged last at its lower edge'),
    describedBy: { args: { type: 'object', properties: {} } },
    isToggleable: true,
    isToggled: () => wish.isWanted,
    execute: () => wish.toggle()
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
