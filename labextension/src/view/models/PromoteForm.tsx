/** Have an alias mean a version, perhaps on a condition; what does not hold is said, and nothing changes. */

import { useId, useState } from 'react';
import type { JSX } from 'react';

import { versionKey } from '../../model/models/modelsStore';
import type { ModelsState } from '../../model/models/modelsStore';
import type { ModelVersion, RegisteredModel } from '../../model/models/types';
import { numberText } from '../../model/tracked/columns';
import { ProblemNote } from './ProblemNote';
import { useModels } from './modelsSurroundings';

export interface PromoteFormProps {
  readonly model: RegisteredModel;
  readonly version: ModelVersion;
  readonly state: ModelsState;
}

/** As of `dagbook models promote`. */
const CHAMPION = 'champion';

export function PromoteForm({ model, version, state }: PromoteFormProps): JSX.Element {
  const { actions, trans } = useModels();
  const id = useId();
  const key = versionKey(model, version.version);
  const isBusy = state.busy.has(key);
  const [alias, setAlias] = useState(CHAMPION);
  const [condition, setCondition] = useState('');
  const [reason, setReason] = useState('');
  const holder = model.aliases[alias.trim()];
  const [metric = 'accuracy'] = Object.keys(version.metrics);
  return (
    <form
      className="jp-DagbookPromote"
      aria-label={trans.__('Promote version %1', version.version)}
      onSubmit={event => {
        event.preventDefault();
        const { version: number } = version;
        actions.promote(model, { version: number, alias: alias.trim(), condition, reason });
      }}
    >
      <label htmlFor={`${id}alias`}>{trans.__('Alias')}</label>
      <input
        id={`${id}alias`}
        list={`${id}aliases`}
        value={alias}
        required
        // The form was opened by a button: what is typed next belongs here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={event => setAlias(event.target.value)}
      />
      <datalist id={`${id}aliases`}>
        {Object.keys(model.aliases).map(known => (
          <option key={known} value={known} />
        ))}
      </datalist>
      <p className="jp-DagbookPromote-now">
        {holder === undefined
          ? trans.__('No version has it now.')
          : holder === version.version
            ? trans.__('This version has it already.')
            : trans.__('Version %1 has it now.', holder)}
      </p>
      <label htmlFor={`${id}condition`}>{trans.__('Only if')}</label>
      <input
        id={`${id}condition`}
        value={condition}
        placeholder={`${metric} >= current.${metric}`}
        spellCheck={false}
        onChange={event => setCondition(event.target.value)}
      />
      <label htmlFor={`${id}reason`}>{trans.__('Why')}</label>
      <input
        id={`${id}reason`}
        value={reason}
        placeholder={trans.__('for whoever asks')}
        onChange={event => setReason(event.target.value)}
      />
      <ProblemNote state={state} at={key} />
      {state.unmet?.at === key && (
        <p className="jp-DagbookVersion-problem" role="alert">
          {trans.__('The condition does not hold, and nothing has changed.')}
          <span className="jp-DagbookFault-remedy">
            {Object.entries(state.unmet.values)
              .map(([name, value]) => `${name} = ${numberText(value)}`)
              .join(', ')}
          </span>
        </p>
      )}
      <div className="jp-DagbookVersion-acts">
        <button type="submit" className="jp-DagbookTracked-act" data-main disabled={isBusy}>
          {trans.__('Promote')}
        </button>
        <button
          type="button"
          className="jp-DagbookTracked-act"
          onClick={() => actions.askPromotion(null)}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
