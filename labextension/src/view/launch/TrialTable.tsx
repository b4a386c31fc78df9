/** The steps of a run as a table that can be sorted; the best one is marked. */

import type { JSX } from 'react';

import { duration } from '../../model/format';
import { numberText, pressed, sorted, textOf } from '../../model/launch/trials';
import type { Columns, Sorting } from '../../model/launch/trials';
import type { Trial } from '../../model/launch/types';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { statusWord } from '../words';
import { useLaunch } from './launchSurroundings';

export interface TrialTableProps {
  readonly trials: readonly Trial[];
  readonly columns: Columns;
  readonly sorting: Sorting | null;
  readonly best: Trial | null;
}

export function TrialTable({ trials, columns, sorting, best }: TrialTableProps): JSX.Element {
  const { trans } = useLaunch();
  return (
    <div className="jp-DagbookTrials-scroll">
      <table aria-label={trans.__('Steps')}>
        <thead>
          <tr>
            <Head column="step" label={trans.__('Step')} sorting={null} />
            {columns.items.map(name => (
              <Head
                key={`i-${name}`}
                column={`item:${name}`}
                label={name}
                sorting={sorting}
                sorts
              />
            ))}
            {columns.metrics.map(name => (
              <Head
                key={`m-${name}`}
                column={`metric:${name}`}
                label={name}
                sorting={sorting}
                sorts
                number
              />
            ))}
            <Head column="state" label={trans.__('State')} sorting={sorting} sorts />
            <Head column="seconds" label={trans.__('Time')} sorting={sorting} sorts number />
          </tr>
        </thead>
        <tbody>
          {sorted(trials, sorting).map(trial => (
            <Row
              key={trial.step}
              trial={trial}
              columns={columns}
              isBest={trial.step === best?.step}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  readonly column: string;
  readonly label: string;
  readonly sorting: Sorting | null;
  readonly sorts?: boolean;
  readonly number?: boolean;
}

function Head({ column, label, sorting, sorts, number }: HeadProps): JSX.Element {
  const { actions } = useLaunch();
  const mine = sorting?.column === column;
  const order = !mine ? 'none' : sorting.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" data-number={number === true} aria-sort={sorts === true ? order : undefined}>
      {sorts === true ? (
        <button type="button" onClick={() => actions.sort(pressed(sorting, column))}>
          {label}
          <span aria-hidden="true">
            {order === 'none' ? '' : order === 'descending' ? ' ↓' : ' ↑'}
          </span>
        </button>
      ) : (
        label
      )}
    </th>
  );
}

interface RowProps {
  readonly trial: Trial;
  readonly columns: Columns;
  readonly isBest: boolean;
}

function Row({ trial, columns, isBest }: RowProps): JSX.Element {
  const { actions, trans } = useLaunch();
  const canOpen = trial.notebook || trial.recorded !== null;
  return (
    <tr data-step={trial.step} data-best={isBest} data-status={trial.state}>
      <th scope="row">
        {canOpen ? (
          <button
            type="button"
            className="jp-DagbookLaunch-link"
            title={trans.__('Open the record of %1', trial.step)}
            onClick={() => actions.openTrial(trial)}
          >
            {trial.step}
          </button>
        ) : (
          trial.step
        )}
        {isBest && <span className="jp-DagbookTrials-best">{trans.__('★ best')}</span>}
      </th>
      {columns.items.map(name => (
        <td key={`i-${name}`}>{Object.hasOwn(trial.item, name) ? textOf(trial.item[name]) : ''}</td>
      ))}
      {columns.metrics.map(name => (
        <td key={`m-${name}`} data-number>
          {Object.hasOwn(trial.metrics, name) ? numberText(trial.metrics[name]) : ''}
        </td>
      ))}
      <td>
        <span className="jp-DagbookTrials-state" title={trial.error ?? trial.reason}>
          <StatusIcon status={trial.state} />
          {stateText(trial, trans)}
        </span>
        {trial.error !== null && <span className="jp-DagbookTrials-error">{trial.error}</span>}
      </td>
      <td data-number>{trial.seconds === null ? '' : duration(trial.seconds)}</td>
    </tr>
  );
}

function stateText(trial: Trial, trans: Translation): string {
  const word = statusWord(trial.state, trans);
  return trial.state === 'running' && trial.cell > 0
    ? trans.__('%1 · cell %2 of %3', word, trial.cell, trial.total)
    : word;
}
