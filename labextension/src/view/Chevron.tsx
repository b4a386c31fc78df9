/** The sign of a row that opens. */

import type { JSX } from 'react';

export function Chevron(): JSX.Element {
  return (
    <svg
      className="jp-DagbookChevron"
      viewBox="0 0 16 16"
      width="12"
      height="12"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d="M6 4 10 8 6 12" />
    </svg>
  );
}
