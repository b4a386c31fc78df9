/** Above a run's drawing: how it stands, and what can be done with all of it. */

import type { JSX } from 'react';

import { duration } from '../../model/format';
import type { FollowedRun } from '../../model/pipeline/runFollower';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { statusWord } from '../words';
import type { RunActions } from './runActions';

/** As what a run is shown: its graph, its steps in time, or beside other runs of the pipeline. */
export type Look = 'drawing' | 'timeline' | 'history';

export function RunHead(props: {
  readonly followed: FollowedRun;
  readonly actions: RunActions;
  readonly trans: Translation;
  readonly look: Look;
  show(look: Look): void;
}): JSX.Element {
  const { followed, actions, trans, look, show } = props;
  const looks: readonly [Look, string][] = [
    ['timeline', trans.__('Timeline')],
    ['history', trans.__('History')]
  ];
  const { state, gone } = followed;
  const status = state.state === 'running' && gone ? 'interrupted' : state.state;
  const canGoOn = status === 'interrupted' || status === 'cancelled' || status === 'failed';
  return (
    <div className="jp-DagbookEditor-bar" role="toolbar" aria-label={trans.__('Run')}>
      <StatusIcon status={status} />
      <span role="status">
        <strong>{state.pipeline}</strong> {followed.run} · {statusWord(status, trans)}
        {state.seconds !== null && ` · ${duration(state.seconds)}`}
      </span>
      <span className="jp-DagbookEditor-grow" />
      {looks.map(([each, name]) => (
        <button
          key={each}
          type="button"
          aria-pressed={look === each}
          onClick={() => show(look === each ? 'drawing' : each)}
        >
          {name}
        </button>
      ))}
      <button type="button" onClick={() => actions.report()}>
        {trans.__('Report')}
      </button>
      {status === 'running' && (
        <button type="button" onClick={() => actions.cancel()}>
          {trans.__('Cancel')}
        </button>
      )}
      {canGoOn && (
        <button type="button" onClick={() => actions.resume()}>
          {trans.__('Resume')}
        </button>
      )}
      {status === 'failed' && (
        <button type="button" onClick={() => actions.retry([])}>
          {trans.__('Retry what failed')}
        </button>
      )}
    </div>
  );
}
