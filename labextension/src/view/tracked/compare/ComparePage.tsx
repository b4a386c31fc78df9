/** Up to seven runs side by side: curves over each other, and a table of what differs first. */

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { compareRows, sharedMetrics } from '../../../model/tracked/compare';
import type { CompareRow, CompareState, CompareStore } from '../../../model/tracked/compare';
import { StatusIcon } from '../../StatusIcon';
import type { Translation } from '../../surroundings';
import { LookControls } from '../LookControls';
import { MetricChart, colourOf } from '../MetricChart';
import { signOf } from '../trackedWords';
import { CellsCompared } from './CellsCompared';
import { ParallelChart } from './ParallelChart';

export interface ComparePageProps {
  readonly store: CompareStore;
  readonly trans: Translation;
  open(run: string): void;
}

const AT_ONCE = 6;

export function ComparePage({ store, trans, open }: ComparePageProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const metrics = useMemo(() => sharedMetrics(state.runs), [state.runs]);
  const [most, setMost] = useState(AT_ONCE);
  return (
    <>
      <div className="jp-DagbookPage-head">
        <h1>
          {trans._n('%1 run compared', '%1 runs compared', state.ids.length, state.ids.length)}
        </h1>
      </div>
      {state.fault !== null && (
        <div className="jp-DagbookFault" role="alert">
          <p>
            {state.fault.message}
            <span className="jp-DagbookFault-remedy">{state.fault.remedy}</span>
          </p>
          <button type="button" onClick={() => void store.refresh()}>
            {trans.__('Retry')}
          </button>
        </div>
      )}
      {state.runs.length > 0 && (
        <>
          <Differences state={state} trans={trans} open={open} />
          {state.runs.length === 2 && <CellsCompared state={state} store={store} trans={trans} />}
          <ParallelChart runs={state.runs} trans={trans} />
          {metrics.length > 0 && <h2>{trans.__('Curves')}</h2>}
          {metrics.length > 0 && (
            <LookControls look={state.look} trans={trans} onChange={look => store.look(look)} />
          )}
          <div className="jp-DagbookCharts">
            {metrics.slice(0, most).map(name => (
              <Overlay key={name} name={name} state={state} store={store} trans={trans} />
            ))}
          </div>
          {metrics.length > most && (
            <button type="button" onClick={() => setMost(most + AT_ONCE)}>
              {trans.__('%1 more', metrics.length - most)}
            </button>
          )}
        </>
      )}
    </>
  );
}

interface OverlayProps {
  readonly name: string;
  readonly state: CompareState;
  readonly store: CompareStore;
  readonly trans: Translation;
}

function Overlay({ name, state, store, trans }: OverlayProps): JSX.Element {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const node = place.current;
    if (node === null) {
      return;
    }
    const observer = new IntersectionObserver(
      entries => entries.forEach(entry => store.draw(name, entry.isIntersecting)),
      { rootMargin: '200px' }
    );
    observer.observe(node);
    return () => {
      observer.disconnect();
      store.draw(name, false);
    };
  }, [store, name]);
  const series = state.series.get(name);
  const lines = useMemo(
    () =>
      (series ?? []).map(one => ({
        label: state.runs.find(run => run.run === one.run)?.name ?? one.run.slice(0, 8),
        series: one
      })),
    [series, state.runs]
  );
  return (
    <figure className="jp-DagbookChart" ref={place} data-metric={name}>
      <figcaption>{name}</figcaption>
      <MetricChart lines={lines} look={state.look} label={name} trans={trans} />
    </figure>
  );
}

interface DifferencesProps {
  readonly state: CompareState;
  readonly trans: Translation;
  open(run: string): void;
}

function Differences({ state, trans, open }: DifferencesProps): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const rows = useMemo(() => compareRows(state.runs), [state.runs]);
  const different = rows.filter(row => row.differs);
  const shown = isWhole ? rows : different;
  const kinds: Readonly<Record<CompareRow['kind'], string>> = {
    param: trans.__('parameter'),
    metric: trans.__('metric'),
    tag: trans.__('tag'),
    origin: trans.__('origin')
  };
  return (
    <>
      {/* A wide table is scrolled, also by keyboard. */}
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex */}
      <div
        className="jp-DagbookCompare"
        tabIndex={0}
        role="region"
        aria-label={trans.__('What differs')}
      >
        <table className="jp-DagbookPage-table">
          <thead>
            <tr>
              <th scope="col">{trans.__('What differs')}</th>
              {state.runs.map((run, index) => (
                <th key={run.run} scope="col" style={{ borderBottomColor: colourOf(index) }}>
                  <StatusIcon status={signOf(run.status)} />
                  <button type="button" onClick={() => open(run.run)}>
                    {run.name}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(row => (
              <tr key={`${row.kind} ${row.name}`} data-differs={row.differs || undefined}>
                <th scope="row">
                  {row.name} <span className="jp-DagbookPage-quiet">{kinds[row.kind]}</span>
                </th>
                {row.values.map((value, index) => (
                  <td key={index} data-number={row.kind === 'metric' || undefined}>
                    {value}
                    {index === row.greatest && ` ${trans.__('(greatest)')}`}
                    {index === row.least && ` ${trans.__('(least)')}`}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {/* eslint-enable jsx-a11y/no-noninteractive-tabindex */}
      {different.length === 0 && <p>{trans.__('Nothing that was recorded differs.')}</p>}
      {rows.length > different.length && (
        <button type="button" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
          {trans.__('Also show the %1 that are the same', rows.length - different.length)}
        </button>
      )}
    </>
  );
}
