/** The side panel as a JupyterLab widget: recorded runs, and pipelines. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { PanelActions } from '../view/surroundings';
import { dagbookIcon } from './icon';
import { PANEL_ID } from './panelId';
import type { Tab } from './panelId';
import type { IRuns } from './tokens';
import type { ITracked, TrackedTable } from './tracked/tokens';

const STATE = 'dagbook:panel';

// Fetched when they are first shown: who does not look does not pay.
const RunPanel = lazy(async () => ({ default: (await import('../view/RunPanel')).RunPanel }));
const RunsTab = lazy(async () => ({ default: (await import('../view/tracked/RunsTab')).RunsTab }));
const SidePanel = lazy(async () => ({ default: (await import('../view/SidePanel')).SidePanel }));

export interface PanelOptions {
  readonly runs: IRuns;
  readonly tracked: ITracked;
  readonly states: IStateDB | null;
  readonly trans: TranslationBundle;
  readonly locale: string | undefined;
  openNotebook(run: string, step: string): void;
  draw(run: string): void;
  cancel(run: string): void;
  answer(run: string, step: string, approved: boolean): void;
}

export class RunPanelWidget extends ReactWidget {
  readonly #options: PanelOptions;
  readonly #actions: PanelActions;
  #tab: Tab = 'tracked';
  #table: TrackedTable | null = null;

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
      answer: (run, step, approved) => options.answer(run, step, approved)
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
    const { runs, trans, locale } = this.#options;
    const table = this.#table;
    const tabs = [
      {
        id: 'tracked',
        label: trans.__('Runs'),
        draw: () =>
          table === null ? null : (
            <RunsTab store={table.store} actions={table.actions} trans={trans} locale={locale} />
          )
      },
      {
        id: 'pipelines',
        label: trans.__('Pipelines'),
        draw: () => (
          <RunPanel store={runs.store} actions={this.#actions} trans={trans} locale={locale} />
        )
      }
    ];
    return (
      <Suspense>
        <SidePanel
          label={trans.__('Dagbook')}
          tabs={tabs}
          current={this.#tab}
          onChoose={tab => this.choose(tab as Tab)}
        />
      </Suspense>
    );
  }

  /** Only what is on the screen is kept up to date. */
  #watch(): void {
    const isWanted = this.isVisible && this.#tab === 'tracked';
    if (this.#table !== null) {
      this.#table.watched = isWanted;
    } else if (isWanted) {
      void this.#open();
    }
    this.#options.runs.watched = this.isVisible && this.#tab === 'pipelines';
  }

  async #open(): Promise<void> {
    this.#table = await this.#options.tracked.open();
    this.update();
    this.#watch();
  }

  async #restore(): Promise<void> {
    const before = await this.#options.states?.fetch(STATE).catch(() => undefined);
    if ((before as { tab?: unknown } | undefined)?.tab === 'pipelines') {
      this.choose('pipelines');
    }
  }
}
