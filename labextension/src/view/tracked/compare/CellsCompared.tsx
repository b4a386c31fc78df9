/** The executed notebooks of two runs, cell by cell: what differs, with what is the same folded away. */

import { useState } from 'react';
import type { JSX } from 'react';

import type { CellChange, CompareState, CompareStore } from '../../../model/tracked/compare';
import type { Translation } from '../../surroundings';

export interface CellsComparedProps {
  readonly state: CompareState;
  readonly store: CompareStore;
  readonly trans: Translation;
}

export function CellsCompared({ state, store, trans }: CellsComparedProps): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const { cells, cellsFault } = state;
  const different = cells?.cells.filter(cell => cell.change !== 'same') ?? [];
  const same = (cells?.cells.length ?? 0) - different.length;
  const [left = '', right = ''] = state.runs.map(run => run.name);
  return (
    <section aria-label={trans.__('Executed notebooks')}>
      <h2>{trans.__('Executed notebooks')}</h2>
      {cells === null && (
        <button type="button" onClick={() => void store.readCells()}>
          {trans.__('Compare cell by cell')}
        </button>
      )}
      {cellsFault !== null && (
        <p className="jp-DagbookPage-quiet" role="alert">
          {cellsFault.message}
          <span className="jp-DagbookFault-remedy">{cellsFault.remedy}</span>
        </p>
      )}
      {cells !== null && different.length === 0 && (
        <p>{trans.__('No cell differs, in its source or in what it left.')}</p>
      )}
      <ol className="jp-DagbookCells">
        {(isWhole ? cells?.cells : different)?.map(cell => (
          <Cell
            key={`${cell.left}/${cell.right}`}
            cell={cell}
            names={[left, right]}
            trans={trans}
          />
        ))}
      </ol>
      {same > 0 && (
        <button type="button" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
          {trans.__('Also show the %1 that are the same', same)}
        </button>
      )}
    </section>
  );
}

interface CellProps {
  readonly cell: CellChange;
  readonly names: readonly [string, string];
  readonly trans: Translation;
}

function Cell({ cell, names, trans }: CellProps): JSX.Element {
  const { left, right } = cell.outputs;
  const isEqual = left.join('\n') === right.join('\n');
  return (
    <li className="jp-DagbookCells-cell" data-change={cell.change}>
      <p className="jp-DagbookPage-quiet">{headOf(cell, names, trans)}</p>
      {cell.lines.length > 0 && (
        <pre className="jp-DagbookCells-source">
          {cell.lines.map(([sign, line], place) => (
            <span key={place} data-sign={sign}>
              {`${sign} ${line}\n`}
            </span>
          ))}
        </pre>
      )}
      {isEqual
        ? left.length > 0 && <Outputs texts={left} />
        : [left, right].map((texts, side) => (
            <Outputs key={side} name={names[side] ?? ''} texts={texts} trans={trans} />
          ))}
    </li>
  );
}

interface OutputsProps {
  readonly texts: readonly string[];
  /** Of the run that left them; both did where there is none. */
  readonly name?: string;
  readonly trans?: Translation;
}

function Outputs({ texts, name, trans }: OutputsProps): JSX.Element | null {
  return texts.length === 0 && name === undefined ? null : (
    <figure className="jp-DagbookCells-outputs">
      {name !== undefined && <figcaption>{name}</figcaption>}
      <pre>{texts.length === 0 ? trans?.__('nothing') : texts.join('\n')}</pre>
    </figure>
  );
}

function headOf(
  { change, left, right, kind }: CellChange,
  [first, second]: readonly [string, string],
  trans: Translation
): string {
  const place =
    left === right || right === null
      ? String(left)
      : left === null
        ? String(right)
        : `${left} → ${right}`;
  switch (change) {
    case 'added':
      return trans.__('Cell %1 (%2): only in %3', place, kind, second);
    case 'removed':
      return trans.__('Cell %1 (%2): only in %3', place, kind, first);
    case 'source':
      return trans.__('Cell %1 (%2): another source', place, kind);
    case 'outputs':
      return trans.__('Cell %1 (%2): the same source, other outputs', place, kind);
    case 'same':
      return trans.__('Cell %1 (%2): the same', place, kind);
  }
}
