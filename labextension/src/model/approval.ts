/** What a question to a person, and the answer, mean for a step. Twin of `dagbook/run/approval.py`. */

import type { StepState } from './steps';
import type { Answer, ApprovalEnded, ApprovalRequested } from './types';

/** A question to a person; times are ISO 8601. `answer` is empty until there is one. */
export interface Approval {
  readonly message: string;
  readonly by: readonly string[];
  readonly timeout: number | null;
  readonly asked: string;
  readonly answer: Answer | '';
  readonly who: string;
  readonly comment: string;
  readonly answered: string | null;
}

export function approvalRequested(event: ApprovalRequested, at: string): Partial<StepState> {
  const approval: Approval = {
    message: event.message,
    by: event.by ?? [],
    timeout: event.timeout ?? null,
    asked: at,
    answer: '',
    who: '',
    comment: '',
    answered: null
  };
  return { approval, waiting: waitingFor(approval) };
}

export function approvalEnded(
  step: StepState,
  event: ApprovalEnded,
  at: string
): Partial<StepState> {
  const asked =
    step.approval ??
    approvalRequested({ kind: 'approval_requested', step: event.step, message: '' }, at).approval;
  const approval = asked && {
    ...asked,
    answer: event.as,
    who: event.by ?? '',
    comment: event.comment ?? '',
    answered: at
  };
  return event.as === 'approved'
    ? { approval: approval ?? null, waiting: '' }
    : {
        approval: approval ?? null,
        waiting: '',
        state: event.as === 'timed-out' ? 'timed-out' : 'failed',
        finished: at,
        error: event.error ?? null,
        retryIn: null
      };
}

/** Whether somebody was asked about the step, and has not answered yet. */
export function isUnanswered(step: StepState): boolean {
  return step.state === 'pending' && step.approval?.answer === '';
}

/** What is left of a question when its step is done again: one yes is for one success with these inputs. */
export function approvalWhenPlannedAgain(step: StepState, sameInputs: boolean): Approval | null {
  const { approval, state } = step;
  const over = state === 'succeeded' || state === 'reused';
  return approval === null ||
    !sameInputs ||
    over ||
    approval.answer === 'rejected' ||
    approval.answer === 'timed-out'
    ? null
    : approval;
}

/** What the step waits for, in words; empty when it does not. */
export function waitingFor(approval: Approval | null): string {
  return approval !== null && approval.answer === '' ? `approval: ${approval.message}` : '';
}
