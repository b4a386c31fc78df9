/** A registered model: its aliases at a glance; unfolded, what it is and its versions. */

import { useState } from 'react';
import type { JSX } from 'react';

import { ago, moment } from '../../model/format';
import { modelKey, versionKey } from '../../model/models/modelsStore';
import type { ModelsState } from '../../model/models/modelsStore';
import type { RegisteredModel } from '../../model/models/types';
import { Chevron } from '../Chevron';
import { ProblemNote } from './ProblemNote';
import { VersionItem } from './VersionItem';
import { useModels } from './modelsSurroundings';

export interface ModelItemProps {
  readonly model: RegisteredModel;
  readonly state: ModelsState;
}

const NEWEST = 5;

export function ModelItem({ model, state }: ModelItemProps): JSX.Element {
  const { actions, trans, locale, now } = useModels();
  const isOpen = state.open.has(modelKey(model));
  const aliases = Object.entries(model.aliases);
  return (
    <li className="jp-DagbookModel">
      <button
        type="button"
        className="jp-DagbookModel-head"
        aria-expanded={isOpen}
        data-row
        onClick={() => actions.toggle(model, !isOpen)}
      >
        <span className="jp-DagbookRun-name" title={model.name}>
          {model.name}
          {model.project !== '.' && <span className="jp-DagbookRun-project">{model.project}</span>}
        </span>
        <span className="jp-DagbookRun-time" title={moment(model.changed, locale)}>
          {ago(model.changed, now, locale)}
        </span>
        <Chevron />
        <span className="jp-DagbookModel-aliases">
          {aliases.map(([alias, version]) => (
            <span key={alias} className="jp-DagbookAlias">
              {trans.__('%1 = %2', alias, version)}
            </span>
          ))}
          <span>
            {model.latest === null
              ? trans.__('no version yet')
              : trans.__('newest is %1', model.latest)}
          </span>
        </span>
      </button>
      {isOpen && <Unfolded model={model} state={state} />}
    </li>
  );
}

function Unfolded({ model, state }: ModelItemProps): JSX.Element {
  const { actions, trans } = useModels();
  const [most, setMost] = useState(NEWEST);
  const versions = state.details.get(modelKey(model))?.versions;
  const tags = Object.entries(model.tags);
  return (
    <div className="jp-DagbookModel-body">
      <p className="jp-DagbookModel-about">
        <span>{model.description === '' ? trans.__('No description.') : model.description}</span>
        <button
          type="button"
          className="jp-DagbookTextButton"
          aria-label={trans.__('Describe %1', model.name)}
          onClick={() => actions.describe(model)}
        >
          {trans.__('Edit…')}
        </button>
      </p>
      {tags.length > 0 && (
        <p className="jp-DagbookModel-aliases">
          {tags.map(([name, value]) => (
            <span key={name} className="jp-DagbookAlias" data-tag>{`${name}=${value}`}</span>
          ))}
        </p>
      )}
      <ProblemNote state={state} at={modelKey(model)} />
      {versions?.length === 0 && (
        <p className="jp-DagbookModel-about">{trans.__('It has no version yet.')}</p>
      )}
      <ol
        className="jp-DagbookVersions"
        aria-label={trans.__('Versions of %1, newest first', model.name)}
      >
        {versions?.slice(0, most).map(version => (
          <VersionItem
            key={versionKey(model, version.version)}
            model={model}
            version={version}
            state={state}
          />
        ))}
      </ol>
      {versions !== undefined && versions.length > most && (
        <button
          type="button"
          className="jp-DagbookTextButton"
          onClick={() => setMost(most + 4 * NEWEST)}
        >
          {trans.__('%1 older versions', versions.length - most)}
        </button>
      )}
    </div>
  );
}
