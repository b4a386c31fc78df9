/** The side panel: every run of the projects below the server's root, newest first, live. */

import { useMemo, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { runRows } from '../model/selectors';
import type { PanelState, RunStore } from '../model/runStore';
import type { SchedulesStore } from '../model/schedules/schedulesStore';
import { Announcer } from './Announcer';
import { FaultBanner, NoMatch } from './FaultBanner';
import { NoRuns } from './NoRuns';
import { PanelHeader } from './PanelHeader';
import { RunItem } from './RunItem';
import { moveBetweenRows } from './rowKeys';
import { SchedulesPart } from './schedules/SchedulesPart';
import { SurroundingsProvider, useSurroundings } from './surroundings';
import type { PanelActions, Translation } from './surroundings';
import { useClock } from './useClock';

export interface RunPanelProps {
  readonly store: RunStore;
  readonly actions: PanelActions;
  readonly schedules: SchedulesStore;
  readonly trans: Translation;
  /** A BCP 47 tag; the browser's own when left out. */
  readonly locale?: string | undefined;
}

const EVERY_SECOND = 1_000;
const NOW_AND_THEN = 20_000;

export function RunPanel({ store, actions, schedules, trans, locale }: RunPanelProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const rows = useMemo(() => runRows(state), [state]);
  const now = useClock(rows.some(row => row.status === 'running') ? EVERY_SECOND : NOW_AND_THEN);
  const surroundings = useMemo(
    () => ({ trans, locale, actions, now }),
    [trans, locale, actions, now]
  );
  return (
    <SurroundingsProvider value={surroundings}>
      <PanelHeader link={state.link} filter={state.filter} />
      {state.fault !== null && (
        <FaultBanner fault={state.fault} trans={trans} onRetry={() => actions.refresh()} />
      )}
      {/* The handler only moves the focus between the buttons inside. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="jp-DagbookScroll" onKeyDown={moveBetweenRows}>
        <SchedulesPart store={schedules} />
        <PanelBody state={state} rows={rows} />
      </div>
      <Announcer state={state} />
    </SurroundingsProvider>
  );
}

interface PanelBodyProps {
  readonly state: PanelState;
  readonly rows: ReturnType<typeof runRows>;
}

function PanelBody({ state, rows }: PanelBodyProps): JSX.Element | null {
  const { actions, trans } = useSurroundings();
  if (!state.listed) {
    return null;
  }
  if (rows.length === 0) {
    return state.filter.trim() === '' ? (
      <NoRuns />
    ) : (
      <NoMatch filter={state.filter} trans={trans} onShowAll={() => actions.filter('')} />
    );
  }
  return (
    <>
      <ul className="jp-DagbookRuns" aria-label={trans.__('Runs, newest first')}>
        {rows.map(row => {
          const record = state.runs.get(row.run);
          return record === undefined ? null : (
            <RunItem key={row.run} row={row} record={record} open={state.open} />
          );
        })}
      </ul>
      {state.more && state.filter === '' && (
        <button type="button" className="jp-DagbookMore" data-row onClick={() => actions.older()}>
          {trans.__('Older runs')}
        </button>
      )}
    </>
  );
}
