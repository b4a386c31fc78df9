/** A pipeline file in JupyterLab: the drawing and the text of one document, side by side. */

import { CodeEditorWrapper } from '@jupyterlab/codeeditor';
import type { IEditorServices } from '@jupyterlab/codeeditor';
import { PathExt } from '@jupyterlab/coreutils';
import { ABCWidgetFactory, DocumentWidget } from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Drag } from '@lumino/dragdrop';
import { SplitPanel } from '@lumino/widgets';
import { Suspense, lazy } from 'react';
import type { JSX } from 'react';

import type { PipelineStore } from '../../model/pipeline/pipelineStore';
import type { EditorActions } from '../../view/pipeline/editorSurroundings';
import type { TextEditor } from './textHelp';

type Context = DocumentRegistry.IContext<DocumentRegistry.ICodeModel>;

/** What is read of a drag of Lumino's. */
type Dragged = Pick<Drag.Event, 'mimeData' | 'proposedAction' | 'dropAction'>;

const FILES = 'application/x-jupyter-icontents';
const CAN_BE_NODE = /\.(ipynb|py|md)$/;

// Fetched when a pipeline is first opened: who does not look does not pay.
const PipelineEditor = lazy(async () => ({
  default: (await import('../../view/pipeline/PipelineEditor')).PipelineEditor
}));

export interface OpenedPipeline {
  readonly store: PipelineStore;
  readonly actions: EditorActions;
}

/** What the drawing asks of JupyterLab; `goTo` shows a place in the text. */
export type OpenPipeline = (
  context: Context,
  goTo: (line: number, column: number) => void
) => Promise<OpenedPipeline>;

/** The drawing. Empty until the file is there. */
export class CanvasWidget extends ReactWidget {
  readonly #context: Context;
  readonly #trans: TranslationBundle;
  #opened: OpenedPipeline | null = null;

  constructor(context: Context, open: Promise<OpenedPipeline>, trans: TranslationBundle) {
    super();
    this.#context = context;
    this.#trans = trans;
    this.addClass('jp-DagbookPipeline-canvas');
    this.node.tabIndex = -1;
    void open.then(opened => {
      if (this.isDisposed) {
        opened.store.dispose();
        return;
      }
      this.#opened = opened;
      context.model.contentChanged.connect(this.#onText, this);
      context.pathChanged.connect(this.#onPath, this);
      this.update();
    });
  }

  /** Null while the file is being read. */
  get store(): PipelineStore | null {
    return this.#opened?.store ?? null;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.#context.model.contentChanged.disconnect(this.#onText, this);
      this.#context.pathChanged.disconnect(this.#onPath, this);
      this.#opened?.store.dispose();
      super.dispose();
    }
  }

  /** Notebooks that are dragged here from the file browser. */
  handleEvent(event: Event): void {
    const drag = event as unknown as Dragged;
    const paths = this.#dragged(drag);
    if (paths.length === 0) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    drag.dropAction = drag.proposedAction;
    if (event.type === 'lm-drop') {
      const folder = PathExt.dirname(this.#context.localPath);
      for (const path of paths) {
        this.store?.act({ do: 'add-node', notebook: PathExt.relative(folder, path) });
      }
    }
  }

  protected override onAfterAttach(): void {
    for (const type of ['lm-dragenter', 'lm-dragover', 'lm-drop']) {
      this.node.addEventListener(type, this);
    }
    super.update();
  }

  protected override onBeforeDetach(): void {
    for (const type of ['lm-dragenter', 'lm-dragover', 'lm-drop']) {
      this.node.removeEventListener(type, this);
    }
  }

  protected override render(): JSX.Element {
    if (this.#opened === null) {
      return <></>;
    }
    const { store, actions } = this.#opened;
    return (
      <Suspense>
        <PipelineEditor store={store} actions={actions} trans={this.#trans} />
      </Suspense>
    );
  }

  #dragged(event: Dragged): readonly string[] {
    const paths: unknown = event.mimeData.getData(FILES);
    return Array.isArray(paths)
      ? paths.filter(
          (path): path is string =>
            typeof path === 'string' && CAN_BE_NODE.test(path) && !path.includes(':')
        )
      : [];
  }

  #onText(): void {
    this.store?.textChanged();
  }

  #onPath(): void {
    this.store?.renamed(this.#context.localPath);
  }
}

export class PipelineDocument extends DocumentWidget<SplitPanel, DocumentRegistry.ICodeModel> {
  constructor(
    options: DocumentWidget.IOptions<SplitPanel, DocumentRegistry.ICodeModel> & {
      readonly canvas: CanvasWidget;
    }
  ) {
    super(options);
    this.canvas = options.canvas;
    this.addClass('jp-DagbookPipeline');
    this.toolbar.hide();
  }

  readonly canvas: CanvasWidget;
}

export interface PipelineFactoryOptions {
  readonly widget: DocumentRegistry.IWidgetFactoryOptions<PipelineDocument>;
  readonly editors: IEditorServices;
  readonly open: OpenPipeline;
  readonly trans: TranslationBundle;
}

export class PipelineFactory extends ABCWidgetFactory<
  PipelineDocument,
  DocumentRegistry.ICodeModel
> {
  readonly #options: PipelineFactoryOptions;

  constructor(options: PipelineFactoryOptions) {
    super(options.widget);
    this.#options = options;
  }

  protected override createNewWidget(context: Context): PipelineDocument {
    const { editors, open, trans } = this.#options;
    context.model.mimeType = 'text/x-yaml';
    const text = new CodeEditorWrapper({
      model: context.model,
      factory: editors.factoryService.newDocumentEditor,
      editorOptions: { config: { lineNumbers: true, lineWrap: false } }
    });
    text.addClass('jp-DagbookPipeline-text');
    text.node.setAttribute('role', 'region');
    text.node.setAttribute('aria-label', trans.__('Text of the pipeline'));
    const goTo = (line: number, column: number): void => {
      text.editor.setCursorPosition({ line: line - 1, column: column - 1 });
      text.editor.focus();
    };
    const opened = context.ready.then(() => open(context, goTo));
    void opened.then(async ({ store }) => {
      const { helpWriting } = await import('./textHelp');
      if (!text.isDisposed) {
        helpWriting(text.editor as unknown as TextEditor, store);
      }
    });
    const canvas = new CanvasWidget(context, opened, trans);
    const content = new SplitPanel({ orientation: 'horizontal', spacing: 4 });
    content.addWidget(canvas);
    content.addWidget(text);
    content.setRelativeSizes([3, 2]);
    return new PipelineDocument({ context, content, canvas });
  }
}
