/** The recorded runs of the notebook in front, of an experiment, or all: a live table. */

import { useMemo, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { MOST_COMPARED, visibleColumns } from '../../model/tracked/trackedStore';
import type { TrackedState, TrackedStore } from '../../model/tracked/trackedStore';
import type { Translation } from '../surroundings';
import { useClock } from '../useClock';
import { linkWord } from '../words';
import { FaultBanner } from '../FaultBanner';
import { ColumnMenu } from './ColumnMenu';
import { NoTrackedRuns } from './NoTrackedRuns';
import { RunTable } from './RunTable';
import { ScopeSelect } from './ScopeSelect';
import { TrackedProvider, useTracked } from './trackedSurroundings';
import type { TrackedActions } from './trackedSurroundings';

export interface RunsTabProps {
  readonly store: TrackedStore;
  readonly actions: TrackedActions;
  readonly trans: Translation;
  readonly locale?: string | undefined;
}

const EVERY_SECOND = 1_000;
const NOW_AND_THEN = 20_000;

export function RunsTab({ store, actions, trans, locale }: RunsTabProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const isLive = state.runs.some(run => run.status === 'running');
  const now = useClock(isLive ? EVERY_SECOND : NOW_AND_THEN);
  const surroundings = useMemo(
    () => ({ trans, locale, actions, now }),
    [trans, locale, actions, now]
  );
  const columns = useMemo(() => visibleColumns(state), [state]);
  return (
    <TrackedProvider value={surroundings}>
      <Head state={state} columns={columns} />
      {state.fault !== null && (
        <FaultBanner fault={state.fault} trans={trans} onRetry={() => actions.refresh()} />
      )}
      {state.away.length > 0 && (
        <p className="jp-DagbookTracked-away">
          {trans.__('Some runs are missing: %1', state.away.join(' · '))}
        </p>
      )}
      {state.selected.size > 0 && <Selection count={state.selected.size} />}
      {state.runs.length > 0 ? (
        <RunTable state={state} columns={columns} />
      ) : (
        state.listed && <NoTrackedRuns state={state} />
      )}
      <p className="jp-DagbookUnseen" role="log" aria-live="polite">
        {state.listed && !state.reading
          ? trans._n('%1 run listed', '%1 runs listed', state.runs.length, state.runs.length)
          : ''}
      </p>
    </TrackedProvider>
  );
}

interface HeadProps {
  readonly state: TrackedState;
  readonly columns: readonly string[];
}

function Head({ state, columns }: HeadProps): JSX.Element {
  const { actions, trans } = useTracked();
  return (
    <div className="jp-DagbookHead">
      <div className="jp-DagbookHead-line">
        <ScopeSelect state={state} />
        <span className="jp-DagbookLink" role="status" data-link={state.link}>
          {linkWord(state.link, trans)}
        </span>
      </div>
      <div className="jp-DagbookHead-line">
        <input
          type="search"
          className="jp-DagbookFilter"
          value={state.filter}
          placeholder={trans.__('Name, or metrics.acc > 0.9')}
          aria-label={trans.__('Filter: words of a name, or MLflow’s filter language')}
          onChange={event => actions.filter(event.target.value)}
        />
        <ColumnMenu state={state} columns={columns} />
      </div>
    </div>
  );
}

function Selection({ count }: { readonly count: number }): JSX.Element {
  const { actions, trans } = useTracked();
  return (
    <div
      className="jp-DagbookTracked-selection"
      role="toolbar"
      aria-label={trans.__('Selected runs')}
    >
      <span>{trans.__('%1 of %2 selected', count, MOST_COMPARED)}</span>
      <button
        type="button"
        className="jp-DagbookTracked-act"
        disabled={count < 2}
        title={trans.__('Show the selected runs side by side')}
        onClick={() => actions.compare()}
      >
        {trans.__('Compare')}
      </button>
      <button type="button" className="jp-DagbookTracked-act" onClick={() => actions.unselect()}>
        {trans.__('Clear')}
      </button>
    </div>
  );
}
