/** What is in the way, above what is shown, which stays: old news are better than none. */

import type { JSX } from 'react';

import type { Fault } from '../model/runStore';
import type { Translation } from './surroundings';

export interface FaultBannerProps {
  readonly fault: Fault;
  readonly trans: Translation;
  onRetry(): void;
}

export function FaultBanner({ fault, trans, onRetry }: FaultBannerProps): JSX.Element {
  return (
    <div className="jp-DagbookFault" role="alert">
      <p>
        {fault.message}
        {fault.remedy !== '' && <span className="jp-DagbookFault-remedy">{fault.remedy}</span>}
      </p>
      <button type="button" className="jp-DagbookFault-retry" onClick={onRetry}>
        {trans.__('Retry')}
      </button>
    </div>
  );
}

export interface NoMatchProps {
  readonly filter: string;
  readonly trans: Translation;
  onShowAll(): void;
}

/** In the list's place, when what was typed matches nothing of it. */
export function NoMatch({ filter, trans, onShowAll }: NoMatchProps): JSX.Element {
  return (
    <div className="jp-DagbookEmpty">
      <p>{trans.__('No run matches “%1”.', filter)}</p>
      <button type="button" className="jp-DagbookFault-retry" onClick={onShowAll}>
        {trans.__('Show all runs')}
      </button>
    </div>
  );
}
