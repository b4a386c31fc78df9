/** The table of recorded runs, kept in step with the server, the notebook in front, and what was chosen before. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { Debouncer } from '@lumino/polling';

import { TrackedFeed } from '../../model/tracked/trackedFeed';
import { TrackedStore, kept } from '../../model/tracked/trackedStore';
import type { Kept, TrackedChange } from '../../model/tracked/trackedStore';
import type { TrackedActions } from '../../view/tracked/trackedSurroundings';
import { TRACK_NOTEBOOK } from '../launchCommands';
import { isExecuted } from '../notebookDrive';
import { explain } from '../request';
import { Recordings } from './recordings';
import { COMPARE_RUNS, DELETE_RUN, OPEN_RUN, RENAME_RUN } from './trackedCommands';
import type { TrackedTable } from './tokens';
import { TrackedRoutes } from './trackedRequest';

const STATE = 'dagbook:recorded-runs';
const TYPING_PAUSE = 350;
const SCROLLING_PAUSE = 150;

export interface LiveTrackedOptions {
  readonly app: JupyterFrontEnd;
  readonly store: TrackedStore;
  readonly feed: TrackedFeed;
  readonly states: IStateDB | null;
}

/** Everything that the table needs, taken up where it was left. */
export async function openTracked(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  states: IStateDB | null,
  trans: TranslationBundle
): Promise<LiveTracked> {
  const store = new TrackedStore();
  const routes = new TrackedRoutes(app.serviceManager.serverSettings);
  const feed = new TrackedFeed(store, routes, error => explain(error, trans));
  const live = new LiveTracked({ app, store, feed, states });
  // The notebook in front is the last one that was, while it is open.
  const tell = (): void => {
    const context = notebooks?.currentWidget?.context;
    live.notebook = context === undefined || isExecuted(context.path) ? null : context.localPath;
  };
  notebooks?.currentChanged.connect((_, panel) => {
    tell();
    panel?.context.pathChanged.connect(tell);
  });
  await live.restore().catch(() => undefined);
  tell();
  return live;
}

export class LiveTracked implements TrackedTable {
  readonly store: TrackedStore;
  readonly actions: TrackedActions;
  readonly #options: LiveTrackedOptions;
  readonly #recordings: Recordings;
  readonly #typed: Debouncer<void>;
  readonly #seen: Debouncer<void>;

  constructor(options: LiveTrackedOptions) {
    const { app, store, feed } = options;
    this.#options = options;
    this.store = store;
    this.#recordings = new Recordings({
      name: 'dagbook:recorded-runs',
      events: app.serviceManager.events,
      read: () => this.#read()
    });
    this.#typed = new Debouncer(() => this.#recordings.refresh(), TYPING_PAUSE);
    this.#seen = new Debouncer(
      () => feed.sparks(store.snapshot().runs.filter(run => this.#onScreen.has(run.run))),
      SCROLLING_PAUSE
    );
    this.actions = {
      refresh: () => void this.#recordings.refresh(),
      more: () => void feed.more().catch(() => undefined),
      scope: scope => this.#want({ type: 'scoped', scope }),
      filter: filter => {
        this.#keep({ type: 'filtered', filter });
        void this.#typed.invoke().catch(() => undefined);
      },
      order: order => this.#want({ type: 'ordered', order }),
      columns: columns => this.#want({ type: 'columns-chosen', columns }),
      pin: pinned => this.#keep({ type: 'pinned', pinned }),
      select: (run, isSelected) => store.change({ type: 'selected', run, isSelected }),
      unselect: () => store.change({ type: 'unselected' }),
      compare: () => void app.commands.execute(COMPARE_RUNS),
      open: run => void app.commands.execute(OPEN_RUN, { run: run.run }),
      rename: run => void app.commands.execute(RENAME_RUN, { run: run.run }),
      remove: run => void app.commands.execute(DELETE_RUN, { run: run.run }),
      menu: (run, x, y) =>
        void import('./trackedActions').then(({ openRunMenu }) =>
          openRunMenu(app.commands, run, x, y)
        ),
      track: () => void app.commands.execute(TRACK_NOTEBOOK),
      seen: runs => {
        this.#onScreen = new Set(runs.map(run => run.run));
        void this.#seen.invoke().catch(() => undefined);
      }
    };
  }

  #onScreen = new Set<string>();

  get watched(): boolean {
    return this.#recordings.watched;
  }

  set watched(watched: boolean) {
    this.#recordings.watched = watched;
    if (watched) {
      void this.#options.feed.experiments().catch(() => undefined);
    } else {
      this.store.change({ type: 'link-changed', link: 'paused' });
    }
  }

  /** The notebook in front is another one. */
  set notebook(path: string | null) {
    if (path !== this.store.snapshot().notebook) {
      this.store.change({ type: 'notebook-in-front', path });
      if (this.watched && this.store.snapshot().scope.kind === 'notebook') {
        void this.#recordings.refresh();
      }
    }
  }

  /** Take up what was chosen before the page was loaded. */
  async restore(): Promise<void> {
    const before = (await this.#options.states?.fetch(STATE)) as unknown as Kept | undefined;
    if (before !== undefined) {
      this.store.change({ type: 'scoped', scope: before.scope });
      this.store.change({ type: 'filtered', filter: before.filter });
      this.store.change({ type: 'ordered', order: before.order });
      this.store.change({ type: 'columns-chosen', columns: before.columns });
      this.store.change({ type: 'pinned', pinned: before.pinned });
    }
  }

  async #read(): Promise<void> {
    await this.#options.feed.refresh();
    this.store.change({ type: 'link-changed', link: this.watched ? 'live' : 'paused' });
  }

  #want(change: TrackedChange): void {
    this.#keep(change);
    void this.#recordings.refresh();
  }

  #keep(change: TrackedChange): void {
    this.store.change(change);
    const state = kept(this.store.snapshot()) as unknown as ReadonlyPartialJSONValue;
    void this.#options.states?.save(STATE, state).catch(() => undefined);
  }
}
