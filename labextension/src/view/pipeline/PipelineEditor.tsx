/** A pipeline document: the drawing, what is wrong with it, and the properties of what is selected. */

import { useMemo, useState, useSyncExternalStore } from 'react';
import type { JSX, KeyboardEvent } from 'react';

import type { PipelineStore } from '../../model/pipeline/pipelineStore';
import type { Translation } from '../surroundings';
import { Drawing } from './Drawing';
import { EditorBar } from './EditorBar';
import { Properties } from './Properties';
import { EditorProvider } from './editorSurroundings';
import type { EditorActions } from './editorSurroundings';

export interface PipelineEditorProps {
  readonly store: PipelineStore;
  readonly actions: EditorActions;
  readonly trans: Translation;
}

export function PipelineEditor({ store, actions, trans }: PipelineEditorProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const surroundings = useMemo(() => ({ trans, actions }), [trans, actions]);
  const [form, setForm] = useState(false);
  const isShown = form || state.selected !== null;
  return (
    <EditorProvider value={surroundings}>
      {/* Undo and redo wherever the focus is: text fields keep their own. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="jp-DagbookEditor" onKeyDown={event => undoByKey(event, actions)}>
        <EditorBar state={state} form={form} showForm={setForm} />
        <div className="jp-DagbookEditor-main">
          <Drawing state={state} store={store} />
          {isShown && (
            <Properties
              key={state.selected ?? ''}
              state={state}
              close={() => {
                setForm(false);
                actions.select(null);
              }}
            />
          )}
        </div>
      </div>
    </EditorProvider>
  );
}

function undoByKey(event: KeyboardEvent, actions: EditorActions): void {
  const target = event.target as HTMLElement;
  if (!(event.ctrlKey || event.metaKey) || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) {
    return;
  }
  const key = event.key.toLowerCase();
  if (key === 'z' || key === 'y') {
    event.preventDefault();
    event.stopPropagation();
    if (key === 'y' || event.shiftKey) {
      actions.redo();
    } else {
      actions.undo();
    }
  }
}
