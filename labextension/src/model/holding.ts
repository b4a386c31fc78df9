/** What it means for a step that its kernel is kept after a failure. Twin of `dagbook/run/holding.py`. */

import type { StepState } from './steps';
import type { NodeError, StepHeld } from './types';

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
