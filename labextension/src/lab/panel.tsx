/** The side panel as a JupyterLab widget: recorded runs, pipelines and models. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { SchedulesStore } from '../model/schedules/schedulesStore';
import type { PanelActions } from '../view/surroundings';
import { dagbookIcon } from './icon';
import type { IModels, ModelsTable } from './models/tokens';
import { PANEL_ID } from './panelId';
import type { Tab } from './panelId';
import type { IRuns } from './tokens';
import type { ITracked, TrackedTable } from './tracked/tokens';

const STATE = 'dagbook:panel';

// Fetched when the panel is first shown: who does not look does not pay.
const PanelTabs = lazy(async () => ({ default: (await import('./panelTabs')).PanelTabs }));

export interface PanelOptions {
  readonly runs: IRuns;
  readonly tracked: ITracked;
  readonly models: IModels;
  readonly schedules: SchedulesStore;
  readonly states: IStateDB | null;
  readonly trans: TranslationBundle;
  readonly locale: string | undefined;
  openNotebook(run: string, step: string): void;
  draw(run: string): void;
  cancel(run: string): void;
  answer(run: string, step: string, approved: boolean): void;
  chooseLaunch(): void;
  readonly openTerminal: (() => void) | null;
}

export class RunPanelWidget extends ReactWidget {
  readonly #options: PanelOptions;
  readonly #actions: PanelActions;
  #tab: Tab = 'tracked';
  #table: TrackedTable | null = null;
  #models: ModelsTable | null = null;

  constructor(options: PanelOptions) {
    super();
    const { runs, trans } = options;
    this.#options = options;
    this.#actions = {
      refresh: () => void runs.refresh(),
      older: () => void runs.older(),
      toggle: (key, open) => runs.toggle(key, open),
      filter: text => runs.store.change({ type: 'filter-typed', text }),
      openNotebook: (run, step) => options.openNotebook(run, step),
      draw: run => options.draw(run),
      cancel: run => options.cancel(run),
      answer: (run, step, approved) => options.answer(run, step, approved),
      chooseLaunch: () => options.chooseLaunch(),
      openTerminal: options.openTerminal
    };
    this.id = PANEL_ID;
    this.addClass('jp-DagbookPanel');
    this.title.icon = dagbookIcon;
    this.title.caption = trans.__('Dagbook');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Dagbook runs'));
    void this.#restore();
  }

  /** Bring a tab to the front. */
  choose(tab: Tab): void {
    if (tab !== this.#tab) {
      this.#tab = tab;
      void this.#options.states?.save(STATE, { tab }).catch(() => undefined);
      this.#watch();
      this.update();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.#watch();
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.#watch();
  }

  protected override render(): JSX.Element {
    const { runs, schedules, trans, locale } = this.#options;
    return (
      <Suspense>
        <PanelTabs
          runs={runs}
          actions={this.#actions}
          schedules={schedules}
          tracked={this.#table}
          models={this.#models}
          trans={trans}
          locale={locale}
          current={this.#tab}
          onChoose={tab => this.choose(tab)}
        />
      </Suspense>
    );
  }

  /** Only what is on the screen is kept up to date. */
  #watch(): void {
    const shown = this.isVisible ? this.#tab : null;
    if (this.#table !== null) {
      this.#table.watched = shown === 'tracked';
    }
    if (this.#models !== null) {
      this.#models.watched = shown === 'models';
    }
    this.#options.runs.watched = shown === 'pipelines';
    void this.#open(shown);
  }

  /** What a tab shows is loaded when somebody first looks. */
  async #open(shown: Tab | null): Promise<void> {
    if (shown === 'tracked' && this.#table === null) {
      this.#table = await this.#options.tracked.open();
    } else if (shown === 'models' && this.#models === null) {
      this.#models = await this.#options.models.open();
    } else {
      return;
    }
    this.update();
    this.#watch();
  }

  async #restore(): Promise<void> {
    const before = await this.#options.states?.fetch(STATE).catch(() => undefined);
    const tab = (before as { tab?: unknown } | undefined)?.tab;
    if (tab === 'pipelines' || tab === 'models') {
      this.choose(tab);
    }
  }
}
