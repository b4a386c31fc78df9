/** Above the runs: which pipelines run by the clock, when each is next, and what can be done about it. */

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import type { SchedulesStore } from '../../model/schedules/schedulesStore';
import { useSurroundings } from '../surroundings';
import { ScheduleForm } from './ScheduleForm';
import { ScheduleItem } from './ScheduleItem';

const EVERY = 30_000;
// A command is typed as it is, in every language.
const SCHEDULER = 'dagbook scheduler';

export function SchedulesPart({ store }: { readonly store: SchedulesStore }): JSX.Element {
  const { trans } = useSurroundings();
  const [isOpen, setOpen] = useState(false);
  const { schedules, listed } = useSyncExternalStore(store.subscribe, store.snapshot);
  useEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    void store.read();
    const timer = setInterval(() => void store.read(), EVERY);
    return () => clearInterval(timer);
  }, [isOpen, store]);
  return (
    <details className="jp-DagbookSchedules" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        {listed ? trans.__('Schedules (%1)', schedules.length) : trans.__('Schedules')}
      </summary>
      {isOpen && <Schedules store={store} />}
    </details>
  );
}

function Schedules({ store }: { readonly store: SchedulesStore }): JSX.Element {
  const { trans } = useSurroundings();
  const [isAdding, setAdding] = useState(false);
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  return (
    <div className="jp-DagbookSchedules-body">
      {state.fault !== null && (
        <p role="alert" className="jp-DagbookSchedules-problem">
          {state.fault.message}
          {state.fault.remedy !== '' && (
            <span className="jp-DagbookFault-remedy">{state.fault.remedy}</span>
          )}
        </p>
      )}
      {state.unfired.length > 0 && (
        <p className="jp-DagbookSchedules-problem">
          {trans.__('Nobody fires those of %1 now. In a terminal:', state.unfired.join(', '))}{' '}
          <code>{SCHEDULER}</code>
        </p>
      )}
      {state.listed && state.schedules.length === 0 && !isAdding && (
        <p>{trans.__('None yet: have a pipeline run every morning, or every hour.')}</p>
      )}
      <ul aria-label={trans.__('Schedules')}>
        {state.schedules.map(schedule => (
          <ScheduleItem
            key={`${schedule.project}/${schedule.schedule}`}
            schedule={schedule}
            isBusy={state.busy.has(schedule.schedule)}
            store={store}
          />
        ))}
      </ul>
      {isAdding ? (
        <ScheduleForm store={store} pipelines={state.pipelines} onDone={() => setAdding(false)} />
      ) : (
        <button
          type="button"
          className="jp-DagbookFault-retry"
          onClick={() => {
            setAdding(true);
            void store.choose();
          }}
        >
          {trans.__('Schedule a Pipeline…')}
        </button>
      )}
    </div>
  );
}
