/** One run: a line that says how it stands, and its steps when opened. */

import { useId } from 'react';
import type { JSX } from 'react';

import { ago, duration, elapsed, moment } from '../model/format';
import { stepRows } from '../model/selectors';
import type { RunRow } from '../model/selectors';
import type { RunRecord } from '../model/runStore';
import { Chevron } from './Chevron';
import { ProgressBar } from './ProgressBar';
import { StatusIcon } from './StatusIcon';
import { StepList } from './StepList';
import { useSurroundings } from './surroundings';
import { statusWord } from './words';

export interface RunItemProps {
  readonly row: RunRow;
  readonly record: RunRecord;
  readonly open: ReadonlySet<string>;
}

export function RunItem({ row, record, open }: RunItemProps): JSX.Element {
  const { actions, trans, locale, now } = useSurroundings();
  const body = useId();
  return (
    <li className="jp-DagbookRun" data-run={row.run} data-status={row.status}>
      <button
        type="button"
        className="jp-DagbookRun-head"
        aria-expanded={row.open}
        aria-controls={body}
        data-row
        title={tooltip(row, locale)}
        onClick={() => actions.toggle(row.run, !row.open)}
      >
        <StatusIcon status={row.status} />
        <span className="jp-DagbookRun-name">
          {row.pipeline}
          {row.project !== '.' && <span className="jp-DagbookRun-project">{row.project}</span>}
        </span>
        <span className="jp-DagbookRun-time">{timeOf(row, now)}</span>
        <Chevron />
        <span className="jp-DagbookRun-detail">
          <span className="jp-DagbookWord">{statusWord(row.status, trans)}</span>
          {row.started !== null && ` · ${ago(row.started, now, locale)}`}
        </span>
        <span className="jp-DagbookRun-count">{trans.__('%1 of %2 ok', row.ok, row.total)}</span>
        <ProgressBar segments={row.segments} />
      </button>
      <div id={body} className="jp-DagbookRun-body" hidden={!row.open}>
        {row.open && <RunVerbs row={row} />}
        {row.open && <RunBody row={row} record={record} open={open} />}
      </div>
    </li>
  );
}

function RunVerbs({ row }: { readonly row: RunRow }): JSX.Element {
  const { actions, trans } = useSurroundings();
  return (
    <div className="jp-DagbookRun-verbs">
      <button
        type="button"
        className="jp-DagbookButton"
        aria-label={trans.__('Show the drawing of %1', row.run)}
        onClick={() => actions.draw(row.run)}
      >
        {trans.__('Show the drawing')}
      </button>
      {row.status === 'running' && (
        <button
          type="button"
          className="jp-DagbookButton"
          aria-label={trans.__('Cancel %1', row.run)}
          onClick={() => actions.cancel(row.run)}
        >
          {trans.__('Cancel')}
        </button>
      )}
    </div>
  );
}

function RunBody({ row, record, open }: RunItemProps): JSX.Element {
  const { trans } = useSurroundings();
  if (record.damage !== null) {
    return (
      <p className="jp-DagbookNote">
        {trans.__('Its journal cannot be followed: %1', record.damage)}
      </p>
    );
  }
  if (record.state === null) {
    return <p className="jp-DagbookNote">{trans.__('Reading its journal…')}</p>;
  }
  return (
    <>
      {row.status === 'interrupted' && (
        <p className="jp-DagbookNote">
          {trans.__('Its driver is gone. Run it again: what had finished is reused.')}
          <code>{`dagbook run ${row.file}`}</code>
        </p>
      )}
      {record.state.trackingLost !== null && (
        <p className="jp-DagbookNote">
          {trans.__('The tracking store did not answer: %1', record.state.trackingLost)}
        </p>
      )}
      <StepList run={row.run} rows={stepRows(record, open)} />
    </>
  );
}

function timeOf(row: RunRow, now: number): string {
  if (row.status === 'running' && row.started !== null) {
    return duration(elapsed(row.started, now));
  }
  return row.seconds === null ? '' : duration(row.seconds);
}

function tooltip(row: RunRow, locale: string | undefined): string {
  const started = row.started === null ? '' : moment(row.started, locale);
  return [`${row.pipeline} · ${row.run}`, row.file, [started, row.user].filter(Boolean).join(' · ')]
    .filter(Boolean)
    .join('\n');
}
