/** A plan in one line a node. */

import type { Action, Plan } from '../launch/types';

export interface PlannedNode {
  readonly action: Action;
  /** How many of its steps have this action. */
  readonly steps: number;
  readonly reason: string;
}

const BY_WEIGHT: readonly Action[] = ['run', 'reuse', 'skip'];

/**
 * What becomes of each node: that of its steps that is most to do. The steps of a node that is a pipeline are
 * those of the nodes inside it, `features__prepare`.
 */
export function plannedOf(
  plan: Plan | null,
  nodes: readonly string[]
): ReadonlyMap<string, PlannedNode> {
  const found = new Map<string, PlannedNode>();
  const own = new Set(nodes);
  const drawn = (node: string): string =>
    own.has(node) ? node : (nodes.find(name => node.startsWith(`${name}__`)) ?? node);
  for (const action of BY_WEIGHT) {
    for (const step of plan?.steps ?? []) {
      const node = drawn(step.node);
      const before = found.get(node);
      if (step.action === action && (before === undefined || before.action === action)) {
        found.set(node, {
          action,
          steps: (before?.steps ?? 0) + 1,
          reason: before?.reason ?? step.reason
        });
      }
    }
  }
  return found;
}
