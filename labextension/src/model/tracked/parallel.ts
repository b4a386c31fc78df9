/** Runs as lines across axes: what was chosen at the left, what came of it at the right. */

import { isLogged, numberText } from './columns';
import type { RunDetail } from './detail';

export interface ParallelTick {
  /** From the bottom (0) to the top (1). */
  readonly at: number;
  readonly label: string;
}

export interface ParallelAxis {
  readonly kind: 'param' | 'metric';
  readonly name: string;
  readonly ticks: readonly ParallelTick[];
  /** Where each run crosses, from the bottom (0) to the top (1); null where it has no such value. */
  readonly places: readonly (number | null)[];
}

/** A screen holds no more beside each other that can be read. */
const MOST = 8;
const MOST_METRICS = 3;

/** The axes of what differs between the runs: parameters first, then metrics. */
export function parallelAxes(runs: readonly RunDetail[]): readonly ParallelAxis[] {
  const params = axesOf('param', runs, run => run.params);
  const metrics = axesOf('metric', runs, run => run.metrics);
  const kept = metrics.slice(0, Math.max(MOST_METRICS, MOST - params.length));
  return [...params.slice(0, MOST - kept.length), ...kept];
}

function axesOf(
  kind: ParallelAxis['kind'],
  runs: readonly RunDetail[],
  read: (run: RunDetail) => Readonly<Record<string, string | number>>
): readonly ParallelAxis[] {
  const held = runs.map(read);
  const names = [...new Set(held.flatMap(values => Object.keys(values)))]
    .filter(name => kind === 'param' || isLogged(name))
    .sort();
  return names.flatMap(name => {
    const values = held.map(one => one[name]);
    const there = values.filter(value => value !== undefined);
    const numbers = there.map(value => (value === '' ? NaN : Number(value)));
    const axis = numbers.every(Number.isFinite)
      ? measured(values)
      : kind === 'param'
        ? chosen(values)
        : null;
    return axis === null ? [] : [{ kind, name, ...axis }];
  });
}

type Places = Pick<ParallelAxis, 'ticks' | 'places'>;

function measured(values: readonly (string | number | undefined)[]): Places | null {
  const numbers = values.map(value => (value === undefined ? null : Number(value)));
  const there = numbers.filter(value => value !== null);
  const [least, greatest] = [Math.min(...there), Math.max(...there)];
  if (!(greatest > least)) {
    return null;
  }
  return {
    ticks: [
      { at: 0, label: numberText(least) },
      { at: 1, label: numberText(greatest) }
    ],
    places: numbers.map(value => (value === null ? null : (value - least) / (greatest - least)))
  };
}

function chosen(values: readonly (string | number | undefined)[]): Places | null {
  const words = [
    ...new Set(values.filter(value => value !== undefined).map(value => String(value)))
  ].sort();
  if (words.length < 2) {
    return null;
  }
  const at = (word: string): number => words.indexOf(word) / (words.length - 1);
  return {
    ticks: words.map(label => ({ at: at(label), label })),
    places: values.map(value => (value === undefined ? null : at(String(value))))
  };
}
