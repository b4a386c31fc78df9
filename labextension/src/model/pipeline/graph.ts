/** What a pipeline file says, as a graph to draw: nodes, and what flows between them. */

import { onlyReference, referencesIn, referencesInCondition } from './expressions';
import { mapping } from './spec';
import type { Mapping, Path, Value } from './spec';

export interface PipelineNode {
  readonly name: string;
  /** Path from the pipeline file; empty where none is written. */
  readonly notebook: string;
  /** Path of the pipeline that the node is instead; empty for a notebook. */
  readonly pipeline: string;
  readonly params: Mapping;
  readonly matrix: readonly string[];
  readonly foreach: string;
  readonly when: string;
  readonly description: string;
  /** All that is written of it. */
  readonly written: Mapping;
}

/** One arrow. `output` is null for one without data. */
export interface Edge {
  readonly from: string;
  readonly output: string | null;
  readonly to: string;
  /** The parameter that takes it; null where it ends at the node as a whole. */
  readonly param: string | null;
  /** Where it is written. */
  readonly path: Path;
  /** Whether it can be taken away without changing anything else. */
  readonly alone: boolean;
}

export interface PipelineGraph {
  readonly name: string;
  readonly description: string;
  readonly params: readonly string[];
  readonly nodes: readonly PipelineNode[];
  readonly edges: readonly Edge[];
}

export const EMPTY: PipelineGraph = { name: '', description: '', params: [], nodes: [], edges: [] };

/** The graph of a value that may be anything at all. */
export function graphOf(value: Value): PipelineGraph {
  const file = mapping(value);
  const nodes = Object.entries(mapping(file['nodes'])).map(([name, node]) => nodeOf(name, node));
  const names = new Set(nodes.map(node => node.name));
  const edges = nodes
    .flatMap(node => [...edgesOf(node)])
    .filter(edge => names.has(edge.from) && edge.from !== edge.to);
  return {
    name: text(file['pipeline']),
    description: text(file['description']),
    params: Object.keys(mapping(file['params'])),
    nodes,
    edges
  };
}

/** What the layout depends on, and nothing else. */
export function structureOf(graph: PipelineGraph, ports: (node: PipelineNode) => number): string {
  return JSON.stringify([
    graph.nodes.map(node => [node.name, ports(node)]),
    graph.edges.map(edge => [edge.from, edge.to])
  ]);
}

/** Whether an arrow from one node to another would close a circle. */
export function closesCircle(
  edges: readonly Pick<Edge, 'from' | 'to'>[],
  from: string,
  to: string
): boolean {
  const seen = new Set<string>();
  const open = [to];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === from) {
      return true;
    }
    if (!seen.has(node)) {
      seen.add(node);
      open.push(...edges.filter(edge => edge.from === node).map(edge => edge.to));
    }
  }
  return false;
}

/** The file that the node is: a notebook, or another pipeline; empty where none is written. */
export function fileOf(node: Pick<PipelineNode, 'notebook' | 'pipeline'>): string {
  return node.notebook === '' ? node.pipeline : node.notebook;
}

function nodeOf(name: string, value: Value): PipelineNode {
  const written = mapping(value);
  return {
    name,
    notebook: text(written['notebook']),
    pipeline: text(written['pipeline']),
    params: mapping(written['params']),
    matrix: Object.keys(mapping(written['matrix'])),
    foreach: shown(written['foreach']),
    when: shown(written['when']),
    description: text(written['description']),
    written
  };
}

function* edgesOf(node: PipelineNode): Generator<Edge> {
  const to = node.name;
  for (const [param, value] of Object.entries(node.params)) {
    const alone = onlyReference(value) !== null;
    const path = ['nodes', to, 'params', param];
    for (const { root, name } of unique(referencesIn(value))) {
      yield { from: root, output: name, to, param, path, alone };
    }
  }
  for (const key of ['when', 'foreach', 'matrix'] as const) {
    const value = node.written[key];
    const found = key === 'when' ? referencesInCondition(value) : referencesIn(value);
    for (const { root, name } of unique(found)) {
      yield { from: root, output: name, to, param: null, path: ['nodes', to, key], alone: false };
    }
  }
  for (const [index, from] of needsOf(node.written['needs']).entries()) {
    const path = ['nodes', to, 'needs', ...(Array.isArray(node.written['needs']) ? [index] : [])];
    yield { from, output: null, to, param: null, path, alone: true };
  }
}

/** What a node waits for without taking data: one name or a list of them. */
export function needsOf(value: Value): readonly string[] {
  const list: readonly Value[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map(text);
}

function unique<T>(found: readonly T[]): readonly T[] {
  return [...new Map(found.map(each => [JSON.stringify(each), each])).values()];
}

function text(value: Value): string {
  return typeof value === 'string' ? value : '';
}

function shown(value: Value): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
