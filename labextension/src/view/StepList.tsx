/** The steps of an opened run. A node with several steps is one row, which opens in turn. */

import { useId } from 'react';
import type { JSX } from 'react';

import type { NodeRow, StepRow } from '../model/selectors';
import { Chevron } from './Chevron';
import { ProgressBar } from './ProgressBar';
import { StatusIcon } from './StatusIcon';
import { StepItem } from './StepItem';
import { useSurroundings } from './surroundings';
import { statusWord } from './words';

export interface StepListProps {
  readonly run: string;
  readonly rows: readonly (StepRow | NodeRow)[];
}

export function StepList({ run, rows }: StepListProps): JSX.Element {
  return (
    <ul className="jp-DagbookSteps">
      {rows.map(row =>
        row.kind === 'step' ? (
          <StepItem key={row.step.outline.step} run={run} row={row} />
        ) : (
          <NodeItem key={row.key} run={run} row={row} />
        )
      )}
    </ul>
  );
}

function NodeItem({ run, row }: { readonly run: string; readonly row: NodeRow }): JSX.Element {
  const { actions, trans } = useSurroundings();
  const steps = useId();
  return (
    <li className="jp-DagbookGroup" data-node={row.node}>
      <button
        type="button"
        className="jp-DagbookGroup-head"
        aria-expanded={row.open}
        aria-controls={steps}
        data-row
        onClick={() => actions.toggle(row.key, !row.open)}
      >
        <StatusIcon status={row.status} />
        <span className="jp-DagbookStep-name" title={row.node}>
          {row.node}
        </span>
        <Chevron />
        <span className="jp-DagbookStep-detail">
          <span className="jp-DagbookWord">{statusWord(row.status, trans)}</span>
          {' · '}
          {trans.__('%1 of %2 ok', row.ok, row.steps.length)}
        </span>
        <ProgressBar segments={row.segments} />
      </button>
      <ul id={steps} className="jp-DagbookSteps" hidden={!row.open}>
        {row.open &&
          row.steps.map(step => <StepItem key={step.step.outline.step} run={run} row={step} />)}
      </ul>
    </li>
  );
}
