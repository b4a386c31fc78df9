/** A plan in one line a node. */

import type { Action, Plan } from '../launch/types';

export interface PlannedNode {
  readonly action: Action;
  /** How many of its steps have this action. */
  readonly steps: number;
  readonly reason: string;
}

const BY_WEIGHT: readonly Action[] = ['run', 'reuse', 'skip'];

/** What becomes of each node: that of its steps that is most to do. */
export function plannedOf(plan: Plan | null): ReadonlyMap<string, PlannedNode> {
  const found = new Map<string, PlannedNode>();
  for (const action of BY_WEIGHT) {
    for (const step of plan?.steps ?? []) {
      const before = found.get(step.node);
      if (step.action === action && (before === undefined || before.action === action)) {
        found.set(step.node, {
          action,
          steps: (before?.steps ?? 0) + 1,
          reason: before?.reason ?? step.reason
        });
      }
    }
  }
  return found;
}
