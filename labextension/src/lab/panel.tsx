/** The side panel as a JupyterLab widget. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { PanelActions } from '../view/surroundings';
import { dagbookIcon } from './icon';
import type { IRuns } from './tokens';

export const PANEL_ID = 'dagbook-panel';

// Fetched when the panel is first shown: who does not look does not pay.
const RunPanel = lazy(async () => ({ default: (await import('../view/RunPanel')).RunPanel }));

export interface PanelOptions {
  readonly runs: IRuns;
  readonly trans: TranslationBundle;
  readonly locale: string | undefined;
  openNotebook(run: string, step: string): void;
  answer(run: string, step: string, approved: boolean): void;
}

export class RunPanelWidget extends ReactWidget {
  readonly #options: PanelOptions;
  readonly #actions: PanelActions;

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
      answer: (run, step, approved) => options.answer(run, step, approved)
    };
    this.id = PANEL_ID;
    this.addClass('jp-DagbookPanel');
    this.title.icon = dagbookIcon;
    this.title.caption = trans.__('Dagbook');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Dagbook runs'));
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.#options.runs.watched = true;
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.#options.runs.watched = false;
  }

  protected override render(): JSX.Element {
    const { runs, trans, locale } = this.#options;
    return (
      <Suspense>
        <RunPanel store={runs.store} actions={this.#actions} trans={trans} locale={locale} />
      </Suspense>
    );
  }
}
