/** One run as a line of the table. */

import type { JSX, KeyboardEvent } from 'react';

import { ago, duration, elapsed, moment } from '../../model/format';
import { DURATION, NAME, SPARK, STARTED, cellText } from '../../model/tracked/columns';
import type { PlacedColumn } from '../../model/tracked/columns';
import { MOST_COMPARED, sparkMetric } from '../../model/tracked/trackedStore';
import type { TrackedState } from '../../model/tracked/trackedStore';
import type { TrackedRun } from '../../model/tracked/types';
import { ROW_HEIGHT } from '../../model/tracked/window';
import { StatusIcon } from '../StatusIcon';
import { Sparkline } from './Sparkline';
import { useTracked } from './trackedSurroundings';
import type { TrackedActions } from './trackedSurroundings';
import { signOf, trackedWord } from './trackedWords';

export interface RunRowProps {
  readonly run: TrackedRun;
  readonly place: number;
  readonly shapes: readonly PlacedColumn[];
  readonly state: TrackedState;
  readonly isTabbable: boolean;
  onActive(run: string): void;
}

export function RunRow(props: RunRowProps): JSX.Element {
  const { run, place, shapes, state, isTabbable, onActive } = props;
  const { actions, trans } = useTracked();
  const isSelected = state.selected.has(run.run);
  return (
    <div
      role="row"
      className="jp-DagbookTable-row"
      data-run={run.run}
      data-status={run.status}
      aria-rowindex={place + 2}
      aria-selected={isSelected}
      tabIndex={isTabbable ? 0 : -1}
      style={{ top: place * ROW_HEIGHT }}
      onFocus={() => onActive(run.run)}
      onKeyDown={event => actByKey(event, run, isSelected, actions)}
      onDoubleClick={() => actions.open(run)}
    >
      <span role="gridcell" className="jp-DagbookTable-cell jp-DagbookTable-check">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={isSelected}
          disabled={!isSelected && state.selected.size >= MOST_COMPARED}
          aria-label={trans.__('Select %1', run.name)}
          onChange={event => actions.select(run.run, event.target.checked)}
        />
        <span title={trackedWord(run.status, trans)}>
          <StatusIcon status={signOf(run.status)} />
          <span className="jp-DagbookUnseen">{trackedWord(run.status, trans)}</span>
        </span>
      </span>
      {shapes.map(shape => (
        <Cell key={shape.id} run={run} shape={shape} state={state} />
      ))}
    </div>
  );
}

interface CellProps {
  readonly run: TrackedRun;
  readonly shape: PlacedColumn;
  readonly state: TrackedState;
}

function Cell({ run, shape, state }: CellProps): JSX.Element {
  const { actions, trans, locale, now } = useTracked();
  return (
    <span
      role="gridcell"
      className="jp-DagbookTable-cell"
      data-column={shape.id}
      data-number={shape.isNumber || undefined}
      data-pinned={shape.left !== null || undefined}
      style={shape.left === null ? undefined : { left: shape.left }}
      title={tooltip(run, shape.id, locale)}
    >
      {shape.id === NAME ? (
        <>
          <button
            type="button"
            tabIndex={-1}
            className="jp-DagbookTable-name"
            onClick={() => actions.open(run)}
          >
            {run.name}
          </button>
          <button
            type="button"
            tabIndex={-1}
            className="jp-DagbookTable-more"
            aria-haspopup="menu"
            aria-label={trans.__('More about %1', run.name)}
            onClick={event => {
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              actions.menu(run, left, bottom);
            }}
          >
            ⋯
          </button>
        </>
      ) : shape.id === SPARK ? (
        <Sparkline series={state.sparks.get(`${run.run}/${sparkMetric(state) ?? ''}`)} />
      ) : (
        textOf(run, shape.id, now, locale)
      )}
    </span>
  );
}

function textOf(run: TrackedRun, id: string, now: number, locale: string | undefined): string {
  if (id === STARTED) {
    return run.started === null ? '' : ago(run.started, now, locale);
  }
  if (id === DURATION && run.status === 'running' && run.started !== null) {
    return duration(elapsed(run.started, now));
  }
  return cellText(run, id);
}

function tooltip(run: TrackedRun, id: string, locale: string | undefined): string | undefined {
  if (id === STARTED) {
    return run.started === null ? undefined : moment(run.started, locale);
  }
  if (id.startsWith('metrics.')) {
    const value = run.metrics[id.slice('metrics.'.length)];
    return value === undefined ? undefined : String(value);
  }
  if (id === NAME) {
    return run.note === '' ? run.name : `${run.name}\n${run.note}`;
  }
  return cellText(run, id) || undefined;
}

function actByKey(
  event: KeyboardEvent<HTMLElement>,
  run: TrackedRun,
  isSelected: boolean,
  actions: TrackedActions
): void {
  if (event.target !== event.currentTarget) {
    return;
  }
  switch (event.key) {
    case 'Enter':
      actions.open(run);
      break;
    case ' ':
      actions.select(run.run, !isSelected);
      break;
    case 'F2':
      actions.rename(run);
      break;
    case 'Delete':
      actions.remove(run);
      break;
    case 'ContextMenu': {
      const { left, bottom } = event.currentTarget.getBoundingClientRect();
      actions.menu(run, left + 24, bottom);
      break;
    }
    default:
      return;
  }
  event.preventDefault();
  event.stopPropagation();
}
