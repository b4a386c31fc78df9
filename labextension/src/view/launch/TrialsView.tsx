/** The run that was started: how it stands, and a table of its steps with what they were given and measured. */

import type { JSX } from 'react';

import { duration } from '../../model/format';
import type { LaunchState } from '../../model/launch/launchStore';
import { bestOf, columnsOf, isCost, isOver } from '../../model/launch/trials';
import type { Columns, Goal } from '../../model/launch/trials';
import type { Trial, Trials } from '../../model/launch/types';
import { StatusIcon } from '../StatusIcon';
import { statusWord } from '../words';
import { TrialTable } from './TrialTable';
import { useLaunch } from './launchSurroundings';

export function TrialsView({ state }: { readonly state: LaunchState }): JSX.Element {
  const { actions, trans } = useLaunch();
  const { trials } = state;
  if (trials === null) {
    return (
      <section className="jp-DagbookTrials" aria-label={trans.__('Run')}>
        <p className="jp-DagbookLaunch-quiet">{trans.__('Reading how the run stands…')}</p>
      </section>
    );
  }
  const columns = columnsOf(trials.trials);
  const best = trials.trials.length > 1 ? bestOf(trials.trials, state.goal) : null;
  const done = trials.trials.filter(
    trial => trial.state !== 'pending' && trial.state !== 'running'
  );
  return (
    <section className="jp-DagbookTrials" aria-label={trans.__('Run')}>
      <div className="jp-DagbookTrials-head" role="status">
        <StatusIcon status={trials.state} />
        <h2>{statusWord(trials.state, trans)}</h2>
        <span className="jp-DagbookLaunch-quiet">
          {trans.__('%1 of %2 steps over', done.length, trials.trials.length)}
          {trials.seconds !== null && ` · ${duration(trials.seconds)}`}
          {` · ${trials.run}`}
        </span>
      </div>
      {!isOver(trials) && (
        <button type="button" className="jp-DagbookLaunch-button" onClick={() => actions.cancel()}>
          {trans.__('Cancel the run')}
        </button>
      )}
      {trials.away !== null && (
        <p className="jp-DagbookPlan-warning">
          {trans.__('What was logged to MLflow cannot be read: %1', trials.away)}
        </p>
      )}
      {trials.trials.length > 1 && columns.metrics.length > 0 && (
        <GoalBar columns={columns} goal={state.goal} best={best} run={trials} state={state} />
      )}
      <TrialTable trials={trials.trials} columns={columns} sorting={state.sorting} best={best} />
    </section>
  );
}

interface GoalBarProps {
  readonly columns: Columns;
  readonly goal: Goal | null;
  readonly best: Trial | null;
  readonly run: Trials;
  readonly state: LaunchState;
}

/** Which step is the best, by what, and what can be done with it. */
function GoalBar({ columns, goal, best, state }: GoalBarProps): JSX.Element {
  const { actions, trans } = useLaunch();
  const canPromote = state.source?.kind === 'notebook' && best !== null;
  return (
    <div className="jp-DagbookTrials-goal">
      <label>
        {trans.__('Best is the')}{' '}
        <select
          value={goal?.lowest === true ? 'lowest' : 'highest'}
          onChange={event => {
            if (goal !== null) {
              actions.aim({ ...goal, lowest: event.target.value === 'lowest' });
            }
          }}
        >
          <option value="highest">{trans.__('highest')}</option>
          <option value="lowest">{trans.__('lowest')}</option>
        </select>
      </label>
      <select
        aria-label={trans.__('Metric by which the best is found')}
        value={goal?.metric ?? ''}
        onChange={event =>
          actions.aim({ metric: event.target.value, lowest: isCost(event.target.value) })
        }
      >
        {columns.metrics.map(metric => (
          <option key={metric} value={metric}>
            {metric}
          </option>
        ))}
      </select>
      {canPromote && (
        <button
          type="button"
          className="jp-DagbookLaunch-button"
          title={trans.__(
            'Writes what the best step was given into the notebook’s parameters cell'
          )}
          onClick={() => actions.promote(best)}
        >
          {trans.__('Make its parameters the defaults')}
        </button>
      )}
      {best !== null && (
        <button
          type="button"
          className="jp-DagbookLaunch-button"
          title={trans.__(
            'Makes a new version of a registered model from the model that the best step logged'
          )}
          onClick={() => actions.register(best)}
        >
          {trans.__('Register its model…')}
        </button>
      )}
    </div>
  );
}
