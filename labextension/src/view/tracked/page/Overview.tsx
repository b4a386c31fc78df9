/** Parameters and last values of metrics, each with the way to the cell that logged it; note and tags. */

import { useMemo, useState } from 'react';
import type { JSX } from 'react';

import { numberText } from '../../../model/tracked/columns';
import type { RunDetail } from '../../../model/tracked/detail';
import { NoteAndTags } from './NoteAndTags';
import { usePage } from './pageSurroundings';

const MOST_AT_ONCE = 200;
const MANY = 12;

export function Overview({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans } = usePage();
  const [typed, setTyped] = useState('');
  const params = Object.entries(run.params);
  const metrics = Object.entries(run.metrics).map(
    ([name, value]) => [name, numberText(value), String(value)] as const
  );
  return (
    <>
      <NoteAndTags run={run} />
      {params.length + metrics.length > MANY && (
        <input
          type="search"
          className="jp-DagbookFilter"
          value={typed}
          placeholder={trans.__('Find a parameter or metric')}
          aria-label={trans.__('Find a parameter or metric')}
          onChange={event => setTyped(event.target.value)}
        />
      )}
      <div className="jp-DagbookPage-columns">
        <ValueTable
          run={run}
          kind="param"
          title={trans.__('Parameters')}
          rows={params.map(([name, value]) => [name, value, value] as const)}
          typed={typed}
        />
        <ValueTable
          run={run}
          kind="metric"
          title={trans.__('Metrics')}
          rows={metrics}
          typed={typed}
        />
      </div>
    </>
  );
}

interface ValueTableProps {
  readonly run: RunDetail;
  readonly kind: 'param' | 'metric';
  readonly title: string;
  /** Name, what is shown, what it is exactly. */
  readonly rows: readonly (readonly [string, string, string])[];
  readonly typed: string;
}

function ValueTable({ run, kind, title, rows, typed }: ValueTableProps): JSX.Element {
  const { trans, actions } = usePage();
  const [most, setMost] = useState(MOST_AT_ONCE);
  const found = useMemo(() => {
    const wanted = typed.trim().toLowerCase();
    return rows.filter(([name]) => name.toLowerCase().includes(wanted));
  }, [rows, typed]);
  return (
    <section>
      <h2>{trans.__('%1 (%2)', title, rows.length)}</h2>
      {found.length === 0 ? (
        <p className="jp-DagbookPage-quiet">{trans.__('None')}</p>
      ) : (
        <table className="jp-DagbookPage-table">
          <thead>
            <tr>
              <th scope="col">{trans.__('Name')}</th>
              <th scope="col">{trans.__('Value')}</th>
              <th scope="col">
                <span className="jp-DagbookUnseen">{trans.__('Logged by')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, most).map(([name, shown, whole]) => {
              const cell = run.cells[kind][name];
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td data-number={kind === 'metric' || undefined} title={whole}>
                    {shown}
                  </td>
                  <td>
                    {cell !== undefined && run.path !== null && (
                      <button
                        type="button"
                        aria-label={trans.__('Show the cell that logged %1', name)}
                        onClick={() => actions.jump(run, cell)}
                      >
                        {trans.__('Cell')}
                      </button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {found.length > most && (
        <button type="button" onClick={() => setMost(most + MOST_AT_ONCE)}>
          {trans.__('%1 more', found.length - most)}
        </button>
      )}
    </section>
  );
}
