/** One step of a run: how it stands, why, and the way to its executed notebook. */

import type { JSX } from 'react';

import { duration, elapsed, timeOfDay } from '../model/format';
import type { StepRow } from '../model/selectors';
import { isUnanswered } from '../model/approval';
import { ApprovalItem } from './ApprovalItem';
import { StatusIcon } from './StatusIcon';
import { useSurroundings } from './surroundings';
import type { Surroundings } from './surroundings';
import { statusWord } from './words';

export interface StepItemProps {
  readonly run: string;
  readonly row: StepRow;
}

export function StepItem({ run, row }: StepItemProps): JSX.Element {
  const surroundings = useSurroundings();
  const { actions, trans } = surroundings;
  const { step, status, label } = row;
  const canOpen = step.notebook !== '';
  const open = (): void => {
    if (canOpen) {
      actions.openNotebook(run, step.outline.step);
    }
  };
  const detail = detailOf(row, surroundings);
  return (
    // A double click is a shortcut for the mouse; the button inside is there for everybody.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      className="jp-DagbookStep"
      data-status={status}
      data-step={step.outline.step}
      onDoubleClick={open}
    >
      <StatusIcon status={status} />
      <span className="jp-DagbookStep-name" title={step.outline.step}>
        {label}
      </span>
      {canOpen && <OpenNotebook name={step.outline.step} open={open} />}
      <span className="jp-DagbookStep-time">{timeOf(row, surroundings.now)}</span>
      <span className="jp-DagbookStep-detail">
        <span className="jp-DagbookWord">{statusWord(status, trans)}</span>
        {detail !== '' && <span title={detail}>{` · ${detail}`}</span>}
      </span>
      <StepError row={row} />
      {step.approval !== null && isUnanswered(step) && (
        <ApprovalItem run={run} step={step.outline.step} approval={step.approval} />
      )}
      {status === 'running' && step.line !== '' && (
        <span className="jp-DagbookStep-line" title={step.line}>
          {step.line}
        </span>
      )}
      {step.warnings.map(warning => (
        <span key={warning} className="jp-DagbookStep-warning">
          {warning}
        </span>
      ))}
    </li>
  );
}

function StepError({ row }: { readonly row: StepRow }): JSX.Element | null {
  const { trans } = useSurroundings();
  const { error } = row.step;
  if (error === null) {
    return null;
  }
  const text = error.value === '' ? error.name : `${error.name}: ${error.value}`;
  return (
    <span className="jp-DagbookStep-error" title={text}>
      {text}
      {Boolean(error.remedy) && (
        <span className="jp-DagbookStep-remedy">{trans.__('Fix: %1', error.remedy)}</span>
      )}
    </span>
  );
}

function OpenNotebook({ name, open }: { readonly name: string; open(): void }): JSX.Element {
  const { trans } = useSurroundings();
  return (
    <button
      type="button"
      className="jp-DagbookButton jp-DagbookStep-open"
      title={trans.__('Open the executed notebook')}
      aria-label={trans.__('Open the executed notebook of %1', name)}
      data-row
      onClick={open}
    >
      <svg
        viewBox="0 0 16 16"
        width="14"
        height="14"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
      >
        <path
          d="M9.5 2.5 H13.5 V6.5 M13.2 2.8 8 8 M11.5 9.5 V13 H3 V4.5 H6.5"
          strokeWidth="1.3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </button>
  );
}

function timeOf({ step, status }: StepRow, now: number): string {
  if (status === 'running' && step.started !== null) {
    return duration(elapsed(step.started, now));
  }
  return step.seconds === null || status === 'pending' || status === 'lost'
    ? ''
    : duration(step.seconds);
}

function detailOf(row: StepRow, { trans }: Surroundings): string {
  const parts = [whereOf(row, trans)];
  if (row.step.attempt > 1) {
    parts.push(trans.__('attempt %1', row.step.attempt));
  }
  return parts.filter(part => part !== '').join(' · ');
}

function whereOf(row: StepRow, trans: Surroundings['trans']): string {
  const { step, status, waitsFor } = row;
  switch (status) {
    case 'pending':
      if (isUnanswered(step)) {
        return trans.__('waits for approval');
      }
      return waitsFor.length > 0
        ? trans.__('waits for %1', waitsFor.join(', '))
        : step.waiting && trans.__('waits for %1', step.waiting);
    case 'running':
      if (step.stopping) {
        return trans.__('stopping');
      }
      return step.cell === 0
        ? trans.__('starting its kernel')
        : trans.__('cell %1 of %2', step.cell, step.total);
    case 'held':
      return step.held === null
        ? ''
        : trans.__(
            '%1: its kernel is kept until %2',
            step.held.error.name,
            timeOfDay(step.held.until)
          );
    case 'succeeded':
      if (step.byHand !== '') {
        return trans.__('finished by hand by %1', step.byHand);
      }
      return step.stoppedEarly === null
        ? ''
        : trans.__('stopped early at cell %1', step.stoppedEarly);
    case 'reused':
    case 'skipped':
      return step.reason;
    case 'failed':
    case 'timed-out':
    case 'killed':
      return typeof step.error?.cell === 'number' ? trans.__('in cell %1', step.error.cell) : '';
    case 'lost':
      return step.cell === 0 ? '' : trans.__('was at cell %1 of %2', step.cell, step.total);
    case 'cancelled':
      return '';
  }
}
