/** The runs of a pipeline side by side: a column a run, a row a node, and how the one came out in the other. */

import type { JSX } from 'react';

import { duration, timeOfDay } from '../../model/format';
import { cellOf, shareOf } from '../../model/pipeline/history';
import type { HistoryCell, HistoryRun, RunHistory as History } from '../../model/pipeline/history';
import type { FollowedRun } from '../../model/pipeline/runFollower';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { useRead } from '../useRead';
import { statusWord } from '../words';
import type { RunActions } from './runActions';

export function RunHistory(props: {
  readonly followed: FollowedRun;
  readonly actions: RunActions;
  readonly trans: Translation;
}): JSX.Element {
  const { followed, actions, trans } = props;
  // Read again when the run has ended, or goes on.
  const { value: history, fault } = useRead(() => actions.history(), followed.state.state);
  return (
    // One can scroll in it, so it has to be reached by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className="jp-DagbookHistory" aria-label={trans.__('History')} tabIndex={0}>
      {fault !== '' && <p role="alert">{fault}</p>}
      {history === null
        ? fault === '' && <p>{trans.__('Reading…')}</p>
        : grid(history, followed.run, actions, trans)}
    </section>
  );
}

function grid(
  history: History,
  shown: string,
  actions: RunActions,
  trans: Translation
): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <td />
          {history.runs.map(run => (
            <th key={run.run} scope="col" aria-current={run.run === shown}>
              <button
                type="button"
                title={run.run}
                aria-label={trans.__('Show run %1', run.run)}
                onClick={() => actions.openRun(run.run)}
              >
                <StatusIcon status={run.state} />
                <span>{day(run)}</span>
                <span>{run.started === null ? '' : timeOfDay(run.started)}</span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {history.nodes.map(node => (
          <tr key={node}>
            <th scope="row">{node}</th>
            {history.runs.map(run => (
              <td key={run.run} aria-current={run.run === shown}>
                <Cell history={history} run={run} node={node} actions={actions} trans={trans} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell(props: {
  readonly history: History;
  readonly run: HistoryRun;
  readonly node: string;
  readonly actions: RunActions;
  readonly trans: Translation;
}): JSX.Element | null {
  const { history, run, node, actions, trans } = props;
  const cell = cellOf(run, node);
  if (cell === null) {
    return null;
  }
  const said = words(cell, trans);
  return (
    <button
      type="button"
      title={said}
      aria-label={trans.__('%1 in run %2: %3', node, run.run, said)}
      onClick={() => actions.openRun(run.run, node)}
    >
      <StatusIcon status={cell.state} />
      {cell.steps > 1 && <span>{`${cell.ok}/${cell.steps}`}</span>}
      <span
        className="jp-DagbookHistory-took"
        style={{ width: `${shareOf(history, node, cell) * 100}%` }}
      />
    </button>
  );
}

function words(cell: HistoryCell, trans: Translation): string {
  const parts = [statusWord(cell.state, trans)];
  if (cell.steps > 1) {
    parts.push(trans.__('%1 of %2 ok', cell.ok, cell.steps));
  }
  if (cell.seconds !== null) {
    parts.push(duration(cell.seconds));
  }
  return parts.join(' · ');
}

function day(run: HistoryRun): string {
  return run.started === null
    ? ''
    : new Date(run.started).toLocaleDateString([], { month: 'short', day: 'numeric' });
}
