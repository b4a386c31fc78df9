/** A small curve as the path of an SVG. */

import type { Series } from './types';

/** The path in a box of `width` × `height`; empty where there is nothing to connect. */
export function sparkPath(series: Series, width: number, height: number): string {
  const points = series.values
    .map((value, index) => ({ x: index, y: Number(value) }))
    .filter(point => Number.isFinite(point.y));
  if (points.length < 2) {
    return '';
  }
  const values = points.map(point => point.y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = points.at(-1)?.x ?? 1;
  const first = points[0]?.x ?? 0;
  const inner = height - 2;
  return points
    .map(({ x, y }, index) => {
      const left = ((x - first) / Math.max(1, last - first)) * (width - 2) + 1;
      const top = high === low ? height / 2 : 1 + inner - ((y - low) / (high - low)) * inner;
      return `${index === 0 ? 'M' : 'L'}${left.toFixed(1)} ${top.toFixed(1)}`;
    })
    .join('');
}
