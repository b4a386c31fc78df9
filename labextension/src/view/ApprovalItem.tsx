/** What a person is asked about a step, and the two answers. */

import type { JSX } from 'react';

import type { Approval } from '../model/approval';
import { useSurroundings } from './surroundings';

export interface ApprovalItemProps {
  readonly run: string;
  readonly step: string;
  readonly approval: Approval;
}

export function ApprovalItem({ run, step, approval }: ApprovalItemProps): JSX.Element {
  const { actions, trans } = useSurroundings();
  const { message, by } = approval;
  return (
    <span className="jp-DagbookApproval" role="group" aria-label={trans.__('Approval of %1', step)}>
      <span className="jp-DagbookApproval-message" title={message}>
        {message}
      </span>
      {by.length > 0 && (
        <span className="jp-DagbookApproval-by">{trans.__('For %1', by.join(', '))}</span>
      )}
      <span className="jp-DagbookApproval-answers">
        <button
          type="button"
          className="jp-DagbookButton jp-DagbookApproval-yes"
          aria-label={trans.__('Approve %1', step)}
          data-row
          onClick={() => actions.answer(run, step, true)}
        >
          {trans.__('Approve')}
        </button>
        <button
          type="button"
          className="jp-DagbookButton jp-DagbookApproval-no"
          aria-label={trans.__('Reject %1', step)}
          data-row
          onClick={() => actions.answer(run, step, false)}
        >
          {trans.__('Reject…')}
        </button>
      </span>
    </span>
  );
}
