/** The table of a run's steps: which columns there are, in which order rows stand, which is the best. */

import type { StepStatus } from '../types';
import type { Trial, Trials } from './types';

export interface Sorting {
  /** `item:depth`, `metric:acc`, `step`, `state` or `seconds`. */
  readonly column: string;
  readonly descending: boolean;
}

export interface Goal {
  readonly metric: string;
  readonly lowest: boolean;
}

export interface Columns {
  readonly items: readonly string[];
  readonly metrics: readonly string[];
}

const GOOD: readonly StepStatus[] = ['succeeded', 'reused'];
const OVER: readonly string[] = ['succeeded', 'failed', 'cancelled', 'interrupted'];
/** Names of which less is better. */
const COSTS =
  /(^|[^a-z])(loss|cost|err|error|mse|rmse|mae|mape|perplexity|seconds|time)([^a-z]|$)/i;

export function columnsOf(trials: readonly Trial[]): Columns {
  const items = new Set<string>();
  const metrics = new Set<string>();
  for (const trial of trials) {
    Object.keys(trial.item).forEach(name => items.add(name));
    Object.keys(trial.metrics).forEach(name => metrics.add(name));
  }
  return { items: [...items], metrics: [...metrics].sort((a, b) => a.localeCompare(b)) };
}

export function isOver(run: Trials): boolean {
  return OVER.includes(run.state);
}

/** What one most likely looks for: the first metric, and whether less of it is better. */
export function likelyGoal(columns: Columns): Goal | null {
  const metric = columns.metrics.find(name => !isCost(name)) ?? columns.metrics[0];
  return metric === undefined ? null : { metric, lowest: isCost(metric) };
}

export function isCost(metric: string): boolean {
  return COSTS.test(metric);
}

/** The step that did best, or null while there is none. The first of equals. */
export function bestOf(trials: readonly Trial[], goal: Goal | null): Trial | null {
  let best: { readonly trial: Trial; readonly value: number } | null = null;
  for (const trial of trials) {
    const value = goal === null ? null : measured(trial, goal);
    if (goal === null || value === null || !GOOD.includes(trial.state)) {
      continue;
    }
    if (best === null || (goal.lowest ? value < best.value : value > best.value)) {
      best = { trial, value };
    }
  }
  return best?.trial ?? null;
}

function measured(trial: Trial, goal: Goal): number | null {
  const value = Object.hasOwn(trial.metrics, goal.metric) ? trial.metrics[goal.metric] : undefined;
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** The rows in the order that is wanted; rows without a value stand last either way. */
export function sorted(trials: readonly Trial[], sorting: Sorting | null): readonly Trial[] {
  if (sorting === null) {
    return trials;
  }
  const sign = sorting.descending ? -1 : 1;
  return [...trials].sort((left, right) => {
    const [a, b] = [valueOf(left, sorting.column), valueOf(right, sorting.column)];
    if (a === null || b === null) {
      return a === b ? 0 : a === null ? 1 : -1;
    }
    const order =
      typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
    return sign * order;
  });
}

/** The next order when a column's head is pressed: up, down, as it was. */
export function pressed(sorting: Sorting | null, column: string): Sorting | null {
  if (sorting?.column !== column) {
    return { column, descending: false };
  }
  return sorting.descending ? null : { column, descending: true };
}

function valueOf(trial: Trial, column: string): number | string | null {
  const [kind = '', ...rest] = column.split(':');
  const name = rest.join(':');
  switch (kind) {
    case 'item': {
      const value = Object.hasOwn(trial.item, name) ? trial.item[name] : null;
      return typeof value === 'number' ? value : value === null ? null : textOf(value);
    }
    case 'metric':
      return measured(trial, { metric: name, lowest: false });
    case 'seconds':
      return trial.seconds;
    case 'state':
      return trial.state;
    default:
      return null;
  }
}

/** A value as people read it; what JSON cannot say comes as `{"$date": "2026-01-01"}`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const [[key, inner] = ['', null], ...others] = Object.entries(value);
    if (others.length === 0 && key.startsWith('$') && typeof inner === 'string') {
      return inner;
    }
  }
  return JSON.stringify(value);
}

/** A number of a table, short and of one kind. */
export function numberText(value: number | undefined): string {
  if (value === undefined) {
    return '';
  }
  if (!Number.isFinite(value)) {
    return String(value);
  }
  return Number.isInteger(value) && Math.abs(value) < 1e9
    ? String(value)
    : String(Number(value.toPrecision(5)));
}
