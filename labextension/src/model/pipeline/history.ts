/** The runs of one pipeline side by side; see `GET runs/RUN/history` in docs/reference/rest.md. */

import type { RunStatus, ShownStatus } from '../types';

/** How a node came out in a run. */
export interface HistoryCell {
  readonly state: ShownStatus;
  readonly steps: number;
  readonly ok: number;
  readonly failed: number;
  readonly seconds: number | null;
}

export interface HistoryRun {
  readonly run: string;
  readonly state: RunStatus;
  readonly started: string | null;
  readonly seconds: number | null;
  readonly user: string;
  /** A node that the run did not have is not in it. */
  readonly nodes: Readonly<Record<string, HistoryCell>>;
}

/** The runs newest first; the nodes of all of them. */
export interface RunHistory {
  readonly nodes: readonly string[];
  readonly runs: readonly HistoryRun[];
}

/** The cell of a node in a run, or null. */
export function cellOf(run: HistoryRun, node: string): HistoryCell | null {
  return Object.hasOwn(run.nodes, node) ? (run.nodes[node] ?? null) : null;
}

/** How long a node took beside the longest of all runs, from 0 to 1. */
export function shareOf(history: RunHistory, node: string, cell: HistoryCell): number {
  const all = history.runs.map(run => cellOf(run, node)?.seconds ?? 0);
  const longest = Math.max(...all);
  return longest === 0 ? 0 : (cell.seconds ?? 0) / longest;
}
