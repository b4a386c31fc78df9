/** What it means for a step that its kernel is kept after a failure. Twin of `dagbook/run/holding.py`. */

import type { StepState } from './steps';
import type { NodeError, ShownStatus, StepHeld } from './types';

/** A kernel that is kept for a person; times are ISO 8601. */
export interface Held {
  readonly error: NodeError;
  readonly since: string;
  readonly until: string;
  /** The file that Jupyter's clients connect by. */
  readonly connection: string;
}

export function stepHeld(event: StepHeld, at: string): Partial<StepState> {
  const { error, until, connection } = event;
  return { held: { error, since: at, until, connection } };
}

/** The state to show: what runs without its driver does not run, and a kept kernel waits for a person. */
export function shownStatus(step: StepState, gone: boolean): ShownStatus {
  if (step.state !== 'running') {
    return step.state;
  }
  return gone ? 'lost' : step.held === null ? 'running' : 'held';
}

/** The time of day here at which the kernel is let go: `14:05`. */
export function keptUntil(held: Held): string {
  return new Date(held.until).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
