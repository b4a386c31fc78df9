/** When each step of a run ran: one bar a step, on one scale of time. */

import { useMemo } from 'react';
import type { JSX } from 'react';

import { duration } from '../../model/format';
import type { FollowedRun } from '../../model/pipeline/runFollower';
import { timelineOf } from '../../model/pipeline/timeline';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { statusWord } from '../words';
import { useClock } from '../useClock';

export function RunTimeline(props: {
  readonly followed: FollowedRun;
  readonly trans: Translation;
}): JSX.Element {
  const { followed, trans } = props;
  const now = useClock(1_000);
  const { bars, seconds } = useMemo(
    () => timelineOf(followed.state, followed.gone, now),
    [followed, now]
  );
  return (
    // One can scroll in it, so it has to be reached by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className="jp-DagbookTimeline" aria-label={trans.__('Timeline')} tabIndex={0}>
      <p>{trans.__('%1 from the first step to the last', duration(seconds))}</p>
      <ol>
        {bars.map(bar => (
          <li key={bar.step}>
            <span className="jp-DagbookTimeline-name">
              <StatusIcon status={bar.status} /> {bar.step}
            </span>
            <span className="jp-DagbookTimeline-track">
              <span
                className="jp-DagbookTimeline-bar"
                data-status={bar.status}
                style={{ left: `${bar.from * 100}%`, width: `${bar.share * 100}%` }}
              />
            </span>
            <span className="jp-DagbookTimeline-time">
              {duration(bar.seconds)}
              <span className="jp-DagbookTimeline-word"> {statusWord(bar.status, trans)}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
