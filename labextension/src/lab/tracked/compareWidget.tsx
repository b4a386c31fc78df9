/** Runs side by side as a document of JupyterLab's main area. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, Notification } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import { CompareStore } from '../../model/tracked/compare';
import { PageWidget } from '../pageWidget';
import { explain } from '../request';
import { Recordings } from './recordings';
import { OPEN_RUN } from './trackedCommands';
import { TrackedRoutes } from './trackedRequest';

const ComparePage = lazy(async () => ({
  default: (await import('../../view/tracked/compare/ComparePage')).ComparePage
}));

const MOST = 7;

export class CompareWidget extends PageWidget {
  readonly store: CompareStore;
  readonly #app: JupyterFrontEnd;
  readonly #trans: TranslationBundle;
  readonly #recordings: Recordings;

  constructor(app: JupyterFrontEnd, runs: readonly string[], trans: TranslationBundle) {
    super({
      id: compareId(runs),
      className: 'jp-DagbookPage',
      label: trans.__('Compare %1 Runs', runs.length)
    });
    this.#app = app;
    this.#trans = trans;
    const routes = new TrackedRoutes(app.serviceManager.serverSettings);
    this.store = new CompareStore(runs, routes, error => explain(error, trans));
    this.#recordings = new Recordings({
      name: 'dagbook:compare',
      events: app.serviceManager.events,
      read: () => this.store.refresh()
    });
  }

  override dispose(): void {
    this.#recordings.dispose();
    super.dispose();
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
    return (
      <Suspense>
        <ComparePage
          store={this.store}
          trans={this.#trans}
          open={run => void this.#app.commands.execute(OPEN_RUN, { run })}
        />
      </Suspense>
    );
  }
}

/** Show runs side by side; says so when there are too few or too many. */
export async function openComparison(
  app: JupyterFrontEnd,
  comparisons: WidgetTracker<MainAreaWidget<CompareWidget>>,
  runs: readonly string[],
  trans: TranslationBundle
): Promise<void> {
  if (runs.length < 2 || runs.length > MOST) {
    Notification.info(trans.__('Select two to %1 runs in the panel, and compare them.', MOST));
    return;
  }
  const there = comparisons.find(({ content }) => content.id === compareId(runs));
  if (there !== undefined) {
    app.shell.activateById(there.id);
    return;
  }
  const content = new CompareWidget(app, runs, trans);
  const widget = new MainAreaWidget({ content });
  widget.id = `${content.id}:page`;
  widget.toolbar.hide();
  await comparisons.add(widget);
  app.shell.add(widget, 'main', { type: 'Dagbook' });
  app.shell.activateById(widget.id);
}

function compareId(runs: readonly string[]): string {
  return `dagbook-compare:${[...runs].sort().join(',')}`;
}
