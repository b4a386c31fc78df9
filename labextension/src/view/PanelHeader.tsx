/** The panel's head: what it is, whether it is live, and the filter. */

import type { JSX } from 'react';

import type { Link } from '../model/runStore';
import { useSurroundings } from './surroundings';
import { linkWord } from './words';

export interface PanelHeaderProps {
  readonly link: Link;
  readonly filter: string;
}

export function PanelHeader({ link, filter }: PanelHeaderProps): JSX.Element {
  const { actions, trans } = useSurroundings();
  return (
    <div className="jp-DagbookHead">
      <div className="jp-DagbookHead-line">
        <h2 className="jp-DagbookHead-title">{trans.__('Dagbook')}</h2>
        <span className="jp-DagbookLink" role="status" data-link={link}>
          {linkWord(link, trans)}
        </span>
        <button
          type="button"
          className="jp-DagbookButton"
          title={trans.__('Read the runs again')}
          aria-label={trans.__('Read the runs again')}
          onClick={() => actions.refresh()}
        >
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none">
            <path
              d="M13 8 A5 5 0 1 1 11.3 4.3 M11.6 1.8 V4.6 H8.8"
              stroke="currentColor"
              strokeWidth="1.4"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          </svg>
        </button>
      </div>
      <input
        type="search"
        className="jp-DagbookFilter"
        value={filter}
        placeholder={trans.__('Filter by name or state')}
        aria-label={trans.__('Filter the runs')}
        onChange={event => actions.filter(event.target.value)}
      />
    </div>
  );
}
