/** Where a run comes from, and what came of it: source, commit, inputs, packages, models, runs below it. */

import type { JSX, ReactNode } from 'react';

import type { RunDetail } from '../../../model/tracked/detail';
import { StatusIcon } from '../../StatusIcon';
import { signOf, trackedWord } from '../trackedWords';
import { usePage } from './pageSurroundings';

export function Origin({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans, actions } = usePage();
  const { git, environment } = run;
  const facts: readonly (readonly [string, string])[] = [
    [trans.__('Run'), run.run],
    [trans.__('Source'), run.path ?? run.source],
    [trans.__('Project'), run.project],
    [trans.__('Pipeline'), [run.pipeline, run.step].filter(Boolean).join(' · ')],
    [trans.__('Pipeline run'), run.pipeline_run ?? ''],
    [trans.__('Commit'), git.commit],
    [trans.__('Branch'), git.branch],
    [trans.__('Repository'), git.repository],
    [trans.__('Uncommitted changes'), git.dirty],
    [trans.__('Artifacts'), run.artifact_uri]
  ];
  return (
    <>
      <Facts title={trans.__('Source')} facts={facts.filter(([, value]) => value !== '')} />
      <Facts
        title={trans.__('Inputs')}
        facts={[
          ...Object.entries(run.inputs),
          ...Object.entries(run.item),
          ...run.data_sets.map(
            one =>
              [one.context === '' ? one.name : `${one.name} (${one.context})`, one.digest] as const
          )
        ]}
      />
      <Facts title={trans.__('Environment')} facts={Object.entries(environment.facts)} />
      {environment.packages.length > 0 && (
        <details>
          <summary>
            {trans._n(
              '%1 package',
              '%1 packages',
              environment.packages.length,
              environment.packages.length
            )}
          </summary>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre tabIndex={0}>{environment.packages.join('\n')}</pre>
        </details>
      )}
      <Facts
        title={trans.__('Models')}
        facts={run.models.map(one => [one.name, [one.type, one.model].filter(Boolean).join(' · ')])}
      />
      {(run.parent !== null || run.children.length > 0) && (
        <Block title={trans.__('Runs around it')}>
          <ul className="jp-DagbookPage-runs">
            {run.parent !== null && (
              <li>
                <button type="button" onClick={() => actions.open(run.parent ?? '')}>
                  {trans.__('Above: %1', run.parent.slice(0, 8))}
                </button>
              </li>
            )}
            {run.children.map(child => (
              <li key={child.run}>
                <StatusIcon status={signOf(child.status)} />
                <button type="button" onClick={() => actions.open(child.run)}>
                  {child.name}
                </button>
                <span className="jp-DagbookPage-quiet">{trackedWord(child.status, trans)}</span>
              </li>
            ))}
          </ul>
        </Block>
      )}
      <details>
        <summary>{trans.__('All tags')}</summary>
        <FactTable facts={Object.entries(run.all_tags)} />
      </details>
    </>
  );
}

interface FactsProps {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
}

function Facts({ title, facts }: FactsProps): JSX.Element | null {
  return facts.length === 0 ? null : (
    <Block title={title}>
      <FactTable facts={facts} />
    </Block>
  );
}

function FactTable({ facts }: { readonly facts: FactsProps['facts'] }): JSX.Element {
  return (
    <table className="jp-DagbookPage-table">
      <tbody>
        {facts.map(([name, value], index) => (
          <tr key={index}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Block({ title, children }: { title: string; children: ReactNode }): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
