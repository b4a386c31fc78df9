/** The page of a recorded run as a document of JupyterLab's main area. */

import type { Event } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { PageStore } from '../../model/tracked/pageStore';
import type { PageActions } from '../../view/tracked/page/pageSurroundings';
import { PageWidget } from '../pageWidget';
import { Recordings } from './recordings';

// Fetched when a page is first shown, with the charts.
const RunPage = lazy(async () => ({
  default: (await import('../../view/tracked/page/RunPage')).RunPage
}));

export interface RunPageOptions {
  readonly store: PageStore;
  readonly actions: PageActions;
  readonly events: Event.IManager;
  readonly trans: TranslationBundle;
  readonly locale: string | undefined;
}

export class RunPageWidget extends PageWidget {
  readonly store: PageStore;
  readonly #options: RunPageOptions;
  readonly #recordings: Recordings;
  readonly #unsubscribe: () => void;

  constructor(options: RunPageOptions) {
    const { store, events, trans } = options;
    const { id } = store.snapshot();
    super({
      id: runPageId(id),
      className: 'jp-DagbookPage',
      label: trans.__('Run %1', id.slice(0, 8)),
      caption: trans.__('Run %1', id)
    });
    this.#options = options;
    this.store = store;
    this.#recordings = new Recordings({
      name: 'dagbook:run-page',
      events,
      read: () => store.refresh()
    });
    this.#unsubscribe = store.subscribe(() => this.#onChange());
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.#unsubscribe();
      this.#recordings.dispose();
      super.dispose();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.#recordings.watched = true;
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.#recordings.watched = false;
  }

  protected override render(): JSX.Element {
    const { store, actions, trans, locale } = this.#options;
    return (
      <Suspense>
        <RunPage store={store} actions={actions} trans={trans} locale={locale} />
      </Suspense>
    );
  }

  #onChange(): void {
    const { run } = this.store.snapshot();
    if (run !== null && this.title.label !== run.name) {
      this.title.label = run.name;
      this.title.caption = this.#options.trans.__('Run %1 (%2)', run.name, run.run);
      this.node.setAttribute('aria-label', this.title.caption);
    }
  }
}

export function runPageId(run: string): string {
  return `dagbook-recorded-run:${run}`;
}
