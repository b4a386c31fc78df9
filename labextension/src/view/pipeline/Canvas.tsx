/** Boxes and arrows on a surface that can be moved and zoomed: React Flow with our nodes in it. */

import {
  Background,
  Controls,
  MarkerType,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  applyNodeChanges,
  useReactFlow
} from '@xyflow/react';
import type { Connection, Edge, Node, NodeChange, NodeTypes } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { JSX } from 'react';

import type { Place } from '../../model/pipeline/types';
import type { Translation } from '../surroundings';

export interface CanvasNode<Data extends object = object> {
  readonly id: string;
  readonly label: string;
  readonly place: Place;
  readonly width: number;
  readonly height: number;
  readonly data: Data;
}

export interface CanvasEdge {
  readonly id: string;
  readonly from: string;
  readonly fromPort: string;
  readonly to: string;
  readonly toPort: string;
  readonly label: string;
  /** One that carries no data. */
  readonly isOrder: boolean;
}

export interface CanvasEdits {
  move(node: string, place: Place): void;
  connect(connection: Connection): void;
  /** Whether an arrow may be drawn there. */
  allows(connection: Connection): boolean;
  remove(nodes: readonly string[], edges: readonly string[]): void;
}

export interface CanvasProps {
  readonly label: string;
  readonly trans: Translation;
  readonly nodes: readonly CanvasNode[];
  readonly edges: readonly CanvasEdge[];
  readonly types: NodeTypes;
  readonly selected: string | null;
  /** Where nodes are by themselves: when it is another, all of them are shown. */
  readonly layout: object;
  select(node: string | null): void;
  /** Null where the drawing is only looked at. */
  readonly edits: CanvasEdits | null;
}

const MANY = 120;
const MINIMAP_FROM = 12;
const SETTLED_MS = 150;
// Closer to the edge than 40 px the view moves along while an arrow is drawn.
const CLEAR = '56px';
const NEVER_DELETE = (): Promise<boolean> => Promise.resolve(false);

export function Canvas(props: CanvasProps): JSX.Element {
  return (
    <ReactFlowProvider>
      <Surface {...props} />
    </ReactFlowProvider>
  );
}

/** Arrow heads and dots are found by ids of the page: with the same ones, those of a hidden tab were meant. */
let canvases = 0;

function Surface(props: CanvasProps): JSX.Element {
  const { nodes: wanted, edges, edits, selected, select, trans } = props;
  const [id] = useState(() => `dagbook-canvas-${(canvases += 1)}`);
  const [known, setKnown] = useState<Node[]>([]);
  // What React Flow measured is kept; all else is as it is wanted.
  const nodes = useMemo(() => merged(known, wanted, selected), [known, wanted, selected]);
  const lines = useMemo(() => edges.map(edgeOf), [edges]);
  const fit = useFit(props.layout);

  const changed = useCallback(
    (changes: NodeChange[]) => {
      const own = changes.filter(change => change.type !== 'select' && change.type !== 'remove');
      setKnown(applyNodeChanges(own, nodes));
      for (const change of changes) {
        if (
          change.type === 'position' &&
          change.dragging === false &&
          change.position !== undefined
        ) {
          edits?.move(change.id, change.position);
        }
        if (change.type === 'select' && change.selected) {
          select(change.id);
        }
      }
    },
    [nodes, edits, select]
  );

  return (
    <ReactFlow
      id={id}
      nodes={nodes}
      edges={lines}
      nodeTypes={props.types}
      onNodesChange={changed}
      onInit={fit}
      onPaneClick={() => select(null)}
      onConnect={connection => edits?.connect(connection)}
      isValidConnection={edge => edits?.allows(edge as Connection) ?? false}
      onBeforeDelete={async ({ nodes: gone, edges: cut }) => {
        edits?.remove(
          gone.map(node => node.id),
          cut.map(edge => edge.id)
        );
        return NEVER_DELETE();
      }}
      deleteKeyCode={edits === null ? null : ['Delete', 'Backspace']}
      nodesConnectable={edits !== null}
      nodesDraggable={edits !== null}
      edgesFocusable={edits !== null}
      connectionRadius={28}
      minZoom={0.05}
      maxZoom={2}
      onlyRenderVisibleElements={wanted.length > MANY}
      aria-label={props.label}
      ariaLabelConfig={{
        'controls.ariaLabel': trans.__('Zoom'),
        'controls.zoomIn.ariaLabel': trans.__('Zoom in'),
        'controls.zoomOut.ariaLabel': trans.__('Zoom out'),
        'controls.fitView.ariaLabel': trans.__('Show all'),
        'minimap.ariaLabel': trans.__('Overview')
      }}
      proOptions={{ hideAttribution: false }}
    >
      <Background gap={20} />
      <Controls showInteractive={false} fitViewOptions={{ maxZoom: 1, padding: CLEAR }} />
      {wanted.length >= MINIMAP_FROM && <MiniMap pannable zoomable />}
    </ReactFlow>
  );
}

/** Shows all when the layout is another, or a readable part of many: nodes may have left the screen. */
function useFit(layout: object): () => void {
  const { fitView } = useReactFlow();
  const fit = useCallback(() => {
    void fitView({ maxZoom: 1, minZoom: 0.3, padding: CLEAR });
  }, [fitView]);
  useEffect(() => {
    // React Flow takes nodes over after they are drawn, and measures them after that.
    const soon = setTimeout(fit, SETTLED_MS);
    return () => clearTimeout(soon);
  }, [layout, fit]);
  return fit;
}

function merged(
  old: readonly Node[],
  wanted: readonly CanvasNode[],
  selected: string | null
): Node[] {
  const known = new Map(old.map(node => [node.id, node]));
  return wanted.map(({ id, label, place, width, height, data }) => {
    const before = known.get(id);
    const isSelected = id === selected;
    // While it is dragged it is where the pointer is.
    const position = before?.dragging === true ? before.position : { x: place.x, y: place.y };
    if (
      before?.data === data &&
      before.position.x === position.x &&
      before.position.y === position.y &&
      before.height === height &&
      before.selected === isSelected
    ) {
      return before;
    }
    return {
      ...before,
      id,
      type: 'box',
      ariaLabel: label,
      position,
      width,
      height,
      data: data as Record<string, unknown>,
      selected: isSelected
    };
  });
}

function edgeOf(edge: CanvasEdge): Edge {
  return {
    id: edge.id,
    source: edge.from,
    sourceHandle: edge.fromPort,
    target: edge.to,
    targetHandle: edge.toPort,
    ariaLabel: edge.label,
    className: edge.isOrder ? 'jp-DagbookCanvas-order' : 'jp-DagbookCanvas-data',
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 }
  };
}
