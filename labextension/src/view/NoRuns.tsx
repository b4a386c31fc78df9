/** What stands in the list's place while there is nothing yet: how it begins. */

import type { JSX } from 'react';

import { useSurroundings } from './surroundings';

// Commands are typed as they are, in every language.
const RUN = 'dagbook run FILE';
const DEMO = 'dagbook demo';

export function NoRuns(): JSX.Element {
  const { actions, trans } = useSurroundings();
  return (
    <div className="jp-DagbookEmpty">
      <p>{trans.__('No runs yet. They show up here, live. Choose what to run:')}</p>
      <button
        type="button"
        className="jp-DagbookFault-retry"
        onClick={() => actions.chooseLaunch()}
      >
        {trans.__('Run a Pipeline or Notebook…')}
      </button>
      <p>{trans.__('Or start it in a terminal:')}</p>
      <code>{RUN}</code>
      <p>{trans.__('Nothing at hand? This makes an example and runs it:')}</p>
      <code>{DEMO}</code>
      {actions.openTerminal !== null && (
        <button type="button" className="jp-DagbookFault-retry" onClick={actions.openTerminal}>
          {trans.__('Open a Terminal')}
        </button>
      )}
    </div>
  );
}
