/** Says when something was recorded: by the server's events, and now and then where there can be none. */

import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';

export const TRACKED_SCHEMA = 'https://dagbook.dev/events/tracked-changed';

/** Events come in bursts: a loop that logs. One read after the first, and one after the last. */
const PAUSE = 400;
/** A store that is a server of its own is not watched by ours, so this is how late its news may be. */
const SAFETY_NET = { interval: 5_000, max: 60_000, backoff: true };

export interface RecordingsOptions {
  readonly name: string;
  readonly events: Event.IManager;
  /** Reads again; rejects when it did not work. */
  read(): Promise<unknown>;
}

export class Recordings implements IDisposable {
  readonly #options: RecordingsOptions;
  readonly #poll: Poll;
  #watched = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isDue = false;
  #isDisposed = false;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    this.#poll = new Poll({
      name: options.name,
      auto: false,
      factory: () => options.read(),
      frequency: SAFETY_NET,
      standby: () => (this.#watched ? 'when-hidden' : true)
    });
    options.events.stream.connect(this.#onEvent, this);
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    if (!this.#isDisposed) {
      this.#isDisposed = true;
      this.#options.events.stream.disconnect(this.#onEvent, this);
      clearTimeout(this.#timer ?? undefined);
      this.#poll.dispose();
    }
  }

  get watched(): boolean {
    return this.#watched;
  }

  set watched(watched: boolean) {
    if (watched !== this.#watched && !this.#isDisposed) {
      this.#watched = watched;
      if (watched) {
        void this.refresh();
      }
    }
  }

  /** Read now. Never rejects. */
  async refresh(): Promise<void> {
    if (!this.#isDisposed) {
      await this.#poll.refresh().catch(() => undefined);
    }
  }

  #onEvent(_: Event.IManager, event: Event.Emission): void {
    if (!this.#watched || event.schema_id !== TRACKED_SCHEMA) {
      return;
    }
    if (this.#timer !== null) {
      this.#isDue = true;
      return;
    }
    void this.refresh();
    this.#timer = setTimeout(() => this.#onPause(), PAUSE);
  }

  #onPause(): void {
    this.#timer = null;
    if (this.#isDue) {
      this.#isDue = false;
      void this.refresh();
      this.#timer = setTimeout(() => this.#onPause(), PAUSE);
    }
  }
}
