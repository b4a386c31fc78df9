/** What stands above the table or in its place: nobody answers; nothing yet, and how it begins. */

import type { JSX } from 'react';

import type { Fault as FaultOf } from '../../model/runStore';
import type { TrackedState } from '../../model/tracked/trackedStore';
import { useTracked } from './trackedSurroundings';

// Typed as they are, in every language.
const MAGIC = '%load_ext dagbook\n%track start';

/** Above the table, which stays: old news are better than none. */
export function Fault({ fault }: { readonly fault: FaultOf }): JSX.Element {
  const { actions, trans } = useTracked();
  return (
    <div className="jp-DagbookFault" role="alert">
      <p>
        {fault.message}
        {fault.remedy !== '' && <span className="jp-DagbookFault-remedy">{fault.remedy}</span>}
      </p>
      <button type="button" className="jp-DagbookFault-retry" onClick={() => actions.refresh()}>
        {trans.__('Retry')}
      </button>
    </div>
  );
}

export function Empty({ state }: { readonly state: TrackedState }): JSX.Element {
  const { actions, trans } = useTracked();
  const everything = (
    <button
      type="button"
      className="jp-DagbookFault-retry"
      onClick={() => actions.scope({ kind: 'all' })}
    >
      {trans.__('Show everything')}
    </button>
  );
  if (state.filter.trim() !== '') {
    return (
      <div className="jp-DagbookEmpty">
        <p>{trans.__('No run matches “%1”.', state.filter)}</p>
        <button type="button" className="jp-DagbookFault-retry" onClick={() => actions.filter('')}>
          {trans.__('Show all runs')}
        </button>
      </div>
    );
  }
  if (state.scope.kind === 'notebook' && state.notebook === null) {
    return (
      <div className="jp-DagbookEmpty">
        <p>{trans.__('Open a notebook, and its runs are listed here.')}</p>
        {everything}
      </div>
    );
  }
  return (
    <div className="jp-DagbookEmpty">
      <p>
        {trans.__('No runs yet. Track a notebook, and each run is listed here while it goes on:')}
      </p>
      <code>{MAGIC}</code>
      {state.scope.kind === 'notebook' && everything}
    </div>
  );
}
