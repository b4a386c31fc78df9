/** A run as a drawing, live: how each node stands, and everything about the one that is selected. */

import { Handle, Position } from '@xyflow/react';
import type { NodeProps } from '@xyflow/react';
import { memo, useMemo, useState, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { isUnanswered } from '../../model/approval';
import { duration, elapsed } from '../../model/format';
import type { FollowedRun, RunFollower } from '../../model/pipeline/runFollower';
import { RUN_HEIGHT, RUN_WIDTH } from '../../model/pipeline/runGraph';
import type { RunNode } from '../../model/pipeline/runGraph';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { useClock } from '../useClock';
import { statusWord } from '../words';
import { Canvas } from './Canvas';
import type { CanvasEdge, CanvasNode } from './Canvas';
import { HeldSteps } from './HeldSteps';
import { RunDetails } from './RunDetails';
import { RunHead } from './RunHead';
import type { Look } from './RunHead';
import { RunHistory } from './RunHistory';
import { RunTimeline } from './RunTimeline';
import type { RunActions } from './runActions';

export interface RunViewProps {
  readonly follower: RunFollower;
  readonly actions: RunActions;
  readonly trans: Translation;
}

export function RunView({ follower, actions, trans }: RunViewProps): JSX.Element {
  const followed = useSyncExternalStore(follower.subscribe, follower.snapshot);
  const [look, setLook] = useState<Look>('drawing');
  const selected = followed.graph.nodes.find(({ node }) => node === followed.selected);
  return (
    <div className="jp-DagbookRunView">
      <RunHead followed={followed} actions={actions} trans={trans} look={look} show={setLook} />
      {followed.fault !== null && (
        <div className="jp-DagbookEditor-notice" role="alert">
          <span>
            {followed.fault.message} {followed.fault.remedy}
          </span>
        </div>
      )}
      <Questions followed={followed} actions={actions} trans={trans} />
      <HeldSteps followed={followed} actions={actions} trans={trans} />
      <div className="jp-DagbookEditor-main">
        {look === 'timeline' ? (
          <RunTimeline followed={followed} trans={trans} />
        ) : look === 'history' ? (
          <RunHistory followed={followed} actions={actions} trans={trans} />
        ) : (
          <Graph followed={followed} follower={follower} trans={trans} />
        )}
        {selected !== undefined && (
          <RunDetails
            key={selected.node}
            node={selected}
            gone={followed.gone}
            isOver={followed.state.state !== 'running' || followed.gone}
            actions={actions}
            trans={trans}
            close={() => follower.select(null)}
          />
        )}
      </div>
    </div>
  );
}

/** What people are asked, while the run waits for them. */
function Questions(props: {
  readonly followed: FollowedRun;
  readonly actions: RunActions;
  readonly trans: Translation;
}): JSX.Element {
  const { followed, actions, trans } = props;
  const asked = [...followed.state.steps.values()].filter(
    step => isUnanswered(step) && followed.state.state === 'running'
  );
  return (
    <>
      {asked.map(({ outline: { step }, approval }) => (
        <div
          key={step}
          className="jp-DagbookEditor-notice"
          role="group"
          aria-label={trans.__('Approval of %1', step)}
        >
          <span role="status">
            <strong>{step}</strong> {approval?.message}
            {(approval?.by.length ?? 0) > 0 && (
              <em> {trans.__('For %1', approval?.by.join(', '))}</em>
            )}
          </span>
          <span className="jp-DagbookRunView-answers">
            <button type="button" onClick={() => actions.answer(step, true)}>
              {trans.__('Approve')}
            </button>
            <button type="button" onClick={() => actions.answer(step, false)}>
              {trans.__('Reject…')}
            </button>
          </span>
        </div>
      ))}
    </>
  );
}

interface BoxData {
  readonly node: RunNode;
  readonly trans: Translation;
}

const TYPES = { box: memo(RunBox) };

function Graph(props: {
  readonly followed: FollowedRun;
  readonly follower: RunFollower;
  readonly trans: Translation;
}): JSX.Element {
  const { followed, follower, trans } = props;
  const { graph, layout } = followed;
  const nodes = useMemo(
    () =>
      graph.nodes.map((node): CanvasNode<BoxData> => ({
        id: node.node,
        label: `${node.node}: ${statusWord(node.status, trans)}`,
        place: layout.get(node.node) ?? { x: 0, y: 0 },
        width: RUN_WIDTH,
        height: RUN_HEIGHT,
        data: { node, trans }
      })),
    [graph, layout, trans]
  );
  const edges = useMemo(
    () =>
      graph.lines.map(({ from, to }): CanvasEdge => ({
        id: JSON.stringify([from, to]),
        from,
        to,
        fromPort: 'out',
        toPort: 'in',
        label: trans.__('From %1 to %2', from, to),
        isOrder: false
      })),
    [graph, trans]
  );
  return (
    <section className="jp-DagbookCanvas" aria-label={trans.__('Drawing')}>
      <Canvas
        label={trans.__('Run %1', followed.run)}
        trans={trans}
        nodes={nodes}
        edges={edges}
        types={TYPES}
        layout={layout}
        selected={followed.selected}
        select={node => follower.select(node)}
        edits={null}
      />
    </section>
  );
}

function RunBox({ data }: NodeProps): JSX.Element {
  const { node, trans } = data as unknown as BoxData;
  const [only] = node.steps;
  return (
    <div className="jp-DagbookNode" data-status={node.status}>
      <Handle type="target" position={Position.Left} id="in" isConnectable={false} />
      <Handle type="source" position={Position.Right} id="out" isConnectable={false} />
      <div className="jp-DagbookNode-head">
        <StatusIcon status={node.status} />
        <span className="jp-DagbookNode-name">{node.node}</span>
        {only !== undefined && only.attempt > 1 && (
          <span className="jp-DagbookNode-under">{trans.__('attempt %1', only.attempt)}</span>
        )}
        {node.status === 'running' && node.steps.length === 1 && (
          <Elapsed since={only?.started ?? null} />
        )}
      </div>
      <div className="jp-DagbookNode-under">{saidOf(node, trans)}</div>
      <Progress node={node} />
    </div>
  );
}

function Elapsed({ since }: { readonly since: string | null }): JSX.Element {
  const now = useClock(1_000);
  return (
    <span className="jp-DagbookNode-time">
      {since === null ? '' : duration(elapsed(since, now))}
    </span>
  );
}

/** How much is done: of one step its cells, of several what became of them. */
function Progress({ node }: { readonly node: RunNode }): JSX.Element {
  const { status, steps, ok, bad } = node;
  const [only] = steps;
  const cells =
    steps.length === 1 && status === 'running' && only !== undefined && only.total > 0
      ? (only.cell - 1) / only.total
      : 0;
  const many = steps.length > 1 ? steps.length : Infinity;
  return (
    <div className="jp-DagbookNode-progress" aria-hidden="true">
      <span data-part="busy" style={{ width: `${cells * 100}%` }} />
      <span data-part="ok" style={{ width: `${(ok / many) * 100}%` }} />
      <span data-part="bad" style={{ width: `${(bad / many) * 100}%` }} />
    </div>
  );
}

function saidOf(node: RunNode, trans: Translation): string {
  const [only] = node.steps;
  if (node.steps.length > 1) {
    const all = trans.__('%1 of %2 ok', node.ok, node.steps.length);
    return node.bad === 0 ? all : `${all} · ${trans.__('%1 failed', node.bad)}`;
  }
  if (only === undefined) {
    return '';
  }
  if (node.status === 'running') {
    const cell = only.total > 0 ? trans.__('cell %1 of %2', only.cell, only.total) : '';
    return [cell, only.line].filter(each => each !== '').join(' · ');
  }
  if (only.held !== null && node.status === 'held') {
    return `${only.held.error.name}: ${only.held.error.value}`;
  }
  if (only.error !== null) {
    return `${only.error.name}: ${only.error.value}`;
  }
  const words = statusWord(node.status, trans);
  if (isUnanswered(only)) {
    return trans.__('Waits for approval');
  }
  if (node.status === 'pending') {
    return only.waiting === '' ? words : trans.__('Waits for %1', only.waiting);
  }
  return only.seconds === null
    ? [words, only.reason].filter(each => each !== '').join(': ')
    : `${words} · ${duration(only.seconds)}`;
}
