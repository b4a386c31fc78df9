/** Opens runs as drawings, and does what their buttons say. Fetched with the first. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { RunFollower } from '../../model/pipeline/runFollower';
import type { RunActions } from '../../view/pipeline/runActions';
import { complain } from '../launchActions';
import { LaunchRoutes } from '../launchRequest';
import { notebookPath } from '../notebookDrive';
import { DagbookServer, explain } from '../request';
import { RunViewWidget, runViewId } from './runViewWidget';

export interface RunViewPlaces {
  readonly app: JupyterFrontEnd;
  readonly tracker: WidgetTracker<MainAreaWidget<RunViewWidget>>;
  readonly trans: TranslationBundle;
}

/** Show a run, in the tab that it has if there is one. */
export async function openRunView(places: RunViewPlaces, run: string): Promise<void> {
  const { app, tracker, trans } = places;
  const there = tracker.find(({ content }) => content.id === runViewId(run));
  if (there !== undefined) {
    app.shell.activateById(there.id);
    return there.content.follower.follow();
  }
  const server = new DagbookServer(app.serviceManager.serverSettings);
  const follower = new RunFollower({
    run,
    entries: (id, after) => server.entries(id, after),
    explain: error => explain(error, trans)
  });
  const content = new RunViewWidget({
    follower,
    actions: actionsOf(places, follower),
    events: app.serviceManager.events,
    trans
  });
  const widget = new MainAreaWidget({ content });
  widget.id = `${content.id}:page`;
  widget.toolbar.hide();
  await tracker.add(widget);
  app.shell.add(widget, 'main', { type: 'Dagbook' });
  app.shell.activateById(widget.id);
}

/** The newest run of a pipeline file, by its path below the server's root; null where there is none. */
export async function latestRunOf(app: JupyterFrontEnd, path: string): Promise<string | null> {
  const server = new DagbookServer(app.serviceManager.serverSettings);
  const { runs } = await server.runs(200);
  const found = runs.find(
    ({ file, project }) =>
      file === path ||
      file.endsWith(`/${path}`) ||
      (project !== '.' && `${project}/${file}` === path)
  );
  return found?.run ?? null;
}

function actionsOf(places: RunViewPlaces, follower: RunFollower): RunActions {
  const { app, trans } = places;
  const routes = new LaunchRoutes(app.serviceManager.serverSettings);
  const { run } = follower.snapshot();
  const takenUp = async (verb: 'resume' | 'retry', body: object): Promise<void> => {
    const said = await routes.ask<{ run: string }>(['runs', run, verb], { body });
    await (said.run === run ? follower.follow() : openRunView(places, said.run));
  };
  const tried = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => complain(error, trans));
  };
  return {
    cancel: () => tried(routes.cancel(run).then(() => follower.follow())),
    resume: () => tried(takenUp('resume', {})),
    retry: steps => tried(takenUp('retry', steps.length === 0 ? {} : { steps })),
    openNotebook: step =>
      tried(app.commands.execute('docmanager:open', { path: notebookPath(run, step) }))
  };
}
