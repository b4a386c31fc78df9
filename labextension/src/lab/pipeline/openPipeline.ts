/** What the buttons of a pipeline document do in JupyterLab. Fetched with the first document. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

import { partRequest } from '../../model/pipeline/parts';
import { PipelineStore } from '../../model/pipeline/pipelineStore';
import type { SharedText } from '../../model/pipeline/pipelineStore';
import { edited } from '../../model/pipeline/yamlEdits';
import type { EditorActions } from '../../view/pipeline/editorSurroundings';
import { complain } from '../launchActions';
import { OPEN_LAUNCH } from '../launchCommands';
import { LaunchRoutes } from '../launchRequest';
import { explain } from '../request';
import { OPEN_RUN_VIEW } from './pipelineCommands';
import type { OpenedPipeline } from './pipelineDocument';
import { PipelineRoutes } from './pipelineRequest';
import { PlacesFile } from './placesFile';

type Context = DocumentRegistry.IContext<DocumentRegistry.ICodeModel>;

export interface PipelineParts {
  readonly app: JupyterFrontEnd;
  readonly context: Context;
  readonly trans: TranslationBundle;
  goTo(line: number, column: number): void;
}

export function openPipeline(parts: PipelineParts): OpenedPipeline {
  const { app, context, trans } = parts;
  const { contents, serverSettings } = app.serviceManager;
  const routes = new PipelineRoutes(new LaunchRoutes(serverSettings));
  const places = new PlacesFile(contents, () => context.path);
  const store = new PipelineStore({
    path: context.localPath,
    text: sharedText(context),
    server: routes,
    explain: error => explain(error, trans),
    keep: moved => places.keep(moved)
  });
  places.read().then(
    moved => store.placed(moved),
    (error: unknown) => complain(error, trans)
  );
  return { store, actions: actionsOf(parts, store, routes) };
}

function sharedText({ model }: Context): SharedText {
  const { sharedModel } = model;
  return {
    text: () => sharedModel.getSource(),
    edit: edits => {
      if (
        edits.length === 0 ||
        edited(sharedModel.getSource(), edits) === sharedModel.getSource()
      ) {
        return;
      }
      sharedModel.transact(() => {
        for (const { start, end, text } of edits) {
          sharedModel.updateSource(start, end, text);
        }
      });
    }
  };
}

function actionsOf(
  parts: PipelineParts,
  store: PipelineStore,
  routes: PipelineRoutes
): EditorActions {
  const { app, context, trans } = parts;
  const { sharedModel } = context.model;
  const saved = async (): Promise<void> => {
    if (context.model.dirty && !context.model.readOnly) {
      await context.save();
    }
  };
  const tried = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => complain(error, trans));
  };
  return {
    act: action => store.act(action),
    select: node => store.select(node),
    tidy: () => store.tidy(),
    forgive: () => store.forgive(),
    undo: () => sharedModel.undo(),
    redo: () => sharedModel.redo(),
    addNotebook: () => tried(addNotebook(parts, store, routes)),
    plan: () => tried(saved().then(() => store.plan())),
    run: () =>
      tried(saved().then(() => app.commands.execute(OPEN_LAUNCH, { path: context.localPath }))),
    runPart: (part, node) =>
      tried(
        saved()
          .then(() => routes.startPart(partRequest(context.localPath, part, node)))
          .then(({ run }) => app.commands.execute(OPEN_RUN_VIEW, { run }))
      ),
    showRun: () => tried(showRun(parts)),
    openNotebook: notebook => {
      const path = PathExt.join(PathExt.dirname(context.path), notebook);
      tried(app.commands.execute('docmanager:open', { path }));
    },
    goTo: (line, column) => parts.goTo(line, column)
  };
}

async function showRun({ app, context, trans }: PipelineParts): Promise<void> {
  const shown: unknown = await app.commands.execute(OPEN_RUN_VIEW, { path: context.localPath });
  if (shown === false) {
    Notification.info(trans.__('This pipeline has not been run yet.'));
  }
}

async function addNotebook(
  { context, trans }: PipelineParts,
  store: PipelineStore,
  routes: PipelineRoutes
): Promise<void> {
  const { notebooks } = await routes.launches.launchables();
  const folder = PathExt.dirname(context.localPath);
  const items = notebooks.map(path => PathExt.relative(folder, path));
  const asked = await InputDialog.getItem({
    title: trans.__('Add a notebook'),
    label: trans.__('Its path from the pipeline file'),
    items,
    editable: true,
    okLabel: trans.__('Add')
  });
  if (asked.button.accept && asked.value !== null && asked.value.trim() !== '') {
    store.act({ do: 'add-node', notebook: asked.value.trim() });
  }
}
