/** What can be done with a pipeline document, and what is wrong with it. */

import { useState } from 'react';
import type { JSX } from 'react';

import type { DocumentState } from '../../model/pipeline/pipelineStore';
import type { PlacedFinding } from '../../model/pipeline/types';
import { useEditor } from './editorSurroundings';

export function EditorBar(props: {
  readonly state: DocumentState;
  readonly form: boolean;
  showForm(shown: boolean): void;
}): JSX.Element {
  const { state, form, showForm } = props;
  const { actions, trans } = useEditor();
  const [problems, setProblems] = useState(false);
  const { findings } = state.check;
  const counts = state.plan?.counts;
  return (
    <div className="jp-DagbookEditor-head">
      <div className="jp-DagbookEditor-bar" role="toolbar" aria-label={trans.__('Pipeline')}>
        <Button
          name={trans.__('Add notebook…')}
          act={actions.addNotebook}
          off={state.unreadable !== null}
        />
        <Button name={trans.__('Plan')} act={actions.plan} off={state.unreadable !== null} />
        <Button name={trans.__('Run…')} act={actions.run} off={state.unreadable !== null} />
        <span className="jp-DagbookEditor-gap" />
        <Button name={trans.__('Undo')} act={actions.undo} />
        <Button name={trans.__('Redo')} act={actions.redo} />
        {Object.keys(state.moved).length > 0 && (
          <Button name={trans.__('Tidy')} act={actions.tidy} />
        )}
        <button type="button" aria-pressed={form} onClick={() => showForm(!form)}>
          {trans.__('Properties')}
        </button>
        <span className="jp-DagbookEditor-grow" />
        {counts !== undefined && (
          <span role="status">
            {trans.__('%1 to run, %2 current, %3 skipped', counts.run, counts.reuse, counts.skip)}
          </span>
        )}
        {findings.length > 0 && (
          <button
            type="button"
            className="jp-DagbookEditor-problems"
            aria-expanded={problems}
            onClick={() => setProblems(!problems)}
          >
            {trans._n('%1 problem', '%1 problems', findings.length, findings.length)}
          </button>
        )}
      </div>
      {state.unreadable !== null && (
        <div className="jp-DagbookEditor-notice" role="alert">
          <span>
            {trans.__(
              'Line %1, column %2: %3. The drawing is of the last text that could be read.',
              state.unreadable.line,
              state.unreadable.column,
              state.unreadable.message
            )}
          </span>
          <GoTo line={state.unreadable.line} column={state.unreadable.column} />
        </div>
      )}
      {state.fault !== null && (
        <div className="jp-DagbookEditor-notice" role="alert">
          <span>
            {trans.__('That was not done: %1.', state.fault.message.replace(/\.$/, ''))}{' '}
            {state.fault.remedy || trans.__('The text can be changed by hand.')}
          </span>
          <Button name={trans.__('Dismiss')} act={actions.forgive} />
        </div>
      )}
      {problems && findings.length > 0 && <Problems findings={findings} />}
    </div>
  );
}

function Problems({ findings }: { readonly findings: readonly PlacedFinding[] }): JSX.Element {
  const { actions, trans } = useEditor();
  return (
    <ul className="jp-DagbookEditor-list" aria-label={trans.__('Problems')}>
      {findings.map((finding, index) => (
        <li key={index} data-wrong={finding.severity !== 'warning'}>
          <span>
            {finding.node !== null && finding.node !== undefined && (
              <button
                type="button"
                className="jp-DagbookEditor-link"
                onClick={() => actions.select(finding.node ?? null)}
              >
                {finding.node}
              </button>
            )}{' '}
            {finding.message}
            {finding.remedy !== '' && <em> {trans.__('Fix: %1', finding.remedy)}</em>}
          </span>
          {finding.line !== null && finding.line !== undefined && (
            <GoTo line={finding.line} column={finding.column ?? 1} />
          )}
        </li>
      ))}
    </ul>
  );
}

function GoTo(props: { readonly line: number; readonly column: number }): JSX.Element {
  const { actions, trans } = useEditor();
  const { line, column } = props;
  return <Button name={trans.__('Line %1', line)} act={() => actions.goTo(line, column)} />;
}

function Button(props: {
  readonly name: string;
  act(): void;
  readonly off?: boolean;
}): JSX.Element {
  return (
    <button type="button" disabled={props.off} onClick={() => props.act()}>
      {props.name}
    </button>
  );
}
