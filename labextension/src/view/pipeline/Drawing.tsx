/** The graph of a pipeline file on the canvas, and what is drawn there as changes of the file. */

import type { Connection } from '@xyflow/react';
import { useMemo } from 'react';
import type { JSX } from 'react';

import { closesCircle } from '../../model/pipeline/graph';
import type { Edge } from '../../model/pipeline/graph';
import type { DocumentState, PipelineStore } from '../../model/pipeline/pipelineStore';
import { plannedOf } from '../../model/pipeline/planned';
import { WIDTH, heightOf } from '../../model/pipeline/ports';
import type { Translation } from '../surroundings';
import { Canvas } from './Canvas';
import type { CanvasEdge, CanvasEdits, CanvasNode } from './Canvas';
import { PipelineNodeBox, WHOLE_IN, WHOLE_OUT, inPort, outPort, portName } from './PipelineNodeBox';
import type { NodeData } from './PipelineNodeBox';
import { useEditor } from './editorSurroundings';

const TYPES = { box: PipelineNodeBox };

export function Drawing(props: {
  readonly state: DocumentState;
  readonly store: PipelineStore;
}): JSX.Element {
  const { state, store } = props;
  const { actions, trans } = useEditor();
  const nodes = useMemo(() => boxesOf(state, trans), [state, trans]);
  const edges = useMemo(() => arrowsOf(state.graph.edges, trans), [state.graph, trans]);
  const edits = useMemo(() => editsOf(store), [store]);
  return (
    <section className="jp-DagbookCanvas" aria-label={trans.__('Drawing')}>
      {nodes.length === 0 && state.unreadable === null && (
        <p className="jp-DagbookCanvas-empty">
          {trans.__('Drag a notebook here from the file browser, or add one.')}
        </p>
      )}
      <Canvas
        label={trans.__('Pipeline %1', state.graph.name)}
        trans={trans}
        nodes={nodes}
        edges={edges}
        types={TYPES}
        layout={state.layout}
        selected={state.selected}
        select={actions.select}
        edits={state.unreadable === null ? edits : null}
      />
    </section>
  );
}

function boxesOf(state: DocumentState, trans: Translation): readonly CanvasNode<NodeData>[] {
  const names = state.graph.nodes.map(node => node.name);
  const planned = plannedOf(state.plan, names);
  const origin = { x: 0, y: 0 };
  return state.graph.nodes.map(node => {
    const ports = state.ports.get(node.name) ?? { inputs: [], outputs: [] };
    return {
      id: node.name,
      label:
        node.pipeline === ''
          ? trans.__('Node %1, notebook %2', node.name, node.notebook)
          : trans.__('Node %1, pipeline %2', node.name, node.pipeline),
      place: state.moved[node.name] ?? state.layout.get(node.name) ?? origin,
      width: WIDTH,
      height: heightOf(ports),
      data: {
        node,
        ports,
        findings: state.check.findings.filter(finding => finding.node === node.name),
        planned: planned.get(node.name) ?? null,
        trans
      }
    };
  });
}

function arrowsOf(edges: readonly Edge[], trans: Translation): readonly CanvasEdge[] {
  return edges.map(edge => ({
    id: JSON.stringify([edge.from, edge.output, ...edge.path]),
    from: edge.from,
    fromPort: edge.output === null ? WHOLE_OUT : outPort(edge.output),
    to: edge.to,
    toPort: edge.param === null ? WHOLE_IN : inPort(edge.param),
    label: trans.__(
      'From %1 to %2',
      edge.output === null ? edge.from : `${edge.from}.${edge.output}`,
      edge.param === null ? edge.to : `${edge.to}.${edge.param}`
    ),
    isOrder: edge.output === null
  }));
}

function editsOf(store: PipelineStore): CanvasEdits {
  const edges = (): readonly Edge[] => store.snapshot().graph.edges;
  return {
    move: (node, place) => store.move(node, place),
    connect: ({ source, sourceHandle, target, targetHandle }) => {
      const [output, param] = [portName(sourceHandle), portName(targetHandle)];
      const isData = output !== null && param !== null;
      store.act({
        do: 'connect',
        from: source,
        to: target,
        output: isData ? output : null,
        param: isData ? param : null
      });
    },
    allows: ({ source, sourceHandle, target, targetHandle }: Connection) =>
      source !== target &&
      // An output goes to a parameter; a node as a whole comes after another.
      (portName(sourceHandle) === null) === (portName(targetHandle) === null) &&
      !closesCircle(edges(), source, target),
    remove: (nodes, arrows) => {
      for (const edge of [...edges()].reverse()) {
        const id = JSON.stringify([edge.from, edge.output, ...edge.path]);
        if (arrows.includes(id) && !nodes.includes(edge.from) && !nodes.includes(edge.to)) {
          store.cut(edge);
        }
      }
      nodes.forEach(node => store.act({ do: 'remove-node', node }));
    }
  };
}
