/** The ports of a node: what goes in, what comes out, and how much room that takes. */

import type { Edge, PipelineGraph, PipelineNode } from './graph';
import { mapping } from './spec';
import type { NotebookPorts, PortParameter } from './types';

export interface Port {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Whether the node cannot run as it is: nothing is given, and there is no default. */
  readonly missing: boolean;
  /** Whether something is written for it. */
  readonly given: boolean;
}

export interface NodePorts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly string[];
}

export const WIDTH = 220;
const HEAD = 52;
const ROW = 22;
const FOOT = 6;

/** What the notebook declares, what the file gives it, and what others take from it. */
export function portsOf(
  node: PipelineNode,
  declared: NotebookPorts | undefined,
  edges: readonly Edge[]
): NodePorts {
  const parameters = declared?.parameters ?? [];
  const names = new Set(parameters.map(each => each.name));
  const others = Object.keys(node.params).filter(name => !names.has(name));
  const outputs = [
    ...(declared?.outputs ?? []),
    ...Object.keys(mapping(node.written['outputs'])),
    ...edges.flatMap(edge => (edge.from === node.name && edge.output !== null ? [edge.output] : []))
  ];
  return {
    inputs: [
      ...parameters.map(parameter => port(parameter, node)),
      ...others.map(name => ({ name, type: '', help: '', missing: false, given: true }))
    ],
    outputs: [...new Set(outputs)]
  };
}

export function heightOf(ports: NodePorts): number {
  return HEAD + Math.max(ports.inputs.length, ports.outputs.length) * ROW + FOOT;
}

/** What may be written into a parameter of a node: everything that does not come after it. */
export function offersFor(
  graph: PipelineGraph,
  node: string,
  ports: ReadonlyMap<string, NodePorts>
): readonly string[] {
  const after = new Set([node]);
  for (const name of after) {
    graph.edges.filter(edge => edge.from === name).forEach(edge => after.add(edge.to));
  }
  const outputs = graph.nodes
    .filter(each => !after.has(each.name))
    .flatMap(each =>
      (ports.get(each.name)?.outputs ?? []).map(output => `\${${each.name}.${output}}`)
    );
  return [...graph.params.map(name => `\${params.${name}}`), ...outputs];
}

function port(parameter: PortParameter, node: PipelineNode): Port {
  const given = Object.hasOwn(node.params, parameter.name);
  return {
    name: parameter.name,
    type: parameter.type,
    help: parameter.help,
    given,
    missing: parameter.required && !given
  };
}
