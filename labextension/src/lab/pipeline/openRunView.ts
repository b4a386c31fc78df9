/** Opens runs as drawings, and does what their buttons say. Fetched with the first. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { KEPT_FOR } from '../../model/launch/form';
import { RunFollower } from '../../model/pipeline/runFollower';
import type { RunActions } from '../../view/pipeline/runActions';
import { answer } from '../approve';
import { complain } from '../launchActions';
import { OPEN_RUN } from '../launchCommands';
import { LaunchRoutes } from '../launchRequest';
import { openNotebook, showCell } from '../notebookActions';
import { notebookPath } from '../notebookDrive';
import { DagbookServer, explain } from '../request';
import { save } from '../save';
import { attach, goOn, release } from './keptKernel';
import { RunViewWidget, runViewId } from './runViewWidget';
import { LEFT, takeUp } from './takeUp';

export interface RunViewPlaces {
  readonly app: JupyterFrontEnd;
  readonly tracker: WidgetTracker<MainAreaWidget<RunViewWidget>>;
  readonly trans: TranslationBundle;
}

/** Show a run, in the tab that it has if there is one. */
export async function openRunView(
  places: RunViewPlaces,
  run: string,
  node?: string
): Promise<void> {
  const { app, tracker, trans } = places;
  const there = tracker.find(({ content }) => content.id === runViewId(run));
  if (there !== undefined) {
    app.shell.activateById(there.id);
    there.content.follower.select(node ?? there.content.follower.snapshot().selected);
    return there.content.follower.follow();
  }
  const server = new DagbookServer(app.serviceManager.serverSettings);
  const follower = new RunFollower({
    run,
    entries: (id, after) => server.entries(id, after),
    explain: error => explain(error, trans)
  });
  follower.select(node ?? null);
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
  const settings = app.serviceManager.serverSettings;
  const routes = new LaunchRoutes(settings);
  const { run } = follower.snapshot();
  const again = async (verb: 'resume' | 'retry', body: object): Promise<void> => {
    const taken = await takeUp(routes, run, verb, body, trans);
    if (taken !== LEFT) {
      await (taken === run ? follower.follow() : openRunView(places, taken));
    }
  };
  const kept = { app, routes, trans, run };
  const tried = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => complain(error, trans));
  };
  return {
    cancel: () => tried(routes.cancel(run).then(() => follower.follow())),
    resume: () => tried(again('resume', {})),
    retry: (steps, keep = false) =>
      tried(
        again('retry', {
          ...(steps.length === 0 ? {} : { steps }),
          ...(keep ? { keep_failed: KEPT_FOR } : {})
        })
      ),
    attach: step => tried(attach(kept, step)),
    goOn: step => tried(goOn(kept, step).then(() => follower.follow())),
    release: step => tried(release(kept, step).then(() => follower.follow())),
    report: () =>
      tried(
        routes
          .report(run)
          .then(page => save(page, `${follower.snapshot().state.pipeline}-${run}.html`))
      ),
    openNotebook: (step, cell) => tried(showExecuted(app, notebookPath(run, step), cell)),
    openWithInputs: step =>
      tried(routes.openStep(run, step).then(({ path }) => openNotebook(app, path))),
    openRecord: id => tried(app.commands.execute(OPEN_RUN, { run: id })),
    answer: (step, approved) =>
      tried(answer(settings, trans, { run, step, approved }).then(() => follower.follow())),
    values: step => routes.ask(['runs', run, 'steps', step, 'values']),
    look: (step, of, name) =>
      routes.ask(['runs', run, 'steps', step, 'preview'], {
        query: [
          ['of', of],
          ['name', name]
        ]
      }),
    history: () => routes.ask(['runs', run, 'history']),
    openRun: (other, node) => tried(openRunView(places, other, node)),
    log: step => routes.ask(['runs', run, 'steps', step, 'log'])
  };
}

/** Open an executed notebook, at a cell if one is given; cells count from 1. */
async function showExecuted(app: JupyterFrontEnd, path: string, cell?: number): Promise<void> {
  const panel = await openNotebook(app, path);
  const found = cell === undefined ? undefined : panel?.content.widgets[cell - 1];
  if (panel !== null && found !== undefined) {
    await showCell(panel, found);
  }
}
