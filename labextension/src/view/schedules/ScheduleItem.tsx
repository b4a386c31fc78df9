/** One schedule: when it is next, what came of the last time, and its buttons. */

import { useState } from 'react';
import type { JSX } from 'react';

import { ago, moment } from '../../model/format';
import type { SchedulesStore } from '../../model/schedules/schedulesStore';
import type { Schedule } from '../../model/schedules/types';
import { useSurroundings } from '../surroundings';
import type { Translation } from '../surroundings';

export interface ScheduleItemProps {
  readonly schedule: Schedule;
  readonly isBusy: boolean;
  readonly store: SchedulesStore;
}

export function ScheduleItem({ schedule, isBusy, store }: ScheduleItemProps): JSX.Element {
  const { actions, trans, locale, now } = useSurroundings();
  const [isLeaving, setLeaving] = useState(false);
  const { schedule: name, run } = schedule;
  const act = (work: Promise<boolean>): void => void work.then(() => actions.refresh());
  return (
    <li className="jp-DagbookSchedule" data-paused={schedule.paused || undefined}>
      <p className="jp-DagbookSchedule-head">
        <strong>{name}</strong> <span>{nextText(schedule, trans, locale)}</span>
      </p>
      <p className="jp-DagbookSchedule-quiet">
        <code>{schedule.cron ?? ''}</code> {schedule.timezone}
        {schedule.last !== null && ` · ${trans.__('last %1', ago(schedule.last, now, locale))}`}
      </p>
      {troubles(schedule, trans).map(line => (
        <p key={line} className="jp-DagbookSchedules-problem">
          {line}
        </p>
      ))}
      <div className="jp-DagbookVersion-acts" role="toolbar" aria-label={name}>
        <Act
          word={trans.__('Run Now')}
          label={trans.__('Run %1 now', name)}
          off={isBusy}
          act={() => act(store.act(schedule, 'run'))}
        />
        <Act
          word={schedule.paused ? trans.__('Resume') : trans.__('Pause')}
          label={schedule.paused ? trans.__('Resume %1', name) : trans.__('Pause %1', name)}
          off={isBusy}
          act={() => act(store.act(schedule, schedule.paused ? 'resume' : 'pause'))}
        />
        {run !== null && (
          <Act
            word={trans.__('Last Run')}
            label={trans.__('Show the last run of %1', name)}
            off={false}
            act={() => actions.draw(run)}
          />
        )}
        <Act
          word={isLeaving ? trans.__('Really Remove') : trans.__('Remove')}
          label={isLeaving ? trans.__('Really remove %1', name) : trans.__('Remove %1', name)}
          off={isBusy}
          act={() => (isLeaving ? act(store.remove(schedule)) : setLeaving(true))}
          leave={() => setLeaving(false)}
        />
      </div>
    </li>
  );
}

interface ActProps {
  readonly word: string;
  readonly label: string;
  readonly off: boolean;
  act(): void;
  leave?(): void;
}

function Act({ word, label, off, act, leave }: ActProps): JSX.Element {
  return (
    <button
      type="button"
      className="jp-DagbookTracked-act"
      aria-label={label}
      disabled={off}
      onClick={act}
      onBlur={leave}
    >
      {word}
    </button>
  );
}

function nextText(schedule: Schedule, trans: Translation, locale?: string): string {
  if (schedule.paused) {
    return trans.__('paused');
  }
  return schedule.next === null ? '' : trans.__('next %1', moment(schedule.next, locale));
}

function troubles(schedule: Schedule, trans: Translation): readonly string[] {
  const { problem, missed_firings: missed, drift } = schedule;
  return [
    ...(problem ? [trans.__('The last firing brought no run: %1', problem)] : []),
    ...(missed > 0
      ? [trans._n('%1 firing was missed', '%1 firings were missed', missed, missed)]
      : []),
    ...(drift.length > 0 ? [trans.__('Not as it is in the file: %1', drift.join(', '))] : [])
  ];
}
