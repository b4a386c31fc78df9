/** The text of a pipeline as one writes it: completion and hints by the schema, and what is wrong underlined. */

import { autocompletion } from '@codemirror/autocomplete';
import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import type { Extension, Text } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { EditorView, Tooltip } from '@codemirror/view';

import type { PipelineStore } from '../../model/pipeline/pipelineStore';
import { cursorAt, meaningAt, offersAt } from '../../model/pipeline/schemaHelp';
import type { PlacedFinding } from '../../model/pipeline/types';

/** JupyterLab's editor, as far as it is CodeMirror's. */
export interface TextEditor {
  readonly editor: EditorView;
  injectExtension(extension: Extension): void;
}

/** Help whoever writes in the editor; ends with the store. */
export function helpWriting(text: TextEditor, store: PipelineStore): void {
  const { editor } = text;
  text.injectExtension([
    autocompletion({ icons: false, override: [context => completions(context, store)] }),
    hoverTooltip((view, position) => hint(view, position, store))
  ]);
  let shown: unknown = null;
  const underline = (): void => {
    const { unreadable, check } = store.snapshot();
    const wrong = unreadable ?? check;
    if (wrong !== shown) {
      shown = wrong;
      // Not at once: the store hears of a change while the editor is about it.
      queueMicrotask(() => {
        editor.dispatch(setDiagnostics(editor.state, diagnostics(editor.state.doc, store)));
      });
    }
  };
  store.subscribe(underline);
  underline();
}

function completions(context: CompletionContext, store: PipelineStore): CompletionResult | null {
  const { schema } = store.snapshot();
  const text = context.state.doc.toString();
  const cursor = cursorAt(text, context.pos);
  if (schema === null || cursor === null || (cursor.word === '' && !context.explicit)) {
    return null;
  }
  const options = offersAt(schema, text, cursor).map(offer => ({
    label: offer.label,
    apply: offer.text,
    detail: offer.detail,
    ...(offer.help === '' ? {} : { info: offer.help }),
    type: cursor.key === null ? 'property' : 'enum'
  }));
  return options.length === 0 ? null : { from: cursor.from, options, validFor: /^[\w-]*$/ };
}

function hint(view: EditorView, position: number, store: PipelineStore): Tooltip | null {
  const { schema } = store.snapshot();
  const line = view.state.doc.lineAt(position);
  const key = /^(\s*(?:- +)*)([\w-]+):(?:\s|$)/.exec(line.text);
  const start = line.from + (key?.[1]?.length ?? 0);
  const name = key?.[2] ?? '';
  if (schema === null || name === '' || position < start || position > start + name.length) {
    return null;
  }
  const cursor = cursorAt(view.state.doc.toString(), start);
  const meaning = cursor && meaningAt(schema, cursor.path, name);
  return meaning === null
    ? null
    : { pos: start, end: start + name.length, create: () => ({ dom: drawn(meaning) }) };
}

function drawn(meaning: {
  readonly label: string;
  readonly detail: string;
  readonly help: string;
}): HTMLElement {
  const box = document.createElement('div');
  box.className = 'jp-DagbookPipeline-hint';
  const name = document.createElement('strong');
  name.textContent = meaning.label;
  const type = document.createElement('span');
  type.textContent = meaning.detail;
  const help = document.createElement('div');
  help.textContent = meaning.help;
  box.append(name, ' ', type, help);
  return box;
}

/** What is wrong, where it stands; at the beginning of the file where that is not known. */
function diagnostics(text: Text, store: PipelineStore): readonly Diagnostic[] {
  const { unreadable, check } = store.snapshot();
  if (unreadable !== null) {
    return [
      {
        ...range(text, unreadable.line, unreadable.column),
        severity: 'error',
        message: unreadable.message
      }
    ];
  }
  return check.findings.map(finding => ({
    ...range(text, finding.line ?? 1, finding.column ?? 1),
    severity: finding.severity === 'warning' ? 'warning' : 'error',
    message: said(finding)
  }));
}

function said({ message, remedy }: PlacedFinding): string {
  return remedy ? `${message}\n${remedy}` : message;
}

/** From a place to the end of its word, at least one letter long. */
function range(text: Text, line: number, column: number): { from: number; to: number } {
  const there = text.line(Math.min(Math.max(line, 1), text.lines));
  const from = Math.min(there.from + column - 1, there.to);
  const word = /^[^\s:,{}[\]]+/.exec(text.sliceString(from, there.to))?.[0] ?? '';
  return { from, to: Math.max(from + word.length, Math.min(from + 1, text.length)) };
}
