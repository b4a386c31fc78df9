/** What stands in the table's place: nothing found; nothing yet, and how it begins. */

import type { JSX } from 'react';

import type { TrackedState } from '../../model/tracked/trackedStore';
import { NoMatch } from '../FaultBanner';
import { useTracked } from './trackedSurroundings';

// Typed as they are, in every language.
const MAGIC = '%load_ext dagbook\n%track start';

export function NoTrackedRuns({ state }: { readonly state: TrackedState }): JSX.Element {
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
    return <NoMatch filter={state.filter} trans={trans} onShowAll={() => actions.filter('')} />;
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
      {state.notebook !== null && (
        <button type="button" className="jp-DagbookFault-retry" onClick={() => actions.track()}>
          {trans.__('Track This Notebook')}
        </button>
      )}
      <p>{trans.__('Or type it into a cell; `%dagbook` lists what else there is:')}</p>
      <code>{MAGIC}</code>
      {state.scope.kind === 'notebook' && everything}
    </div>
  );
}
