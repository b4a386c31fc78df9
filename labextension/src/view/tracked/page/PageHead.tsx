/** Which run it is, how it stands, and what can be done with it. */

import type { JSX } from 'react';

import { ago, duration, elapsed, moment } from '../../../model/format';
import type { RunDetail } from '../../../model/tracked/detail';
import { StatusIcon } from '../../StatusIcon';
import { signOf, trackedWord } from '../trackedWords';
import { usePage } from './pageSurroundings';

export function PageHead({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans, locale, actions, now } = usePage();
  const seconds =
    run.status === 'running' && run.started !== null ? elapsed(run.started, now) : run.seconds;
  return (
    <div className="jp-DagbookPage-head">
      <h1>
        <StatusIcon status={signOf(run.status)} />
        {run.name}
      </h1>
      <p>
        <strong>{trackedWord(run.status, trans)}</strong>
        {run.deleted && ` · ${trans.__('deleted')}`}
        {run.started !== null && (
          <span title={moment(run.started, locale)}>{` · ${ago(run.started, now, locale)}`}</span>
        )}
        {seconds !== null && ` · ${duration(seconds)}`}
        {run.user !== '' && ` · ${run.user}`}
        {` · ${run.experiment}`}
      </p>
      <div className="jp-DagbookPage-acts" role="toolbar" aria-label={trans.__('The run')}>
        {run.path !== null && run.path.endsWith('.ipynb') && (
          <button type="button" onClick={() => actions.openSource(run)}>
            {trans.__('Open %1', run.path.split('/').at(-1) ?? run.path)}
          </button>
        )}
        <button type="button" onClick={() => actions.rename(run)}>
          {trans.__('Rename…')}
        </button>
        <button type="button" onClick={() => actions.copyId(run)}>
          {trans.__('Copy Id')}
        </button>
        {run.link !== null && (
          <button type="button" onClick={() => actions.openLink(run)}>
            {trans.__('Open in MLflow')}
          </button>
        )}
        {!run.deleted && (
          <button type="button" onClick={() => actions.remove(run)}>
            {trans.__('Delete')}
          </button>
        )}
      </div>
    </div>
  );
}
