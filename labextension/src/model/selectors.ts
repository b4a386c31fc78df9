/** What a view may ask of the state: rows that are ready to be drawn, in the order of the screen. */

import { mostUrgent, shownStatus } from './shownStatus';
import { groupKey } from './runStore';
import { executed } from './steps';
import type { PanelState, RunRecord } from './runStore';
import type { StepState } from './runState';
import type { RunStatus, ShownStatus } from './types';

/** A stretch of the progress bar: `count` steps of one state. */
export interface Segment {
  readonly status: ShownStatus;
  readonly count: number;
}

export interface RunRow {
  readonly run: string;
  readonly project: string;
  readonly pipeline: string;
  readonly user: string;
  readonly file: string;
  readonly status: RunStatus;
  readonly started: string | null;
  /** Seconds that the run took; null while it goes on, and when nobody knows. */
  readonly seconds: number | null;
  /** Steps that ended well, of all. */
  readonly ok: number;
  readonly total: number;
  readonly segments: readonly Segment[];
  readonly open: boolean;
}

export interface StepRow {
  readonly kind: 'step';
  readonly step: StepState;
  readonly status: ShownStatus;
  /** What sets it apart: its name, or its item when it stands below its node. */
  readonly label: string;
  /** Nodes that it still waits for. */
  readonly waitsFor: readonly string[];
}

export interface NodeRow {
  readonly kind: 'node';
  readonly key: string;
  readonly node: string;
  readonly status: ShownStatus;
  readonly ok: number;
  readonly steps: readonly StepRow[];
  readonly segments: readonly Segment[];
  readonly open: boolean;
}

const OK: ReadonlySet<ShownStatus> = new Set(['succeeded', 'reused']);

/** Beyond this many, one stretch per state is easier to read than one per step. */
const MANY_STEPS = 32;

/** The runs that the filter lets through, newest first. */
export function runRows(state: PanelState): readonly RunRow[] {
  const wanted = state.filter.trim().toLocaleLowerCase().split(/\s+/);
  return [...state.runs.values()]
    .map(record => runRow(record, state.open.has(record.summary.run)))
    .filter(row => wanted.every(word => searchText(row).includes(word)))
    .sort((a, b) => (a.run < b.run ? 1 : -1));
}

/** The steps of a run in the plan's order; those of a node with several are folded into one row. */
export function stepRows(
  record: RunRecord,
  open: ReadonlySet<string>
): readonly (StepRow | NodeRow)[] {
  const byNode = new Map<string, StepState[]>();
  for (const step of record.state?.steps.values() ?? []) {
    const siblings = byNode.get(step.outline.node);
    if (siblings === undefined) {
      byNode.set(step.outline.node, [step]);
    } else {
      siblings.push(step);
    }
  }
  return [...byNode].map(([node, steps]) => {
    const [only] = steps;
    return only !== undefined && steps.length === 1
      ? stepRow(record, only, only.outline.step)
      : nodeRow(record, node, steps, open);
  });
}

/** How the run stands, told by whoever knows best: the journal, or the list. */
export function runStatus(record: RunRecord): RunStatus {
  const { state, driver, summary } = record;
  if (state === null || state.seq === 0) {
    return summary.state;
  }
  return state.state === 'running' && driver === 'gone' ? 'interrupted' : state.state;
}

function runRow(record: RunRecord, open: boolean): RunRow {
  const { summary, state } = record;
  const status = runStatus(record);
  const known = state !== null && state.seq > 0 ? state : null;
  const segments =
    known === null ? countedSegments(record) : stepSegments(record, executed(known.steps.values()));
  return {
    run: summary.run,
    project: summary.project,
    pipeline: known?.pipeline ?? summary.pipeline,
    user: summary.user,
    file: summary.file,
    status,
    started: known?.started ?? summary.started,
    seconds: status === 'running' ? null : (known?.seconds ?? summary.seconds),
    ok: total(segments.filter(segment => OK.has(segment.status))),
    total: total(segments),
    segments,
    open
  };
}

function stepRow(record: RunRecord, step: StepState, label: string): StepRow {
  const waitsFor = step.state === 'pending' ? unfinishedNeeds(record, step) : [];
  return { kind: 'step', step, status: stepStatus(record, step), label, waitsFor };
}

function unfinishedNeeds({ state }: RunRecord, step: StepState): readonly string[] {
  const needs = (step.outline.needs ?? []).map(need => state?.steps.get(need));
  const nodes = needs.flatMap(need =>
    need === undefined || OK.has(need.state) ? [] : [need.outline.node]
  );
  return [...new Set(nodes)];
}

function nodeRow(
  record: RunRecord,
  node: string,
  steps: readonly StepState[],
  open: ReadonlySet<string>
): NodeRow {
  const group = steps.find(step => step.items !== null);
  const elements = executed(steps);
  const rows = elements.map(step => stepRow(record, step, itemText(step)));
  const key = groupKey(record.summary.run, node);
  return {
    kind: 'node',
    key,
    node,
    // A list that tolerates failures knows best how it stands.
    status:
      group === undefined ? mostUrgent(rows.map(row => row.status)) : stepStatus(record, group),
    ok: rows.filter(row => OK.has(row.status)).length,
    steps: rows,
    segments: stepSegments(record, elements),
    open: open.has(key)
  };
}

// A driver that died writes no ending: what it had in hand is lost.
function stepStatus(record: RunRecord, step: StepState): ShownStatus {
  return shownStatus(step, runStatus(record) === 'interrupted');
}

function itemText(step: StepState): string {
  const item = Object.entries(step.outline.item ?? {});
  return item.length === 0
    ? step.outline.step
    : item.map(([name, value]) => `${name}=${valueText(value)}`).join(' ');
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function stepSegments(record: RunRecord, steps: Iterable<StepState>): readonly Segment[] {
  const each = [...steps].map(step => ({ status: stepStatus(record, step), count: 1 }));
  return each.length <= MANY_STEPS ? each : merged(each);
}

function countedSegments({ summary }: RunRecord): readonly Segment[] {
  const { total: all, done, failed, running } = summary.steps;
  const over = summary.state !== 'running' && summary.state !== 'interrupted';
  const counts: readonly Segment[] = [
    { status: 'succeeded', count: done },
    { status: 'failed', count: failed },
    { status: summary.state === 'interrupted' ? 'lost' : 'running', count: running },
    // The list does not say why a step of a finished run did not run; the journal does.
    { status: over ? 'skipped' : 'pending', count: all - done - failed - running }
  ];
  return counts
    .filter(({ count }) => count > 0)
    .flatMap(({ status, count }) =>
      all <= MANY_STEPS
        ? Array.from({ length: count }, () => ({ status, count: 1 }))
        : [{ status, count }]
    );
}

function merged(segments: readonly Segment[]): readonly Segment[] {
  const counts = new Map<ShownStatus, number>();
  for (const { status, count } of segments) {
    counts.set(status, (counts.get(status) ?? 0) + count);
  }
  return [...counts].map(([status, count]) => ({ status, count }));
}

function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.count, 0);
}

function searchText(row: RunRow): string {
  return [row.pipeline, row.run, row.status, row.user, row.project, row.file]
    .join(' ')
    .toLocaleLowerCase();
}
