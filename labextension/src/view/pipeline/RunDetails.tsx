/** Everything about one node of a run: its steps as a table, and of the chosen one its error, outputs and notebook. */

import { useState } from 'react';
import type { JSX } from 'react';

import { duration } from '../../model/format';
import { shownStatus } from '../../model/pipeline/runGraph';
import type { RunNode } from '../../model/pipeline/runGraph';
import type { StepState } from '../../model/steps';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { statusWord } from '../words';
import type { RunActions } from './runActions';

export interface RunDetailsProps {
  readonly node: RunNode;
  readonly gone: boolean;
  /** Whether nobody drives the run, so that it can be taken up again. */
  readonly isOver: boolean;
  readonly actions: RunActions;
  readonly trans: Translation;
  close(): void;
}

export function RunDetails(props: RunDetailsProps): JSX.Element {
  const { node, trans } = props;
  const worst = node.steps.find(step => step.error !== null) ?? node.steps[0];
  const [chosen, choose] = useState(worst?.outline.step ?? '');
  const step = node.steps.find(each => each.outline.step === chosen) ?? worst;
  return (
    <section className="jp-DagbookForm" aria-label={trans.__('Details')}>
      <div className="jp-DagbookForm-head">
        <h2>{node.node}</h2>
        <button type="button" aria-label={trans.__('Close the details')} onClick={props.close}>
          ×
        </button>
      </div>
      {node.steps.length > 1 && <Steps {...props} chosen={chosen} choose={choose} />}
      {step !== undefined && <Step {...props} step={step} />}
    </section>
  );
}

function Steps(
  props: RunDetailsProps & { readonly chosen: string; choose(step: string): void }
): JSX.Element {
  const { node, gone, chosen, choose, trans } = props;
  return (
    <table className="jp-DagbookRunView-steps" aria-label={trans.__('Steps')}>
      <tbody>
        {node.steps.map(step => {
          const status = shownStatus(step, gone);
          return (
            <tr key={step.outline.step} data-chosen={step.outline.step === chosen}>
              <td>
                <button
                  type="button"
                  className="jp-DagbookEditor-link"
                  onClick={() => choose(step.outline.step)}
                >
                  {itemOf(step)}
                </button>
              </td>
              <td>
                <StatusIcon status={status} /> {statusWord(status, trans)}
              </td>
              <td>{step.seconds === null ? '' : duration(step.seconds)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Step(props: RunDetailsProps & { readonly step: StepState }): JSX.Element {
  const { step, gone, isOver, actions, trans } = props;
  const { step: name, node } = step.outline;
  const { error } = step;
  const outputs = Object.entries(step.outputs);
  return (
    <>
      <p>
        <StatusIcon status={shownStatus(step, gone)} /> {name}:{' '}
        {statusWord(shownStatus(step, gone), trans)}
        {step.attempt > 1 && `, ${trans.__('attempt %1', step.attempt)}`}
        {step.seconds !== null && `, ${duration(step.seconds)}`}
      </p>
      {step.reason !== '' && <p>{step.reason}</p>}
      {error !== null && (
        <div className="jp-DagbookRunView-error">
          <strong>
            {error.cell === null || error.cell === undefined
              ? error.name
              : trans.__('%1 in cell %2', error.name, error.cell)}
          </strong>
          <p>{error.value}</p>
          {error.remedy !== undefined && error.remedy !== '' && (
            <p>{trans.__('Fix: %1', error.remedy)}</p>
          )}
        </div>
      )}
      {step.warnings.map(warning => (
        <p key={warning}>{warning}</p>
      ))}
      <div className="jp-DagbookForm-buttons">
        {step.notebook !== '' && (
          <button type="button" onClick={() => actions.openNotebook(name)}>
            {trans.__('Open the executed notebook')}
          </button>
        )}
        {isOver && (
          <button type="button" onClick={() => actions.retry([node])}>
            {trans.__('Retry from here')}
          </button>
        )}
      </div>
      {outputs.length > 0 && (
        <dl aria-label={trans.__('Outputs')}>
          {outputs.map(([output, value]) => (
            <div key={output}>
              <dt>{output}</dt>
              <dd>{shown(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

function itemOf(step: StepState): string {
  const values = Object.entries(step.outline.item ?? {}).map(
    ([name, value]) => `${name}=${shown(value)}`
  );
  return values.length === 0 ? step.outline.step : values.join(', ');
}

const LONGEST = 300;

/** An output as it stands in the journal: a value, or the file that it is. */
function shown(value: unknown): string {
  const {
    kind,
    path,
    value: inner
  } = (typeof value === 'object' && value !== null ? value : {}) as {
    kind?: string;
    path?: string;
    value?: unknown;
  };
  const text = kind === 'file' ? (path ?? '') : JSON.stringify(kind === 'value' ? inner : value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
