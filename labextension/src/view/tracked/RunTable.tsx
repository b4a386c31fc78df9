/** The table itself. Only the rows on the screen are drawn, so that ten thousand scroll like ten. */

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { CSSProperties, JSX, KeyboardEvent } from 'react';

import { CHECK_WIDTH, NAME, placed } from '../../model/tracked/columns';
import type { PlacedColumn } from '../../model/tracked/columns';
import type { TrackedState } from '../../model/tracked/trackedStore';
import { ROW_HEIGHT, windowOf } from '../../model/tracked/window';
import { RunRow } from './RunRow';
import { useTracked } from './trackedSurroundings';
import { columnWord } from './trackedWords';

const FIRST_HEIGHT = 600;
const FIRST_WIDTH = 300;
const NEAR_THE_END = 30;

export interface RunTableProps {
  readonly state: TrackedState;
  readonly columns: readonly string[];
}

export function RunTable({ state, columns }: RunTableProps): JSX.Element {
  const { actions, trans } = useTracked();
  const { runs, next, reading } = state;
  const scroll = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(FIRST_HEIGHT);
  const [active, setActive] = useState<string | null>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  const shapes = useMemo(
    () => placed(columns, state.pinned, width),
    [columns, state.pinned, width]
  );
  const style = useMemo(() => layout(shapes), [shapes]);
  const { first, end } = windowOf(runs.length, ROW_HEIGHT, top, height);
  const shown = useMemo(() => runs.slice(first, end), [runs, first, end]);

  useLayoutEffect(() => {
    const node = scroll.current;
    if (node === null) {
      return;
    }
    const measure = (): void => {
      setHeight(node.clientHeight === 0 ? FIRST_HEIGHT : node.clientHeight);
      setWidth(node.clientWidth === 0 ? FIRST_WIDTH : node.clientWidth);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  useEffect(() => actions.seen(shown), [actions, shown]);
  useEffect(() => {
    if (next !== null && !reading && end >= runs.length - NEAR_THE_END) {
      actions.more();
    }
  }, [actions, next, reading, end, runs.length]);

  const focusRow = useCallback(
    (place: number): void => {
      const run = runs[Math.max(0, Math.min(place, runs.length - 1))];
      if (run === undefined || scroll.current === null) {
        return;
      }
      const at = runs.indexOf(run) * ROW_HEIGHT;
      const node = scroll.current;
      if (at < node.scrollTop) {
        node.scrollTop = at;
      } else if (at + 2 * ROW_HEIGHT > node.scrollTop + node.clientHeight) {
        node.scrollTop = at + 2 * ROW_HEIGHT - node.clientHeight;
      }
      setActive(run.run);
      requestAnimationFrame(() =>
        node.querySelector<HTMLElement>(`[data-run="${CSS.escape(run.run)}"]`)?.focus()
      );
    },
    [runs]
  );
  const tabbable = shown.some(run => run.run === active) ? active : (shown[0]?.run ?? null);
  return (
    <div
      className="jp-DagbookTable"
      ref={scroll}
      style={style}
      role="grid"
      aria-label={trans.__('Recorded runs')}
      aria-rowcount={next === null ? runs.length + 1 : -1}
      aria-multiselectable
      tabIndex={-1}
      onScroll={event => setTop(event.currentTarget.scrollTop)}
      onKeyDown={event =>
        moveByKey(
          event,
          runs.findIndex(run => run.run === active),
          focusRow
        )
      }
    >
      <div className="jp-DagbookTable-head" role="row" aria-rowindex={1}>
        <span role="columnheader" className="jp-DagbookTable-cell jp-DagbookTable-check">
          <span className="jp-DagbookUnseen">{trans.__('Selected')}</span>
        </span>
        {shapes.map(shape => (
          <HeadCell key={shape.id} shape={shape} state={state} />
        ))}
      </div>
      <div
        role="rowgroup"
        className="jp-DagbookTable-body"
        style={{ height: runs.length * ROW_HEIGHT + (next === null ? 0 : ROW_HEIGHT) }}
      >
        {shown.map((run, index) => (
          <RunRow
            key={run.run}
            run={run}
            place={first + index}
            shapes={shapes}
            state={state}
            isTabbable={run.run === tabbable}
            onActive={setActive}
          />
        ))}
      </div>
    </div>
  );
}

interface HeadCellProps {
  readonly shape: PlacedColumn;
  readonly state: TrackedState;
}

function HeadCell({ shape, state }: HeadCellProps): JSX.Element {
  const { actions, trans } = useTracked();
  const { order } = state;
  const isOrder = order.column === shape.id;
  const word = columnWord(shape.id, trans);
  return (
    <span
      role="columnheader"
      className="jp-DagbookTable-cell"
      data-column={shape.id}
      data-number={shape.isNumber || undefined}
      data-pinned={shape.left !== null || undefined}
      style={shape.left === null ? undefined : { left: shape.left }}
      aria-sort={isOrder ? (order.descends ? 'descending' : 'ascending') : undefined}
    >
      {shape.isSortable ? (
        <button
          type="button"
          title={trans.__('Order by %1', shape.id === NAME ? word : shape.id)}
          onClick={() =>
            actions.order({ column: shape.id, descends: isOrder ? !order.descends : true })
          }
        >
          {word}
          {isOrder && <span aria-hidden="true">{order.descends ? ' ↓' : ' ↑'}</span>}
        </button>
      ) : (
        <span title={word}>{word}</span>
      )}
    </span>
  );
}

/** The columns' widths. */
function layout(shapes: readonly PlacedColumn[]): CSSProperties {
  const style: Record<string, string> = {
    '--dagbook-columns': [`${CHECK_WIDTH}px`, ...shapes.map(shape => `${shape.width}px`)].join(' ')
  };
  return style;
}

function moveByKey(
  event: KeyboardEvent<HTMLElement>,
  place: number,
  focusRow: (place: number) => void
): void {
  const isRow = event.target instanceof HTMLElement && event.target.dataset['run'] !== undefined;
  const page = Math.max(1, Math.floor(event.currentTarget.clientHeight / ROW_HEIGHT) - 2);
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
  if (isRow && step !== undefined) {
    focusRow(place + step);
  } else if (isRow && (event.key === 'Home' || event.key === 'End')) {
    focusRow(event.key === 'Home' ? 0 : Number.MAX_SAFE_INTEGER);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
