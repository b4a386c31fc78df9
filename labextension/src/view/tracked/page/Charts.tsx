/** Curves of metrics. Only those on the screen are read and drawn. */

import { useEffect, useMemo, useRef, useState } from 'react';
import type { JSX } from 'react';

import { SYSTEM } from '../../../model/tracked/columns';
import { LookControls } from '../LookControls';
import { MetricChart } from '../MetricChart';
import type { ChartLine } from '../MetricChart';
import { usePage } from './pageSurroundings';

const AT_ONCE = 12;
const MANY = 6;

export function Charts({ names }: { readonly names: readonly string[] }): JSX.Element {
  const { trans, store, state } = usePage();
  const [typed, setTyped] = useState('');
  const [most, setMost] = useState(AT_ONCE);
  const found = useMemo(() => {
    const wanted = typed.trim().toLowerCase();
    return names.filter(name => name.toLowerCase().includes(wanted));
  }, [names, typed]);
  if (names.length === 0) {
    return (
      <p className="jp-DagbookPage-quiet">
        {trans.__('Nothing was measured yet: %metric loss=0.3 --step 1 adds a point.')}
      </p>
    );
  }
  return (
    <>
      <LookControls look={state.look} trans={trans} onChange={look => store.look(look)} />
      {names.length > MANY && (
        <input
          type="search"
          className="jp-DagbookFilter"
          value={typed}
          placeholder={trans.__('Find a metric')}
          aria-label={trans.__('Find a metric')}
          onChange={event => setTyped(event.target.value)}
        />
      )}
      <div className="jp-DagbookCharts">
        {found.slice(0, most).map(name => (
          <ChartOf key={name} name={name} />
        ))}
      </div>
      {found.length > most && (
        <button
          type="button"
          className="jp-DagbookTracked-act"
          onClick={() => setMost(most + AT_ONCE)}
        >
          {trans.__('%1 more', found.length - most)}
        </button>
      )}
    </>
  );
}

function ChartOf({ name }: { readonly name: string }): JSX.Element {
  const { trans, store, state, actions } = usePage();
  const place = useRef<HTMLElement>(null);
  const series = state.series.get(name);
  useEffect(() => {
    const node = place.current;
    if (node === null) {
      return;
    }
    const observer = new IntersectionObserver(
      entries => entries.forEach(entry => store.draw([name], entry.isIntersecting)),
      { rootMargin: '200px' }
    );
    observer.observe(node);
    return () => {
      observer.disconnect();
      store.draw([name], false);
    };
  }, [store, name]);
  const lines = useMemo<readonly ChartLine[]>(
    () => (series === undefined ? [] : [{ label: name, series }]),
    [name, series]
  );
  const { run } = state;
  const cell = run?.cells.metric[name];
  return (
    <figure className="jp-DagbookChart" ref={place} data-metric={name}>
      <figcaption>
        <span>{name.startsWith(SYSTEM) ? name.slice(SYSTEM.length) : name}</span>
        {series !== undefined && (
          <span className="jp-DagbookPage-quiet">
            {trans._n('%1 value', '%1 values', series.total, series.total)}
          </span>
        )}
        {typeof run?.path === 'string' && cell !== undefined && (
          <button
            type="button"
            aria-label={trans.__('Show the cell that logged %1', name)}
            onClick={() => actions.jump(run, cell)}
          >
            {trans.__('Cell')}
          </button>
        )}
      </figcaption>
      <MetricChart lines={lines} look={state.look} label={name} trans={trans} />
    </figure>
  );
}
