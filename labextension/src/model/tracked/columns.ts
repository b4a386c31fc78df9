/** The columns of the table of runs: which there are, what stands in them, and how they order. */

import { duration } from '../format';
import type { Order, TrackedRun, Value } from './types';

export const NAME = 'attributes.run_name';
export const STARTED = 'attributes.start_time';
export const STATUS = 'attributes.status';
/** Ours alone: MLflow cannot order by these. */
export const DURATION = 'duration';
export const USER = 'user';
export const SOURCE = 'source';
export const SPARK = 'spark';

export const NEWEST: Order = { column: STARTED, descends: true };
export const FIXED = [STARTED, DURATION, SPARK, USER, SOURCE] as const;

const MOST_BY_ITSELF = 2;
/** Begins the names of what was measured of the machine. */
export const SYSTEM = 'system/';
const OF_EVERY_CELL = new Set(['duration_seconds', 'peak_memory_bytes']);

/** Whether people logged the metric; others are recorded without being asked. */
export function isLogged(metric: string): boolean {
  return !OF_EVERY_CELL.has(metric) && !metric.startsWith(SYSTEM);
}

export interface ColumnShape {
  readonly id: string;
  readonly width: number;
  readonly isNumber: boolean;
  readonly isSortable: boolean;
}

export function shapeOf(id: string): ColumnShape {
  const isMetric = id.startsWith('metrics.');
  const isOwn = id === USER || id === SOURCE || id === SPARK || id === DURATION;
  const widths: Readonly<Record<string, number>> = {
    [STARTED]: 92,
    [DURATION]: 84,
    [SPARK]: 84,
    [USER]: 80,
    [SOURCE]: 120
  };
  return {
    id,
    width: widths[id] ?? Math.min(140, Math.max(72, 24 + 7 * nameOf(id).length)),
    isNumber: isMetric || id === DURATION,
    isSortable: !isOwn
  };
}

/** Of the check box and the status, in pixels. */
export const CHECK_WIDTH = 46;

/** `left`: where a pinned column stops when the table is scrolled sideways; null for the others. */
export type PlacedColumn = ColumnShape & { readonly left: number | null };

const LEAST_NAME = 96;
const MOST_NAME = 320;

/**
 * The name and these columns, of which pinned ones come first. The name takes what the others leave of
 * `available` pixels, so that the last column that is seen is seen whole.
 */
export function placed(
  columns: readonly string[],
  pinned: readonly string[],
  available: number
): readonly PlacedColumn[] {
  const others = columns.map(shapeOf);
  const name = { ...shapeOf(NAME), width: nameWidth(others, available - CHECK_WIDTH) };
  let left = CHECK_WIDTH;
  return [name, ...others].map(shape => {
    if (shape.id !== NAME && !pinned.includes(shape.id)) {
      return { ...shape, left: null };
    }
    const at = left;
    left += shape.width;
    return { ...shape, left: at };
  });
}

function nameWidth(others: readonly ColumnShape[], available: number): number {
  let rest = available;
  for (const { width } of others) {
    if (rest - width < LEAST_NAME) {
      break;
    }
    rest -= width;
  }
  return Math.max(LEAST_NAME, Math.min(MOST_NAME, rest));
}

/** `metrics.acc` → `acc`. */
export function nameOf(id: string): string {
  const dot = id.indexOf('.');
  return dot < 0 ? id : id.slice(dot + 1);
}

/** Every column that these runs could fill: metrics, then parameters, then tags, each by name. */
export function knownColumns(runs: readonly TrackedRun[]): readonly string[] {
  const kinds = ['metrics', 'params', 'tags'] as const;
  return kinds.flatMap(kind => {
    const names = new Set<string>();
    for (const run of runs) {
      Object.keys(run[kind]).forEach(name => names.add(name));
    }
    return [...names].sort(byName).map(name => `${kind}.${name}`);
  });
}

/** What is shown until somebody chooses: the metrics and the parameters that most runs have. */
export function columnsByDefault(runs: readonly TrackedRun[]): readonly string[] {
  const metrics = mostCommon(runs, 'metrics').filter(isLogged);
  const params = mostCommon(runs, 'params');
  return [
    ...metrics.slice(0, MOST_BY_ITSELF).map(name => `metrics.${name}`),
    ...(metrics.length > 0 ? [SPARK] : []),
    ...params.slice(0, MOST_BY_ITSELF).map(name => `params.${name}`),
    STARTED,
    DURATION,
    USER
  ];
}

function mostCommon(runs: readonly TrackedRun[], kind: 'metrics' | 'params'): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const name of Object.keys(run[kind])) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1] || byName(a[0], b[0])).map(([name]) => name);
}

/** The text of a cell that is not a component of its own. */
export function cellText(run: TrackedRun, id: string): string {
  const name = nameOf(id);
  if (id.startsWith('metrics.')) {
    const value = run.metrics[name];
    return value === undefined ? '' : numberText(value);
  }
  if (id.startsWith('params.')) {
    return run.params[name] ?? '';
  }
  if (id.startsWith('tags.')) {
    return run.tags[name] ?? '';
  }
  switch (id) {
    case NAME:
      return run.name;
    case USER:
      return run.user;
    case SOURCE:
      return run.path ?? run.source.split('/').at(-1) ?? '';
    case DURATION:
      return run.seconds === null ? '' : duration(run.seconds);
    default:
      return '';
  }
}

/** A measured number in at most six characters or so; what it is exactly is in the tooltip. */
export function numberText(value: Value): string {
  const number = Number(value);
  if (!Number.isFinite(number)) {
    return Number.isNaN(number) ? 'NaN' : number > 0 ? '∞' : '−∞';
  }
  if (Number.isInteger(number) && Math.abs(number) < 1e7) {
    return String(number).replace('-', '−');
  }
  const size = Math.abs(number);
  const text =
    size >= 1e-3 && size < 1e6 ? String(Number(number.toPrecision(4))) : number.toExponential(2);
  return text.replace('-', '−');
}

/** As the server orders: no number, then no value, come last; then the newest first. */
export function compareRuns(a: TrackedRun, b: TrackedRun, order: Order): number {
  const [left, right] = [sortValue(a, order.column), sortValue(b, order.column)];
  if (left.rank !== right.rank) {
    return left.rank - right.rank;
  }
  if (left.value === right.value) {
    return (b.started ?? '') < (a.started ?? '')
      ? -1
      : (b.started ?? '') > (a.started ?? '')
        ? 1
        : 0;
  }
  const sign = left.value < right.value ? -1 : 1;
  return order.descends ? -sign : sign;
}

function sortValue(run: TrackedRun, column: string): { rank: number; value: number | string } {
  const name = nameOf(column);
  if (column.startsWith('metrics.')) {
    const value = run.metrics[name];
    const number = Number(value);
    return value === undefined
      ? { rank: 2, value: 0 }
      : Number.isNaN(number)
        ? { rank: 1, value: 0 }
        : { rank: 0, value: number };
  }
  const text =
    column === STARTED
      ? run.started
      : column === NAME
        ? run.name
        : column === STATUS
          ? run.status
          : column.startsWith('params.')
            ? run.params[name]
            : run.tags[name];
  return text === undefined || text === null ? { rank: 2, value: '' } : { rank: 0, value: text };
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
