/** One recorded run, whole: what it was given, what it measured, what it kept, where it comes from. */

import { useMemo, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { metricNames } from '../../../model/tracked/detail';
import type { RunDetail } from '../../../model/tracked/detail';
import type { PageStore, Section } from '../../../model/tracked/pageStore';
import { SidePanel } from '../../SidePanel';
import type { PanelTab } from '../../SidePanel';
import type { Translation } from '../../surroundings';
import { useClock } from '../../useClock';
import { Artifacts } from './Artifacts';
import { Charts } from './Charts';
import { Origin } from './Origin';
import { Overview } from './Overview';
import { PageHead } from './PageHead';
import { PageProvider, usePage } from './pageSurroundings';
import type { PageActions } from './pageSurroundings';

export interface RunPageProps {
  readonly store: PageStore;
  readonly actions: PageActions;
  readonly trans: Translation;
  readonly locale?: string | undefined;
}

const EVERY_SECOND = 1_000;
const NOW_AND_THEN = 20_000;

export function RunPage({ store, actions, trans, locale }: RunPageProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const now = useClock(state.run?.status === 'running' ? EVERY_SECOND : NOW_AND_THEN);
  const surroundings = useMemo(
    () => ({ trans, locale, store, state, actions, now }),
    [trans, locale, store, state, actions, now]
  );
  return (
    <PageProvider value={surroundings}>
      {state.fault !== null && (
        <div className="jp-DagbookFault" role="alert">
          <p>
            {state.fault.message}
            {state.fault.remedy !== '' && (
              <span className="jp-DagbookFault-remedy">{state.fault.remedy}</span>
            )}
          </p>
          <button
            type="button"
            className="jp-DagbookFault-retry"
            onClick={() => void store.refresh()}
          >
            {trans.__('Retry')}
          </button>
        </div>
      )}
      {state.run === null ? (
        state.fault === null && (
          <p className="jp-DagbookPage-quiet" role="status">
            {trans.__('Reading the run…')}
          </p>
        )
      ) : (
        <>
          <PageHead run={state.run} />
          <Sections run={state.run} />
        </>
      )}
    </PageProvider>
  );
}

function Sections({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans, store, state } = usePage();
  const { own, system } = metricNames(run);
  const tabs: readonly PanelTab[] = [
    { id: 'overview', label: trans.__('Overview'), draw: () => <Overview run={run} /> },
    {
      id: 'charts',
      label: trans.__('Charts'),
      draw: () => <Charts key="own" names={own} />
    },
    { id: 'artifacts', label: trans.__('Artifacts'), draw: () => <Artifacts run={run} /> },
    { id: 'origin', label: trans.__('Origin'), draw: () => <Origin run={run} /> },
    ...(system.length === 0
      ? []
      : [
          {
            id: 'system',
            label: trans.__('System'),
            draw: () => <Charts key="system" names={system} />
          }
        ])
  ];
  return (
    <SidePanel
      label={trans.__('Parts of the run')}
      tabs={tabs}
      current={state.section}
      onChoose={id => store.show(id as Section)}
    />
  );
}
