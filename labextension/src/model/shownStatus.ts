/** How steps are shown: as their journal tells them, and as somebody has to see them first. */

import type { StepState } from './steps';
import type { ShownStatus } from './types';

/** The state to show: what runs without its driver does not run, and a kept kernel waits for a person. */
export function shownStatus(step: StepState, gone: boolean): ShownStatus {
  if (step.state !== 'running') {
    return step.state;
  }
  return gone ? 'lost' : step.held === null ? 'running' : 'held';
}

const URGENCY: readonly ShownStatus[] = [
  'held',
  'running',
  'failed',
  'timed-out',
  'killed',
  'lost',
  'pending',
  'cancelled',
  'skipped',
  'succeeded',
  'reused'
];

/** Of several steps, the state that somebody has to see first; as in `engine/run_grid.py`. */
export function mostUrgent(states: readonly ShownStatus[]): ShownStatus {
  return URGENCY.find(each => states.includes(each)) ?? 'pending';
}
