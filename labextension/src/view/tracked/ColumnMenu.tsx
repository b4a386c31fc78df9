/** Chooses which columns the table has, and which stay at its edge. */

import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { JSX } from 'react';

import { FIXED, knownColumns } from '../../model/tracked/columns';
import type { TrackedState } from '../../model/tracked/trackedStore';
import { useTracked } from './trackedSurroundings';
import { columnWord } from './trackedWords';

const MOST_SHOWN = 200;

export interface ColumnMenuProps {
  readonly state: TrackedState;
  readonly columns: readonly string[];
}

export function ColumnMenu({ state, columns }: ColumnMenuProps): JSX.Element {
  const { trans } = useTracked();
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const menu = useId();
  useEffect(() => {
    if (!isOpen) {
      return;
    }
    const away = (event: PointerEvent): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) === false) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [isOpen]);
  return (
    <div
      className="jp-DagbookColumns"
      ref={place}
      role="presentation"
      onKeyDown={event => {
        if (event.key === 'Escape' && isOpen) {
          setOpen(false);
          place.current?.querySelector('button')?.focus();
          event.stopPropagation();
        }
      }}
    >
      <button
        type="button"
        className="jp-DagbookTracked-act"
        aria-expanded={isOpen}
        aria-controls={menu}
        onClick={() => setOpen(!isOpen)}
      >
        {trans.__('Columns')}
      </button>
      <div id={menu} className="jp-DagbookColumns-menu" hidden={!isOpen}>
        {isOpen && <Choices state={state} columns={columns} />}
      </div>
    </div>
  );
}

function Choices({ state, columns }: ColumnMenuProps): JSX.Element {
  const { actions, trans } = useTracked();
  const [typed, setTyped] = useState('');
  const offered = useMemo(() => {
    const all = [...new Set([...columns, ...FIXED, ...knownColumns(state.runs)])];
    const wanted = typed.trim().toLowerCase();
    return all.filter(id => `${id} ${columnWord(id, trans)}`.toLowerCase().includes(wanted));
  }, [columns, state.runs, typed, trans]);
  const toggle = (id: string): void =>
    actions.columns(columns.includes(id) ? columns.filter(one => one !== id) : [...columns, id]);
  const pin = (id: string): void =>
    actions.pin(
      state.pinned.includes(id) ? state.pinned.filter(one => one !== id) : [...state.pinned, id]
    );
  return (
    <>
      <input
        type="search"
        className="jp-DagbookFilter"
        value={typed}
        placeholder={trans.__('Find a column')}
        aria-label={trans.__('Find a column')}
        onChange={event => setTyped(event.target.value)}
      />
      <ul aria-label={trans.__('Columns')}>
        {offered.slice(0, MOST_SHOWN).map(id => (
          <li key={id}>
            <label>
              <input type="checkbox" checked={columns.includes(id)} onChange={() => toggle(id)} />
              <span className="jp-DagbookColumns-name" title={id}>
                {columnWord(id, trans)}
              </span>
              <span className="jp-DagbookColumns-kind">{kindWord(id, trans)}</span>
            </label>
            <button
              type="button"
              className="jp-DagbookTracked-act"
              aria-pressed={state.pinned.includes(id)}
              aria-label={trans.__('Pin %1', columnWord(id, trans))}
              disabled={!columns.includes(id)}
              onClick={() => pin(id)}
            >
              {trans.__('Pin')}
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="jp-DagbookTracked-act"
        onClick={() => {
          actions.columns(null);
          actions.pin([]);
        }}
      >
        {trans.__('As they were')}
      </button>
    </>
  );
}

function kindWord(id: string, trans: ReturnType<typeof useTracked>['trans']): string {
  if (id.startsWith('metrics.')) {
    return trans.__('metric');
  }
  if (id.startsWith('params.')) {
    return trans.__('parameter');
  }
  return id.startsWith('tags.') ? trans.__('tag') : '';
}
