/** Everything about one node of a run: its steps as a table, and the chosen one of them. */

import { useState } from 'react';
import type { JSX } from 'react';

import { duration } from '../../model/format';
import { shownStatus } from '../../model/shownStatus';
import { byUrgency } from '../../model/pipeline/runGraph';
import type { RunNode } from '../../model/pipeline/runGraph';
import type { StepState } from '../../model/steps';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { statusWord } from '../words';
import { StepDetails } from './StepDetails';
import { shown } from './StepValues';
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
  const [worst] = byUrgency(node.steps, props.gone);
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
      {step !== undefined && <StepDetails {...props} step={step} />}
    </section>
  );
}

function Steps(
  props: RunDetailsProps & { readonly chosen: string; choose(step: string): void }
): JSX.Element {
  const { node, gone, chosen, choose, trans } = props;
  return (
    // Forty rows leave room for the one that is chosen; who scrolls by keyboard has to get in.
    <div
      className="jp-DagbookRunView-table"
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="group"
      aria-label={trans.__('Steps')}
    >
      <table className="jp-DagbookRunView-steps">
        <tbody>
          {byUrgency(node.steps, gone).map(step => {
            const status = shownStatus(step, gone);
            const isChosen = step.outline.step === chosen;
            return (
              <tr key={step.outline.step} data-chosen={isChosen}>
                <td>
                  <button
                    type="button"
                    className="jp-DagbookEditor-link"
                    aria-pressed={isChosen}
                    onClick={() => choose(step.outline.step)}
                  >
                    {itemOf(step)}
                  </button>
                </td>
                <td>
                  <span className="jp-DagbookRunView-state">
                    <StatusIcon status={status} /> {statusWord(status, trans)}
                  </span>
                </td>
                <td>{step.seconds === null ? '' : duration(step.seconds)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function itemOf(step: StepState): string {
  const values = Object.entries(step.outline.item ?? {}).map(
    ([name, value]) => `${name}=${shown(value)}`
  );
  return values.length === 0 ? step.outline.step : values.join(', ');
}
