/** One chart, drawn by uPlot in the colours of the theme. Dragging zooms in; a double click zooms out. */

import { useEffect, useMemo, useRef } from 'react';
import type { CSSProperties, JSX } from 'react';
import uPlot from 'uplot';

import { chartData } from '../../model/tracked/chart';
import type { ChartLook } from '../../model/tracked/chart';
import { numberText } from '../../model/tracked/columns';
import type { Series } from '../../model/tracked/types';
import type { Translation } from '../surroundings';

export interface ChartLine {
  readonly label: string;
  readonly series: Series;
}

export interface MetricChartProps {
  readonly lines: readonly ChartLine[];
  readonly look: ChartLook;
  readonly label: string;
  readonly trans: Translation;
}

const HEIGHT = 190;
const LEAST_WIDTH = 160;
/** Of the theme, and apart from each other also for who does not tell colours: each has its own dashes. */
const COLOURS = [
  '--jp-brand-color1',
  '--jp-warn-color1',
  '--jp-success-color1',
  '--jp-error-color1',
  '--md-purple-500',
  '--jp-info-color1',
  '--md-grey-600'
];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 4], [14, 4], [2, 6]];

// uPlot's names for it are gone once its types are.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC = { distr: 3 } as uPlot.Scale;

export function colourOf(index: number): string {
  return `var(${COLOURS[index % COLOURS.length] ?? ''})`;
}

/** For who does not tell the colours. */
function dashesOf(index: number): readonly number[] {
  return DASHES[index % DASHES.length] ?? [];
}

/** How the line of a run is drawn outside of the charts. */
export function strokeOf(index: number): CSSProperties {
  return { stroke: colourOf(index), strokeDasharray: dashesOf(index).join(' ') };
}

export function MetricChart({ lines, look, label, trans }: MetricChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = useMemo(
    () =>
      chartData(
        lines.map(line => line.series),
        look
      ),
    [lines, look]
  );
  const names = lines.map(line => line.label).join('\n');
  const along = look.axis === 'step' ? trans.__('Step') : trans.__('Seconds');
  const latest = useRef(data);
  const isEmpty = data[0].length === 0;

  useEffect(() => {
    latest.current = data;
  }, [data]);

  useEffect(() => {
    const node = place.current;
    if (node === null || isEmpty) {
      return;
    }
    const made = new uPlot(
      options(node, [along, ...names.split('\n')], look.isLog),
      latest.current as unknown as uPlot.AlignedData,
      node
    );
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: Math.max(LEAST_WIDTH, node.clientWidth), height: HEIGHT })
    );
    observer.observe(node);
    // The theme's colours are read while drawing; another theme is another drawing.
    const themes = new MutationObserver(() => made.redraw(false, true));
    themes.observe(document.body, {
      attributes: true,
      attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light']
    });
    return () => {
      themes.disconnect();
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [along, names, look.isLog, isEmpty]);

  useEffect(() => {
    const made = plot.current;
    if (made !== null) {
      const isZoomed = isZoomedIn(made);
      made.setData(data as unknown as uPlot.AlignedData, !isZoomed);
      if (isZoomed) {
        made.redraw();
      }
    }
  }, [data]);
  return (
    <div
      className="jp-DagbookChart-plot"
      ref={place}
      role="img"
      style={{ minHeight: HEIGHT }}
      aria-label={spoken(lines, label, trans)}
    />
  );
}

/** `named`: what the points lie along, then the name of each line. */
function options(node: HTMLElement, named: readonly string[], isLog: boolean): uPlot.Options {
  const [along = '', ...names] = named;
  const theme = (name: string): string => getComputedStyle(node).getPropertyValue(name).trim();
  const axis = (): uPlot.Axis => ({
    stroke: () => theme('--jp-ui-font-color2'),
    grid: { stroke: () => theme('--jp-border-color2'), width: 1 },
    ticks: { stroke: () => theme('--jp-border-color2'), width: 1 },
    font: `11px ${theme('--jp-ui-font-family')}`
  });
  const few = isLog ? { values: logLabels } : { values: plainLabels };
  return {
    width: Math.max(LEAST_WIDTH, node.clientWidth),
    height: HEIGHT,
    scales: {
      x: { time: false },
      y: isLog ? LOGARITHMIC : {}
    },
    axes: [
      { ...axis(), values: plainLabels, size: 30 },
      { ...axis(), ...few, size: 68 }
    ],
    legend: { show: names.length > 1 },
    cursor: { drag: { x: true, y: false } },
    series: [
      {
        label: along,
        value: (_: uPlot, value: number | null) => (value === null ? '' : numberText(value))
      },
      ...names.map((name, index) => ({
        label: name,
        stroke: () => theme(COLOURS[index % COLOURS.length] ?? ''),
        width: 1.5,
        dash: [...dashesOf(index)],
        spanGaps: true,
        points: { show: (drawn: uPlot) => drawn.data[0].length <= 30, size: 4 },
        value: (_: uPlot, value: number | null) => (value === null ? '' : numberText(value))
      }))
    ]
  };
}

function plainLabels(_: uPlot, values: number[]): string[] {
  return values.map(value => numberText(value));
}

/** uPlot leaves out what would be too dense by giving null. */
function logLabels(_: uPlot, values: (number | null)[]): string[] {
  return values.map(value => (value === null ? '' : numberText(value)));
}

function isZoomedIn(plot: uPlot): boolean {
  const places = plot.data[0];
  const { min, max } = plot.scales['x'] ?? {};
  const [first, last] = [places[0], places.at(-1)];
  return (
    typeof min === 'number' &&
    typeof max === 'number' &&
    first !== undefined &&
    last !== undefined &&
    (min > first || max < last)
  );
}

function spoken(lines: readonly ChartLine[], label: string, trans: Translation): string {
  const said = lines.map(line => {
    const last = line.series.values.at(-1);
    return trans.__(
      '%1: %2 values, the last is %3',
      line.label,
      line.series.total,
      last === undefined ? '–' : numberText(last)
    );
  });
  return [label, ...said.filter(text => text !== label)].join('. ');
}
