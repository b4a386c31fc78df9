/** A thin bar with a stretch for each step, in the plan's order. For the eye only: the words say the same. */

import type { JSX } from 'react';

import type { Segment } from '../model/selectors';

export function ProgressBar({ segments }: { readonly segments: readonly Segment[] }): JSX.Element {
  return (
    <span className="jp-DagbookBar" aria-hidden="true">
      {segments.map((segment, index) => (
        // Steps keep their place for the whole run, so the place is their identity.
        <span
          key={index}
          className="jp-DagbookBar-segment"
          data-status={segment.status}
          style={{ flexGrow: segment.count }}
        />
      ))}
    </span>
  );
}
