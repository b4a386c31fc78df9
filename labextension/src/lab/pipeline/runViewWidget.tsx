/** A run as a document of JupyterLab's main area. */

import type { Event } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Poll } from '@lumino/polling';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { RunFollower } from '../../model/pipeline/runFollower';
import type { RunActions } from '../../view/pipeline/runActions';
import { SCHEMA_ID } from '../live';
import { PageWidget } from '../pageWidget';

const RunView = lazy(async () => ({
  default: (await import('../../view/pipeline/RunView')).RunView
}));

const WHILE_IT_GOES_ON = { interval: 2_000, max: 20_000, backoff: true };

export interface RunViewOptions {
  readonly follower: RunFollower;
  readonly actions: RunActions;
  readonly events: Event.IManager;
  readonly trans: TranslationBundle;
}

export class RunViewWidget extends PageWidget {
  readonly follower: RunFollower;
  readonly #options: RunViewOptions;
  readonly #poll: Poll;
  readonly #forget: () => void;

  constructor(options: RunViewOptions) {
    const { follower, events, trans } = options;
    const { run } = follower.snapshot();
    super({
      id: runViewId(run),
      className: 'jp-DagbookPipeline-canvas',
      label: run,
      caption: trans.__('Run %1', run)
    });
    this.#options = options;
    this.follower = follower;
    this.#poll = new Poll({
      name: 'dagbook:run-view',
      auto: false,
      factory: () => (follower.isGoingOn ? follower.follow() : Promise.resolve()),
      frequency: WHILE_IT_GOES_ON,
      standby: () => (this.isVisible ? 'when-hidden' : true)
    });
    events.stream.connect(this.#onEvent, this);
    this.#forget = follower.subscribe(() => this.#name());
    void follower.follow();
    void this.#poll.start();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.#options.events.stream.disconnect(this.#onEvent, this);
      this.#poll.dispose();
      this.#forget();
      this.follower.dispose();
      super.dispose();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    void this.follower.follow();
  }

  protected override render(): JSX.Element {
    const { follower, actions, trans } = this.#options;
    return (
      <Suspense>
        <RunView follower={follower} actions={actions} trans={trans} />
      </Suspense>
    );
  }

  /** A tab is narrow: the pipeline's name says more than the id, which the caption has. */
  #name(): void {
    const { pipeline } = this.follower.snapshot().state;
    if (pipeline !== '') {
      this.title.label = pipeline;
    }
  }

  #onEvent(_: Event.IManager, event: Event.Emission): void {
    if (event.schema_id === SCHEMA_ID && event['run'] === this.follower.snapshot().run) {
      void this.follower.follow();
    }
  }
}

export function runViewId(run: string): string {
  return `dagbook-run-view:${run}`;
}
