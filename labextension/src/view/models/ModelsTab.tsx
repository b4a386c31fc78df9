/** The tab of registered models: what there is, what each means, and how the first one comes to be. */

import { useMemo, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { modelKey, modelsFound } from '../../model/models/modelsStore';
import type { ModelsState, ModelsStore } from '../../model/models/modelsStore';
import { FaultBanner } from '../FaultBanner';
import { moveBetweenRows } from '../rowKeys';
import type { Translation } from '../surroundings';
import { useClock } from '../useClock';
import { linkWord } from '../words';
import { ModelItem } from './ModelItem';
import { ModelsProvider, useModels } from './modelsSurroundings';
import type { ModelActions } from './modelsSurroundings';

export interface ModelsTabProps {
  readonly store: ModelsStore;
  readonly actions: ModelActions;
  readonly trans: Translation;
  readonly locale?: string | undefined;
}

const NOW_AND_THEN = 20_000;
// Typed as they are, in every language.
const LOG = "mlflow.sklearn.log_model(model, name='model')";
const REGISTER = '%register NAME';

export function ModelsTab({ store, actions, trans, locale }: ModelsTabProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const now = useClock(NOW_AND_THEN);
  const surroundings = useMemo(
    () => ({ trans, locale, actions, now }),
    [trans, locale, actions, now]
  );
  const found = useMemo(() => modelsFound(state), [state]);
  return (
    <ModelsProvider value={surroundings}>
      <Head state={state} />
      {state.fault !== null && (
        <FaultBanner fault={state.fault} trans={trans} onRetry={() => actions.refresh()} />
      )}
      {state.away.length > 0 && (
        <p className="jp-DagbookTracked-away">
          {trans.__('Some models are missing: %1', state.away.join(' · '))}
        </p>
      )}
      {/* The handler only moves the focus between the buttons inside. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="jp-DagbookScroll" onKeyDown={moveBetweenRows}>
        {found.length > 0 ? (
          <ul aria-label={trans.__('Registered models')}>
            {found.map(model => (
              <ModelItem key={modelKey(model)} model={model} state={state} />
            ))}
          </ul>
        ) : (
          state.listed && <NoModels filter={state.filter} />
        )}
      </div>
    </ModelsProvider>
  );
}

function Head({ state }: { readonly state: ModelsState }): JSX.Element {
  const { actions, trans } = useModels();
  return (
    <div className="jp-DagbookHead">
      <div className="jp-DagbookHead-line">
        <input
          type="search"
          className="jp-DagbookFilter"
          value={state.filter}
          placeholder={trans.__('Filter by name, alias or tag')}
          aria-label={trans.__('Filter the models')}
          onChange={event => actions.filter(event.target.value)}
        />
        <span className="jp-DagbookLink" role="status" data-link={state.link}>
          {linkWord(state.link, trans)}
        </span>
      </div>
    </div>
  );
}

function NoModels({ filter }: { readonly filter: string }): JSX.Element {
  const { actions, trans } = useModels();
  if (filter.trim() !== '') {
    return (
      <div className="jp-DagbookEmpty">
        <p>{trans.__('No model matches “%1”.', filter)}</p>
        <button type="button" className="jp-DagbookFault-retry" onClick={() => actions.filter('')}>
          {trans.__('Show all models')}
        </button>
      </div>
    );
  }
  return (
    <div className="jp-DagbookEmpty">
      <p>
        {trans.__(
          'No models yet. Log one in a notebook, and it is given a name and a version here by the cell after it:'
        )}
      </p>
      <code>{LOG}</code>
      <code>{REGISTER}</code>
    </div>
  );
}
