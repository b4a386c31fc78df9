/** What stands in the list's place while there is nothing yet: how it begins. */

import type { JSX } from 'react';

import { useSurroundings } from './surroundings';

// Commands are typed as they are, in every language.
const RUN = 'dagbook run FILE';
const DEMO = 'dagbook demo';

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
