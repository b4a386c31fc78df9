/** Runs as lines across an axis for each parameter and metric that differs. The table says the same in words. */

import { useMemo, useState } from 'react';
import type { JSX } from 'react';

import type { RunDetail } from '../../../model/tracked/detail';
import { parallelAxes } from '../../../model/tracked/parallel';
import type { ParallelAxis } from '../../../model/tracked/parallel';
import type { Translation } from '../../surroundings';
import { strokeOf } from '../MetricChart';

export interface ParallelChartProps {
  readonly runs: readonly RunDetail[];
  readonly trans: Translation;
}

const WIDTH = 840;
const TOP = 30;
const TALL = 170;
const HEIGHT = TOP + TALL + 22;
const SIDE = 90;
/** Characters of a name that have room above an axis. */
const NAME = 16;

export function ParallelChart({ runs, trans }: ParallelChartProps): JSX.Element | null {
  const axes = useMemo(() => parallelAxes(runs), [runs]);
  const [looked, setLooked] = useState<string | null>(null);
  if (runs.length < 3 || axes.length < 2) {
    return null;
  }
  const across = (at: number): number => SIDE + (at * (WIDTH - 2 * SIDE)) / (axes.length - 1);
  return (
    <>
      <h2>{trans.__('Choices and What Came of Them')}</h2>
      <figure className="jp-DagbookParallel">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label={trans.__(
            '%1 runs as lines across: %2. The table above has the values.',
            runs.length,
            axes.map(axis => axis.name).join(', ')
          )}
        >
          {runs.map((run, index) => (
            <path
              key={run.run}
              d={lineOf(axes, index, across)}
              className="jp-DagbookParallel-line"
              data-faded={(looked !== null && looked !== run.run) || undefined}
              style={strokeOf(index)}
            >
              <title>{run.name}</title>
            </path>
          ))}
          {/* Over the lines: what is written stays readable. */}
          {axes.map((axis, at) => (
            <Axis key={`${axis.kind} ${axis.name}`} axis={axis} x={across(at)} />
          ))}
        </svg>
        <ul>
          {runs.map((run, index) => (
            <li key={run.run}>
              <button
                type="button"
                aria-pressed={looked === run.run}
                onClick={() => setLooked(looked === run.run ? null : run.run)}
              >
                <svg viewBox="0 0 28 8" aria-hidden="true">
                  <path d="M0 4H28" className="jp-DagbookParallel-line" style={strokeOf(index)} />
                </svg>
                {run.name}
              </button>
            </li>
          ))}
        </ul>
      </figure>
    </>
  );
}

function Axis({ axis, x }: { readonly axis: ParallelAxis; readonly x: number }): JSX.Element {
  return (
    <g className="jp-DagbookParallel-axis" data-kind={axis.kind}>
      <line x1={x} x2={x} y1={TOP} y2={TOP + TALL} />
      <text x={x} y={TOP - 14} className="jp-DagbookParallel-name">
        {shortened(axis.name)}
        <title>{axis.name}</title>
      </text>
      {axis.ticks.map(tick => (
        <text key={tick.label} x={x + 6} y={height(tick.at) + 4}>
          {shortened(tick.label)}
        </text>
      ))}
    </g>
  );
}

function height(at: number): number {
  return TOP + (1 - at) * TALL;
}

/** From axis to axis; where a value is missing the line is broken. */
function lineOf(
  axes: readonly ParallelAxis[],
  run: number,
  across: (at: number) => number
): string {
  let isDown = false;
  return axes
    .map((axis, at) => {
      const place = axis.places[run] ?? null;
      const word = place === null ? '' : `${isDown ? 'L' : 'M'}${across(at)} ${height(place)}`;
      isDown = place !== null;
      return word;
    })
    .join('');
}

function shortened(name: string): string {
  return name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
}
