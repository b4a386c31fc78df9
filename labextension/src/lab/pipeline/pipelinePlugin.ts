/** Opens `*.pipeline.yaml` as a drawing beside its text, and makes new ones. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { PathExt } from '@jupyterlab/coreutils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import type { Contents } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { dagbookIcon } from '../icon';
import { PIPELINES, addFileType } from '../pipelineFileType';
import { DRAFT_PIPELINE, NEW_PIPELINE } from './pipelineCommands';
import { PipelineFactory } from './pipelineDocument';
import type { PipelineDocument } from './pipelineDocument';

const FACTORY = 'Pipeline';

export const pipelinePlugin: JupyterFrontEndPlugin<void> = {
  id: 'dagbook:pipeline',
  description: 'Opens pipeline files as a drawing beside their text.',
  autoStart: true,
  requires: [IEditorServices],
  optional: [IDefaultFileBrowser, ICommandPalette, ILauncher, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    editors: IEditorServices,
    browser: IDefaultFileBrowser | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    addFileType(app, trans);
    const tracker = new WidgetTracker<PipelineDocument>({ namespace: 'dagbook-pipeline' });
    const factory = new PipelineFactory({
      widget: {
        name: FACTORY,
        label: trans.__('Pipeline'),
        fileTypes: [PIPELINES],
        defaultFor: [PIPELINES],
        modelName: 'text'
      },
      editors,
      trans,
      open: async (context, goTo) => {
        const { openPipeline } = await import('./openPipeline');
        return openPipeline({ app, context, trans, goTo });
      }
    });
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = dagbookIcon;
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    // Its optional properties may be undefined here, which TypeScript is strict about.
    app.docRegistry.addWidgetFactory(factory as unknown as DocumentRegistry.WidgetFactory);
    void restorer?.restore(tracker, {
      command: 'docmanager:open',
      args: ({ context }) => ({ path: context.path, factory: FACTORY }),
      name: ({ context }) => context.path
    });
    addCommands(app, browser, trans);
    followNotebooks(app, tracker, trans);
    const category = trans.__('Dagbook');
    palette?.addItem({ command: NEW_PIPELINE, category });
    palette?.addItem({ command: DRAFT_PIPELINE, category });
    launcher?.add({ command: NEW_PIPELINE, category: trans.__('Other'), rank: 19 });
  }
};

function addCommands(
  app: JupyterFrontEnd,
  browser: IDefaultFileBrowser | null,
  trans: TranslationBundle
): void {
  const { commands, serviceManager } = app;
  const here = (): string => browser?.model.path ?? '';
  const describedBy = {
    args: {
      type: 'object',
      properties: {
        path: { type: 'string', description: 'Of a folder; that of the file browser otherwise' }
      }
    }
  } as const;
  const folderOf = (path: unknown): string => (typeof path === 'string' ? path : here());
  const open = (path: string): Promise<unknown> =>
    commands.execute('docmanager:open', { path, factory: FACTORY });
  commands.addCommand(NEW_PIPELINE, {
    label: trans.__('New Pipeline'),
    caption: trans.__('Draw a pipeline of notebooks'),
    icon: dagbookIcon,
    describedBy,
    execute: async args => {
      const path = folderOf(args['path']);
      const file = await serviceManager.contents.newUntitled({
        path,
        type: 'file',
        ext: '.pipeline.yaml'
      });
      return open(file.path);
    }
  });
  commands.addCommand(DRAFT_PIPELINE, {
    label: trans.__('New Pipeline from This Folder'),
    caption: trans.__(
      'Write a pipeline file for the notebooks in the folder, from what they declare'
    ),
    icon: dagbookIcon,
    describedBy,
    execute: async args => {
      const { draftPipeline } = await import('./draftPipeline');
      const path = await draftPipeline(app, folderOf(args['path']), trans);
      return path === null ? undefined : open(path);
    }
  });
}

/** Offers to write the new path where a notebook of an open pipeline was renamed or moved. */
function followNotebooks(
  app: JupyterFrontEnd,
  tracker: WidgetTracker<PipelineDocument>,
  trans: TranslationBundle
): void {
  const onChange = (_: Contents.IManager, change: Contents.IChangedArgs): void => {
    const [before, after] = [change.oldValue?.path, change.newValue?.path];
    if (change.type !== 'rename' || before === undefined || after === undefined) {
      return;
    }
    tracker.forEach(({ canvas, context }) => {
      const folder = PathExt.dirname(context.localPath);
      const from = PathExt.relative(folder, before);
      const to = PathExt.relative(folder, after);
      const nodes =
        canvas.store?.snapshot().graph.nodes.filter(node => node.notebook === from) ?? [];
      if (nodes.length > 0) {
        const names = nodes.map(node => node.name).join(', ');
        Notification.info(trans.__('%1 is now %2; %3 of this pipeline uses it.', from, to, names), {
          autoClose: false,
          actions: [
            {
              label: trans.__('Update %1', PathExt.basename(context.localPath)),
              callback: () => void canvas.store?.act({ do: 'move-notebook', from, to })
            }
          ]
        });
      }
    });
  };
  app.serviceManager.contents.fileChanged.connect(onChange);
}
