/** A new schedule: which pipeline, and when. What is wrong with that the server says. */

import { useId, useState } from 'react';
import type { JSX } from 'react';

import type { SchedulesStore } from '../../model/schedules/schedulesStore';
import { useSurroundings } from '../surroundings';

export interface ScheduleFormProps {
  readonly store: SchedulesStore;
  /** Null while they are being asked for. */
  readonly pipelines: readonly string[] | null;
  onDone(): void;
}

const EVERY_MORNING = '0 6 * * *';

export function ScheduleForm({ store, pipelines, onDone }: ScheduleFormProps): JSX.Element {
  const { trans } = useSurroundings();
  const id = useId();
  const [path, setPath] = useState('');
  const [cron, setCron] = useState(EVERY_MORNING);
  const [timezone, setTimezone] = useState(
    () => new Intl.DateTimeFormat().resolvedOptions().timeZone
  );
  const chosen = path === '' ? (pipelines?.[0] ?? '') : path;
  return (
    <form
      className="jp-DagbookScheduleForm"
      aria-label={trans.__('Schedule a pipeline')}
      onSubmit={event => {
        event.preventDefault();
        void store
          .add({ path: chosen, cron, timezone })
          .then(added => (added ? onDone() : undefined));
      }}
    >
      <label htmlFor={`${id}path`}>{trans.__('Pipeline')}</label>
      <select id={`${id}path`} value={chosen} onChange={event => setPath(event.target.value)}>
        {(pipelines ?? []).map(one => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <label htmlFor={`${id}cron`}>{trans.__('Minute, hour, day, month, weekday')}</label>
      <input
        id={`${id}cron`}
        value={cron}
        spellCheck={false}
        onChange={event => setCron(event.target.value)}
      />
      <label htmlFor={`${id}zone`}>{trans.__('Time zone')}</label>
      <input
        id={`${id}zone`}
        value={timezone}
        spellCheck={false}
        onChange={event => setTimezone(event.target.value)}
      />
      <div className="jp-DagbookVersion-acts">
        <button
          type="submit"
          className="jp-DagbookTracked-act"
          data-main
          disabled={chosen === '' || cron.trim() === ''}
        >
          {trans.__('Schedule')}
        </button>
        <button type="button" className="jp-DagbookTracked-act" onClick={onDone}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
