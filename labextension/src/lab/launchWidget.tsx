/** A launch as a document of JupyterLab's main area. */

import type { Event } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { LaunchStore } from '../model/launch/launchStore';
import type { LaunchActions } from '../view/launch/launchSurroundings';
import { SCHEMA_ID } from './live';
import { PageWidget } from './pageWidget';

// Fetched when a launch is first shown: who does not look does not pay.
const Launch = lazy(async () => ({ default: (await import('../view/launch/Launch')).Launch }));

const WHILE_IT_GOES_ON = { interval: 2_000, max: 20_000, backoff: true };

export interface LaunchWidgetOptions {
  readonly store: LaunchStore;
  readonly actions: LaunchActions;
  readonly events: Event.IManager;
  readonly trans: TranslationBundle;
}

export class LaunchWidget extends PageWidget {
  readonly store: LaunchStore;
  readonly #options: LaunchWidgetOptions;
  readonly #poll: Poll;
  readonly #changed = new Signal<this, void>(this);
  readonly #unsubscribe: () => void;

  constructor(options: LaunchWidgetOptions) {
    const { store, events, trans } = options;
    const { path } = store.snapshot();
    super({
      id: launchId(path),
      className: 'jp-DagbookLaunch',
      label: trans.__('Run %1', path.split('/').at(-1) ?? path),
      caption: trans.__('Run %1 in background', path)
    });
    this.#options = options;
    this.store = store;
    this.#poll = new Poll({
      name: 'dagbook:launch',
      auto: false,
      factory: () => (store.isGoingOn ? store.follow() : Promise.resolve()),
      frequency: WHILE_IT_GOES_ON,
      standby: () => (this.isVisible ? 'when-hidden' : true)
    });
    this.#unsubscribe = store.subscribe(() => this.#changed.emit());
    events.stream.connect(this.#onEvent, this);
    void store.open();
    void this.#poll.start();
  }

  /** Something that is to be kept over a reload may be another. */
  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.#unsubscribe();
    this.#options.events.stream.disconnect(this.#onEvent, this);
    this.#poll.dispose();
    this.store.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    void this.store.follow();
  }

  protected override render(): JSX.Element {
    const { store, actions, trans } = this.#options;
    return (
      <Suspense>
        <Launch store={store} actions={actions} trans={trans} />
      </Suspense>
    );
  }

  #onEvent(_: Event.IManager, event: Event.Emission): void {
    const { run } = this.store.snapshot();
    if (event.schema_id === SCHEMA_ID && run !== null && event['run'] === run) {
      void this.#poll.refresh();
    }
  }
}

export function launchId(path: string): string {
  return `dagbook-launch:${path}`;
}
