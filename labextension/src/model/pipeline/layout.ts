/** Where nodes are drawn: from left to right along the arrows. Pure; depends on the graph's structure alone. */

import { Graph, layout } from '@dagrejs/dagre';

import type { Place } from './types';

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
}

export type Layout = ReadonlyMap<string, Place>;

const GAPS = { ranksep: 72, nodesep: 28, marginx: 24, marginy: 24 };

/** The upper left corner of each box. */
export function layoutOf(boxes: readonly Box[], lines: readonly Line[]): Layout {
  const graph = new Graph();
  // A good deal faster than the default on large graphs, and hardly worse to look at.
  graph.setGraph({ rankdir: 'LR', ranker: 'tight-tree', ...GAPS });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) {
    graph.setNode(id, { width, height });
  }
  for (const { from, to } of lines) {
    graph.setEdge(from, to);
  }
  layout(graph);
  return new Map(
    boxes.map(({ id, width, height }) => {
      const { x = 0, y = 0 } = graph.node(id) as Partial<Place>;
      return [id, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) }];
    })
  );
}

/** Lays out anew only when the boxes or the lines are others: a status that changes moves nothing. */
export class LayoutMemory {
  #key = '';
  #layout: Layout = new Map();

  of(boxes: readonly Box[], lines: readonly Line[]): Layout {
    const key = JSON.stringify([boxes, lines.map(({ from, to }) => [from, to])]);
    if (key !== this.#key) {
      this.#key = key;
      this.#layout = layoutOf(boxes, lines);
    }
    return this.#layout;
  }
}
