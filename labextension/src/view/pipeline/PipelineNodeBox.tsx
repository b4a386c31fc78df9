/** A node of a pipeline that is being written: its name, its notebook, and a port for all that goes in and out. */

import { Handle, Position } from '@xyflow/react';
import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { JSX } from 'react';

import type { Action } from '../../model/launch/types';
import { fileOf } from '../../model/pipeline/graph';
import type { PipelineNode } from '../../model/pipeline/graph';
import type { NodePorts, Port } from '../../model/pipeline/ports';
import type { PlacedFinding } from '../../model/pipeline/types';
import type { Translation } from '../surroundings';

export interface NodeData {
  readonly node: PipelineNode;
  readonly ports: NodePorts;
  readonly findings: readonly PlacedFinding[];
  /** What a run would do with it, if that was asked for. */
  readonly planned: {
    readonly action: Action;
    readonly steps: number;
    readonly reason: string;
  } | null;
  readonly trans: Translation;
}

/** The ports of a node as a whole: an arrow between two of them is an order without data. */
export const WHOLE_IN = 'in';
export const WHOLE_OUT = 'out';

export function inPort(name: string): string {
  return `in:${name}`;
}

export function outPort(name: string): string {
  return `out:${name}`;
}

export function portName(handle: string | null | undefined): string | null {
  const name = handle?.split(':').slice(1).join(':') ?? '';
  return name === '' ? null : name;
}

export const PipelineNodeBox = memo(function PipelineNodeBox(props: NodeProps): JSX.Element {
  const { node, ports, findings, planned, trans } = props.data as unknown as NodeData;
  const many = [
    ...node.matrix.map(name => trans.__('matrix %1', name)),
    ...(node.foreach === '' ? [] : [trans.__('for each %1', node.foreach)])
  ].join(', ');
  const wrong = findings.some(finding => finding.severity !== 'warning');
  return (
    <div className="jp-DagbookNode" data-wrong={wrong} data-planned={planned?.action}>
      <Handle
        type="target"
        position={Position.Left}
        id={WHOLE_IN}
        className="jp-DagbookNode-whole"
      />
      <Handle
        type="source"
        position={Position.Right}
        id={WHOLE_OUT}
        className="jp-DagbookNode-whole"
      />
      <div className="jp-DagbookNode-head">
        <span className="jp-DagbookNode-name">{node.name}</span>
        {many !== '' && (
          <span className="jp-DagbookNode-many" title={many}>
            {node.foreach === '' ? '×' : '⋮'}
          </span>
        )}
        {findings.length > 0 && <Mark findings={findings} wrong={wrong} trans={trans} />}
      </div>
      <div className="jp-DagbookNode-under">
        {planned === null ? (
          fileOf(node) || trans.__('no notebook')
        ) : (
          <span title={planned.reason}>
            {actionWord(planned.action, planned.steps, trans)}: {planned.reason}
          </span>
        )}
      </div>
      <div className="jp-DagbookNode-ports">
        <ul>
          {ports.inputs.map(port => (
            <Input key={port.name} port={port} />
          ))}
        </ul>
        <ul>
          {ports.outputs.map(name => (
            <li key={name} className="jp-DagbookNode-output">
              {name}
              <Handle type="source" position={Position.Right} id={outPort(name)} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
});

function Input({ port }: { readonly port: Port }): JSX.Element {
  return (
    <li
      data-missing={port.missing}
      data-given={port.given}
      title={`${port.name}: ${port.type} ${port.help}`}
    >
      <Handle type="target" position={Position.Left} id={inPort(port.name)} />
      {port.name}
      {port.missing && '*'}
    </li>
  );
}

function Mark(props: {
  readonly findings: readonly PlacedFinding[];
  readonly wrong: boolean;
  readonly trans: Translation;
}): JSX.Element {
  const { findings, wrong, trans } = props;
  const said = findings.map(({ message, remedy }) => `${message}. ${remedy}`).join('\n');
  const words = trans._n('%1 problem', '%1 problems', findings.length, findings.length);
  return (
    <span
      className="jp-DagbookNode-mark"
      data-wrong={wrong}
      title={said}
      role="img"
      aria-label={words}
    >
      {wrong ? '✕' : '!'} {findings.length}
    </span>
  );
}

function actionWord(action: Action, steps: number, trans: Translation): string {
  switch (action) {
    case 'run':
      return steps === 1 ? trans.__('Will run') : trans.__('%1 will run', steps);
    case 'reuse':
      return trans.__('Is current');
    case 'skip':
      return trans.__('Is skipped');
  }
}
