/** Quiet badges on the cells of one notebook: what a cell logged last, and which one holds the parameters. */

import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { badgesOf, isParametersCell } from '../model/launch/notebookCells';
import type { Badge } from '../model/launch/notebookCells';
import type { Logged } from '../model/launch/types';
import { LaunchRoutes } from './launchRequest';
import { isExecuted } from './notebookDrive';

const CLASS = 'jp-DagbookBadges';
const DRAW_PAUSE = 120;
/** What a cell logs is on its way to MLflow for a moment; where MLflow's database is made first, for longer. */
const READ_PAUSES = [1_500, 5_000, 12_000, 30_000] as const;

/** Badges for a notebook, from what the server says. */
export function badgesFor(
  panel: NotebookPanel,
  options: Omit<BadgeOptions, 'logged'> & { readonly settings: ServerConnection.ISettings }
): CellBadges {
  const routes = new LaunchRoutes(options.settings);
  return new CellBadges(panel, { ...options, logged: path => routes.logged(path) });
}

export interface BadgeOptions {
  readonly trans: TranslationBundle;
  /** Whether badges of logged values are wanted. */
  isWanted(): boolean;
  logged(path: string): Promise<readonly Logged[]>;
  openRun(run: string): void;
}

export class CellBadges implements IDisposable {
  readonly #panel: NotebookPanel;
  readonly #options: BadgeOptions;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #logged = new Map<string, Logged[]>();
  #isDrawDue = false;
  #wasBusy = false;
  #isDisposed = false;

  constructor(panel: NotebookPanel, options: BadgeOptions) {
    this.#panel = panel;
    this.#options = options;
    panel.content.modelContentChanged.connect(this.drawSoon, this);
    panel.content.cellInViewportChanged.connect(this.drawSoon, this);
    panel.sessionContext.statusChanged.connect(this.#onStatus, this);
    panel.disposed.connect(this.dispose, this);
    void panel.context.ready.then(() => this.read());
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    if (this.#isDisposed) {
      return;
    }
    this.#isDisposed = true;
    this.#timers.forEach(clearTimeout);
    const { content, sessionContext } = this.#panel;
    content.modelContentChanged.disconnect(this.drawSoon, this);
    content.cellInViewportChanged.disconnect(this.drawSoon, this);
    sessionContext.statusChanged.disconnect(this.#onStatus, this);
  }

  /** Ask what the cells logged, and draw. The last answer stays when there is none. */
  async read(): Promise<void> {
    if (this.#isDisposed) {
      return;
    }
    if (this.#options.isWanted() && !isExecuted(this.#panel.context.path)) {
      const logged = await this.#options.logged(this.#panel.context.localPath).catch(() => null);
      if (logged !== null) {
        this.#logged = new Map();
        for (const one of logged) {
          this.#logged.set(one.cell, [...(this.#logged.get(one.cell) ?? []), one]);
        }
      }
    }
    this.drawSoon();
  }

  drawSoon(): void {
    if (!this.#isDrawDue && !this.#isDisposed) {
      this.#isDrawDue = true;
      this.#later(DRAW_PAUSE, () => {
        this.#isDrawDue = false;
        this.#panel.content.widgets.forEach(cell => this.#draw(cell));
      });
    }
  }

  #onStatus(): void {
    const isBusy = this.#panel.sessionContext.kernelDisplayStatus === 'busy';
    if (this.#wasBusy && !isBusy) {
      READ_PAUSES.forEach(pause => this.#later(pause, () => void this.read()));
    }
    this.#wasBusy = isBusy;
  }

  #later(pause: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isDisposed) {
        work();
      }
    }, pause);
    this.#timers.add(timer);
  }

  #draw(cell: Cell): void {
    const { trans, isWanted } = this.#options;
    const place = cell.node.querySelector<HTMLElement>('.jp-Cell-inputWrapper');
    if (place === null) {
      return; // not on the screen yet; we are called when it is
    }
    const logged = isWanted() ? (this.#logged.get(cell.model.id) ?? []) : [];
    const isParameters = isParametersCell(
      cell.model.getMetadata('tags'),
      cell.model.sharedModel.getSource()
    );
    const key = JSON.stringify([isParameters, logged]);
    let bar = place.querySelector<HTMLElement>(`:scope > .${CLASS}`);
    if ((bar?.dataset['key'] ?? '[false,[]]') === key) {
      return;
    }
    bar?.remove();
    if (!isParameters && logged.length === 0) {
      return;
    }
    bar = document.createElement('div');
    bar.className = CLASS;
    bar.dataset['key'] = key;
    if (isParameters) {
      const mark = document.createElement('span');
      mark.className = 'jp-DagbookBadge-mark';
      mark.textContent = trans.__('parameters');
      mark.title = trans.__('This cell holds the notebook’s parameters and their defaults');
      bar.append(mark);
    }
    const { shown, more } = badgesOf(logged);
    bar.append(...shown.map(badge => this.#button(badge, badge.text)));
    const [first] = more;
    if (first !== undefined) {
      bar.append(this.#button(first, trans.__('and %1 more', more.length)));
    }
    place.append(bar);
  }

  #button(badge: Badge, text: string): HTMLButtonElement {
    const { trans, openRun } = this.#options;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jp-DagbookBadge';
    // Never as markup: names come from whoever logged them.
    button.textContent = text;
    button.title = trans.__('Logged by this cell in the run “%1”. Open the run.', badge.run_name);
    button.setAttribute('aria-label', trans.__('%1, logged by this cell: open the run', text));
    button.addEventListener('click', () => openRun(badge.run));
    return button;
  }
}
