/** Opens launches, and lets a person choose what to run. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, MainAreaWidget, Notification } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { TranslationBundle } from '@jupyterlab/translation';

import { LaunchStore } from '../model/launch/launchStore';
import type { Form } from '../model/launch/form';
import { complain, launchActions } from './launchActions';
import { OPEN_LAUNCH } from './launchCommands';
import { LaunchRoutes } from './launchRequest';
import { LaunchWidget, launchId } from './launchWidget';
import { explain } from './request';

export interface LaunchPlaces {
  readonly app: JupyterFrontEnd;
  readonly tracker: WidgetTracker<MainAreaWidget<LaunchWidget>>;
  readonly documents: IDocumentManager | null;
  readonly trans: TranslationBundle;
}

/** Show the launch of a file, made if there is none. `run` is one to show; `form` is typed already. */
export async function openLaunch(
  places: LaunchPlaces,
  path: string,
  run: string | null,
  form: Form | undefined
): Promise<void> {
  const { app, tracker, trans } = places;
  await save(places, path).catch((error: unknown) => complain(error, trans));
  const there = tracker.find(({ content }) => content.id === launchId(path));
  if (there !== undefined) {
    app.shell.activateById(there.id);
    await there.content.store.open();
    return;
  }
  const routes = new LaunchRoutes(app.serviceManager.serverSettings);
  const store = new LaunchStore({
    path,
    server: routes,
    form,
    run,
    explain: error => explain(error, trans),
    save: file => save(places, file)
  });
  const content = new LaunchWidget({
    store,
    actions: launchActions({ app, routes, store, trans }),
    events: app.serviceManager.events,
    trans
  });
  const widget = new MainAreaWidget({ content });
  widget.id = `${content.id}:page`;
  widget.toolbar.hide();
  content.changed.connect(() => void tracker.save(widget));
  await tracker.add(widget);
  app.shell.add(widget, 'main', { type: 'Dagbook' });
  app.shell.activateById(widget.id);
}

/** Ask which pipeline or notebook is to be run, and open its launch. */
export async function chooseLaunch({ app, trans }: LaunchPlaces): Promise<void> {
  try {
    const found = await new LaunchRoutes(app.serviceManager.serverSettings).launchables();
    const items = [...found.pipelines, ...found.notebooks];
    if (items.length === 0) {
      Notification.info(trans.__('There is no notebook and no pipeline here yet.'));
      return;
    }
    const chosen = await InputDialog.getItem({
      title: trans.__('Run in background'),
      label: trans.__('A pipeline, or a notebook alone'),
      items,
      okLabel: trans.__('Next')
    });
    if (chosen.button.accept && chosen.value !== null) {
      await app.commands.execute(OPEN_LAUNCH, { path: chosen.value });
    }
  } catch (error) {
    complain(error, trans);
  }
}

/** Write down what is open and changed: what is on the screen is what is run. */
async function save({ documents }: LaunchPlaces, path: string): Promise<void> {
  const widget = documents?.findWidget(path);
  const context = widget === undefined ? undefined : documents?.contextForWidget(widget);
  if (context?.model.dirty === true && !context.model.readOnly) {
    await context.save();
  }
}
