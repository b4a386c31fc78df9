/** Series as a chart draws them: on one axis, smoothed, gaps where there is no number. */

import type { Series } from './types';

export interface ChartLook {
  /** What lies along the bottom: steps, or seconds since each run's first value. */
  readonly axis: 'step' | 'time';
  /** Weight of what came before, 0 (as measured) to 0.99. */
  readonly smoothing: number;
  readonly isLog: boolean;
}

export const LOOK: ChartLook = { axis: 'step', smoothing: 0, isLog: false };

/** The places along the axis, then for each series its values there; null where it has none. */
export type ChartData = readonly [readonly number[], ...(readonly (number | null)[])[]];

export function chartData(series: readonly Series[], look: ChartLook): ChartData {
  const lines = series.map(one => line(one, look));
  const places = [...new Set(lines.flatMap(one => [...one.keys()]))].sort((a, b) => a - b);
  return [places, ...lines.map(one => places.map(place => one.get(place) ?? null))];
}

function line(series: Series, look: ChartLook): Map<number, number | null> {
  const first = series.times[0] ?? 0;
  const values = smoothed(
    series.values.map(value => drawable(Number(value), look.isLog)),
    look.smoothing
  );
  const points = new Map<number, number | null>();
  values.forEach((value, index) => {
    const place =
      look.axis === 'step'
        ? (series.steps[index] ?? index)
        : ((series.times[index] ?? first) - first) / 1000;
    points.set(place, value);
  });
  return points;
}

/** An exponential mean without the pull to zero at its beginning. Gaps stay gaps. */
export function smoothed(
  values: readonly (number | null)[],
  weight: number
): readonly (number | null)[] {
  if (weight <= 0) {
    return values;
  }
  let mean = 0;
  let count = 0;
  return values.map(value => {
    if (value === null) {
      return null;
    }
    mean = mean * weight + value * (1 - weight);
    count += 1;
    return mean / (1 - weight ** count);
  });
}

/** Nothing at or below zero has a place on a logarithmic axis. */
function drawable(value: number, isLog: boolean): number | null {
  return Number.isFinite(value) && (!isLog || value > 0) ? value : null;
}
