/** A sign for each state, different in shape as well as in colour. The word beside it is for reading aloud. */

import type { JSX } from 'react';

import type { RunStatus, ShownStatus } from '../model/types';

const DISC = <circle cx="8" cy="8" r="7" fill="currentColor" />;
const RING = <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" strokeWidth="1.5" />;

function mark(d: string, onDisc: boolean): JSX.Element {
  return (
    <path
      d={d}
      fill="none"
      className={onDisc ? 'jp-DagbookStatus-mark' : undefined}
      stroke={onDisc ? undefined : 'currentColor'}
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  );
}

const CHECK = 'M4.9 8.3 7.1 10.5 11.2 5.9';
const CROSS = 'M5.6 5.6 10.4 10.4 M10.4 5.6 5.6 10.4';

const SIGNS: Readonly<Record<RunStatus | ShownStatus, JSX.Element>> = {
  pending: (
    <circle
      cx="8"
      cy="8"
      r="6.25"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeDasharray="2.1 2.8"
    />
  ),
  running: (
    <g className="jp-DagbookStatus-turning" fill="none" stroke="currentColor" strokeLinecap="round">
      <circle cx="8" cy="8" r="6" strokeWidth="2" opacity="0.25" />
      <path d="M8 2 A6 6 0 0 1 14 8" strokeWidth="2" />
    </g>
  ),
  held: (
    <>
      {RING}
      {mark('M6 5.2 V10.8 M10 5.2 V10.8', false)}
    </>
  ),
  succeeded: (
    <>
      {DISC}
      {mark(CHECK, true)}
    </>
  ),
  reused: (
    <>
      {RING}
      {mark(CHECK, false)}
    </>
  ),
  failed: (
    <>
      {DISC}
      {mark(CROSS, true)}
    </>
  ),
  'timed-out': (
    <>
      {DISC}
      {mark('M8 4.4 V8.2 L10.6 9.8', true)}
    </>
  ),
  killed: (
    <>
      <path
        d="M5.3 1.2 H10.7 L14.8 5.3 V10.7 L10.7 14.8 H5.3 L1.2 10.7 V5.3 Z"
        fill="currentColor"
      />
      {mark('M8 4.4 V8.6 M8 11.3 V11.4', true)}
    </>
  ),
  cancelled: (
    <>
      {RING}
      <rect x="5.5" y="5.5" width="5" height="5" rx="0.8" fill="currentColor" />
    </>
  ),
  skipped: (
    <>
      {RING}
      {mark('M5.4 5.7 7.7 8 5.4 10.3 M8.6 5.7 10.9 8 8.6 10.3', false)}
    </>
  ),
  lost: (
    <>
      <path
        d="M8 1.6 15 14 H1 Z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      {mark('M8 6.2 V9.4 M8 11.8 V11.9', false)}
    </>
  ),
  interrupted: (
    <>
      <path
        d="M8 1.6 15 14 H1 Z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      {mark('M8 6.2 V9.4 M8 11.8 V11.9', false)}
    </>
  )
};

export function StatusIcon({ status }: { readonly status: RunStatus | ShownStatus }): JSX.Element {
  return (
    <svg
      className="jp-DagbookStatus"
      data-status={status}
      viewBox="0 0 16 16"
      width="14"
      height="14"
      aria-hidden="true"
    >
      {SIGNS[status]}
    </svg>
  );
}
