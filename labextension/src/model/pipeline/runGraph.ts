/** A run as a graph to draw: one box a node, however many steps it has. */

import { mostUrgent, shownStatus } from '../shownStatus';
import type { Line } from './layout';
import type { RunState } from '../runState';
import { executed } from '../steps';
import type { StepState } from '../steps';
import type { ShownStatus } from '../types';

export interface RunNode {
  readonly node: string;
  readonly status: ShownStatus;
  /** Those that are executed: of a list its elements, once they are known. */
  readonly steps: readonly StepState[];
  readonly ok: number;
  readonly bad: number;
}

export interface RunGraph {
  readonly nodes: readonly RunNode[];
  readonly lines: readonly Line[];
}

export const RUN_WIDTH = 210;
export const RUN_HEIGHT = 66;

const OK: ReadonlySet<ShownStatus> = new Set(['succeeded', 'reused']);
const BAD: ReadonlySet<ShownStatus> = new Set(['failed', 'timed-out', 'killed', 'lost']);

/** The nodes in the plan's order. `gone`: the driver is, so that what runs is lost. */
export function runGraphOf(state: RunState, gone: boolean): RunGraph {
  const byNode = new Map<string, StepState[]>();
  const nodeOf = new Map<string, string>();
  for (const step of state.steps.values()) {
    const { node } = step.outline;
    nodeOf.set(step.outline.step, node);
    byNode.set(node, [...(byNode.get(node) ?? []), step]);
  }
  const lines = new Map<string, Line>();
  for (const { outline } of state.steps.values()) {
    for (const need of outline.needs ?? []) {
      const from = nodeOf.get(need);
      if (from !== undefined && from !== outline.node) {
        lines.set(JSON.stringify([from, outline.node]), { from, to: outline.node });
      }
    }
  }
  return {
    nodes: [...byNode].map(([node, steps]) => runNode(node, steps, gone)),
    lines: [...lines.values()]
  };
}

/** What to look at first: what is wrong, what goes on, and the rest in its own order. */
export function byUrgency(steps: readonly StepState[], gone: boolean): readonly StepState[] {
  const rank = (step: StepState): number => {
    const status = shownStatus(step, gone);
    return BAD.has(status) || status === 'held' ? 0 : status === 'running' ? 1 : 2;
  };
  return [...steps].sort((one, other) => rank(one) - rank(other));
}

function runNode(node: string, all: readonly StepState[], gone: boolean): RunNode {
  const group = all.find(step => step.items !== null);
  const steps = executed(all);
  const states = steps.map(step => shownStatus(step, gone));
  // A list that tolerates failures, or waits for more, knows best how it stands.
  const status = group !== undefined ? shownStatus(group, gone) : mostUrgent(states);
  return {
    node,
    status,
    steps,
    ok: states.filter(each => OK.has(each)).length,
    bad: states.filter(each => BAD.has(each)).length
  };
}
