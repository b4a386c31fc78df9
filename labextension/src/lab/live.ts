/** Ties the feed to the server's event stream, to a slow poll as a safety net, and to whether anybody looks. */

import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';

import type { RunFeed } from '../model/runFeed';
import type { RunStore } from '../model/runStore';
import type { RunChanged } from '../model/types';
import type { IRuns } from './tokens';

export const SCHEMA_ID = 'https://dagbook.dev/events/run-changed';

const SAFETY_NET = { interval: 15_000, max: 60_000, backoff: true };

export class LiveRuns implements IRuns, IDisposable {
  readonly store: RunStore;
  readonly #feed: RunFeed;
  readonly #events: Event.IManager;
  readonly #poll: Poll;
  #watched = false;
  #isDisposed = false;

  constructor(store: RunStore, feed: RunFeed, events: Event.IManager) {
    this.store = store;
    this.#feed = feed;
    this.#events = events;
    this.#poll = new Poll({
      name: 'dagbook:runs',
      auto: false,
      factory: () => this.#read(),
      frequency: SAFETY_NET,
      standby: () => (this.#watched ? 'when-hidden' : true)
    });
    events.stream.connect(this.#onEvent, this);
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    if (this.#isDisposed) {
      return;
    }
    this.#isDisposed = true;
    this.#events.stream.disconnect(this.#onEvent, this);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#poll.dispose();
  }

  get watched(): boolean {
    return this.#watched;
  }

  set watched(watched: boolean) {
    if (watched === this.#watched) {
      return;
    }
    this.#watched = watched;
    if (watched) {
      void this.refresh();
    } else {
      this.store.change({ type: 'link-changed', link: 'paused' });
    }
  }

  async refresh(): Promise<void> {
    await this.#poll.refresh();
    await this.#poll.tick;
  }

  async older(): Promise<void> {
    await quietly(this.#feed.older());
  }

  toggle(key: string, open: boolean): void {
    this.store.change({ type: 'row-toggled', key, open });
    if (open && this.store.snapshot().runs.has(key)) {
      void quietly(this.#feed.follow(key));
    }
  }

  async #read(): Promise<void> {
    await this.#feed.refresh();
    this.store.change({ type: 'link-changed', link: this.#watched ? 'live' : 'paused' });
  }

  #onEvent(_: Event.IManager, event: Event.Emission): void {
    if (this.#watched && event.schema_id === SCHEMA_ID) {
      // The server holds what it emits against the schema.
      void quietly(this.#feed.changed(event as unknown as RunChanged));
    }
  }

  readonly #onVisibility = (): void => {
    if (this.#watched && document.visibilityState === 'visible') {
      void this.refresh();
    }
  };
}

/** The feed has told the store what went wrong; nobody else has to know. */
async function quietly(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}
