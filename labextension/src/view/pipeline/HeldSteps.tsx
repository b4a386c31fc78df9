/** Steps whose kernels are kept after a failure, and what a person can do with each. */

import type { JSX } from 'react';

import { timeOfDay } from '../../model/format';
import type { FollowedRun } from '../../model/pipeline/runFollower';
import type { Translation } from '../surroundings';
import type { RunActions } from './runActions';

export function HeldSteps(props: {
  readonly followed: FollowedRun;
  readonly actions: RunActions;
  readonly trans: Translation;
}): JSX.Element {
  const { followed, actions, trans } = props;
  return (
    <>
      {[...followed.state.steps.values()].map(({ outline: { step }, held, state }) =>
        held === null || state !== 'running' || followed.gone ? null : (
          <div
            key={step}
            className="jp-DagbookEditor-notice"
            role="group"
            aria-label={trans.__('Kept kernel of %1', step)}
          >
            <span role="status">
              <strong>{step}</strong>{' '}
              {typeof held.error.cell === 'number'
                ? trans.__('%1 in cell %2', held.error.name, held.error.cell)
                : held.error.name}
              {': '}
              {held.error.value}{' '}
              <em>{trans.__('Its kernel is kept until %1.', timeOfDay(held.until))}</em>
            </span>
            <span className="jp-DagbookRunView-answers">
              <button type="button" onClick={() => actions.attach(step)}>
                {trans.__('Attach to its kernel')}
              </button>
              <button type="button" onClick={() => actions.goOn(step)}>
                {trans.__('Continue from here')}
              </button>
              <button type="button" onClick={() => actions.release(step)}>
                {trans.__('Let it fail…')}
              </button>
            </span>
          </div>
        )
      )}
    </>
  );
}
