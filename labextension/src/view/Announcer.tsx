/** Tells people who listen instead of look that a run began or ended. */

import { useEffect, useRef, useState } from 'react';
import type { JSX } from 'react';

import { runStatus } from '../model/selectors';
import type { PanelState } from '../model/runStore';
import type { RunStatus } from '../model/types';
import { useSurroundings } from './surroundings';
import { statusWord } from './words';

export function Announcer({ state }: { readonly state: PanelState }): JSX.Element {
  const { trans } = useSurroundings();
  const { listed, runs } = state;
  const last = useRef<ReadonlyMap<string, RunStatus> | null>(null);
  const [news, setNews] = useState('');
  useEffect(() => {
    if (!listed) {
      return;
    }
    const now = new Map([...runs].map(([run, record]) => [run, runStatus(record)]));
    const before = last.current;
    last.current = now;
    if (before === null) {
      return; // what was there already is no news
    }
    const changed = [...now].filter(([run, status]) =>
      before.has(run) ? before.get(run) !== status : status === 'running'
    );
    if (changed.length > 0) {
      const said = changed.map(([run, status]) => {
        const pipeline = runs.get(run)?.summary.pipeline ?? run;
        return `${pipeline}: ${statusWord(status, trans)}`;
      });
      setNews(said.join('. '));
    }
  }, [listed, runs, trans]);
  return (
    <div className="jp-DagbookUnseen" aria-live="polite">
      {news}
    </div>
  );
}
