/** What stands in the list's place, or above it: nothing yet, nothing found, nobody answers. */

import type { JSX } from 'react';

import type { Fault } from '../model/runStore';
import { useSurroundings } from './surroundings';

// Commands are typed as they are, in every language.
const RUN = 'dagbook run FILE';
const DEMO = 'dagbook demo';

/** Above the list, which stays: old news are better than none. */
export function FaultBanner({ fault }: { readonly fault: Fault }): JSX.Element {
  const { actions, trans } = useSurroundings();
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

export function NoRuns(): JSX.Element {
  const { trans } = useSurroundings();
  return (
    <div className="jp-DagbookEmpty">
      <p>{trans.__('Runs show up here, live, as soon as somebody starts one in a terminal:')}</p>
      <code>{RUN}</code>
      <p>{trans.__('Nothing at hand? This makes an example and runs it:')}</p>
      <code>{DEMO}</code>
    </div>
  );
}

export function NoMatch({ filter }: { readonly filter: string }): JSX.Element {
  const { actions, trans } = useSurroundings();
  return (
    <div className="jp-DagbookEmpty">
      <p>{trans.__('No run matches “%1”.', filter)}</p>
      <button type="button" className="jp-DagbookFault-retry" onClick={() => actions.filter('')}>
        {trans.__('Show all runs')}
      </button>
    </div>
  );
}
