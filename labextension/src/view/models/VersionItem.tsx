/** One version of a model: what it measured, what made it, which aliases it has and why, and what can be done. */

import type { JSX } from 'react';

import { ago, moment } from '../../model/format';
import { isOpen, serviceOf, versionKey } from '../../model/models/modelsStore';
import type { ModelsState } from '../../model/models/modelsStore';
import type { ModelVersion, PromotionNote, RegisteredModel } from '../../model/models/types';
import { numberText } from '../../model/tracked/columns';
import { ProblemNote } from './ProblemNote';
import { PromoteForm } from './PromoteForm';
import { ServicePart } from './ServicePart';
import { useModels } from './modelsSurroundings';

export interface VersionItemProps {
  readonly model: RegisteredModel;
  readonly version: ModelVersion;
  readonly state: ModelsState;
}

const MOST_METRICS = 4;

export function VersionItem({ model, version, state }: VersionItemProps): JSX.Element {
  const { actions, trans, locale, now } = useModels();
  const key = versionKey(model, version.version);
  const isPromoting = state.promoting === key;
  const isBusy = state.busy.has(key);
  const service = serviceOf(state, model, version.version);
  const named = trans.__('version %1 of %2', version.version, model.name);
  return (
    <li className="jp-DagbookVersion" aria-label={trans.__('Version %1', version.version)}>
      <p className="jp-DagbookVersion-head">
        <strong>{trans.__('Version %1', version.version)}</strong>
        {version.aliases.map(alias => (
          <span key={alias} className="jp-DagbookAlias">
            {alias}
            <button
              type="button"
              title={trans.__('Have %1 mean no version', alias)}
              aria-label={trans.__('Take %1 away from version %2', alias, version.version)}
              disabled={isBusy}
              onClick={() => actions.demote(model, alias, version.version)}
            >
              ×
            </button>
          </span>
        ))}
        <span className="jp-DagbookRun-time" title={moment(version.created, locale)}>
          {ago(version.created, now, locale)}
        </span>
      </p>
      {version.description !== '' && <p>{version.description}</p>}
      <Measured version={version} />
      <MadeBy version={version} />
      {version.promotions
        .filter(note => version.aliases.includes(note.alias))
        .map(note => (
          <Note key={note.alias} note={note} />
        ))}
      {!isPromoting && <ProblemNote state={state} at={key} />}
      <div className="jp-DagbookVersion-acts" role="toolbar" aria-label={named}>
        <button
          type="button"
          className="jp-DagbookTracked-act"
          aria-expanded={isPromoting}
          aria-label={trans.__('Promote %1', named)}
          onClick={() => actions.askPromotion(isPromoting ? null : key)}
        >
          {trans.__('Promote…')}
        </button>
        {(service === undefined || !isOpen(service)) && (
          <button
            type="button"
            className="jp-DagbookTracked-act"
            aria-label={trans.__('Serve %1', named)}
            disabled={isBusy}
            onClick={() => actions.serve(model, version.version)}
          >
            {isBusy && !isPromoting ? trans.__('Please wait') : trans.__('Serve')}
          </button>
        )}
      </div>
      {isPromoting && <PromoteForm model={model} version={version} state={state} />}
      {service !== undefined && <ServicePart service={service} state={state} />}
    </li>
  );
}

function Measured({ version }: { readonly version: ModelVersion }): JSX.Element | null {
  const metrics = Object.entries(version.metrics);
  const all = metrics.map(([name, value]) => `${name} ${numberText(value)}`);
  return metrics.length === 0 ? null : (
    <p className="jp-DagbookVersion-measured" title={all.join('\n')}>
      {all.slice(0, MOST_METRICS).join(' · ')}
      {all.length > MOST_METRICS && ' · …'}
    </p>
  );
}

function MadeBy({ version: { made_by: origin } }: { readonly version: ModelVersion }): JSX.Element {
  const { actions, trans } = useModels();
  const file = origin.notebook?.split('/').at(-1);
  return (
    <p className="jp-DagbookVersion-origin">
      {file !== undefined &&
        (typeof origin.path === 'string' ? (
          <button
            type="button"
            className="jp-DagbookTextButton"
            title={origin.path}
            aria-label={trans.__('Open the notebook %1', file)}
            onClick={() => actions.openNotebook(origin)}
          >
            {file}
          </button>
        ) : (
          <span title={origin.notebook}>{file}</span>
        ))}
      {origin.step !== undefined && <span>{trans.__('step %1', origin.step)}</span>}
      {origin.user !== undefined && <span>{origin.user}</span>}
      {origin.mlflow_run_id !== '' && (
        <button
          type="button"
          className="jp-DagbookTextButton"
          onClick={() => actions.openRun(origin.mlflow_run_id)}
        >
          {trans.__('Open its run')}
        </button>
      )}
    </p>
  );
}

/** Since when it has an alias, by whom, on what condition and why. */
function Note({ note }: { readonly note: PromotionNote }): JSX.Element {
  const { trans, locale, now } = useModels();
  const values = Object.entries(note.values ?? {}).map(
    ([name, value]) => `${name} = ${numberText(value)}`
  );
  const parts = [
    note.at === undefined ? '' : ago(note.at, now, locale),
    note.by === undefined ? '' : trans.__('by %1', note.by),
    typeof note.from === 'number' ? trans.__('from version %1', note.from) : '',
    note.condition ?? '',
    values.length === 0 ? '' : `(${values.join(', ')})`,
    note.reason ?? ''
  ];
  return (
    <p className="jp-DagbookVersion-note" title={note.at && moment(note.at, locale)}>
      {trans.__('%1: %2', note.alias, parts.filter(Boolean).join(' · '))}
    </p>
  );
}
