/** Whose runs are listed. */

import type { JSX } from 'react';

import type { TrackedState } from '../../model/tracked/trackedStore';
import type { Scope } from '../../model/tracked/types';
import { useTracked } from './trackedSurroundings';

const EXPERIMENT = 'experiment:';

export function ScopeSelect({ state }: { readonly state: TrackedState }): JSX.Element {
  const { actions, trans } = useTracked();
  const { scope, notebook, experiments } = state;
  const names = new Set(experiments.map(one => one.name));
  if (scope.kind === 'experiment') {
    names.add(scope.name);
  }
  const file = notebook?.split('/').at(-1);
  return (
    <select
      className="jp-DagbookScope"
      aria-label={trans.__('Whose runs')}
      value={valueOf(scope)}
      onChange={event => actions.scope(scopeOf(event.target.value))}
    >
      <option value="notebook">
        {file === undefined ? trans.__('This notebook') : trans.__('This notebook: %1', file)}
      </option>
      <option value="all">{trans.__('Everything')}</option>
      {names.size > 0 && (
        <optgroup label={trans.__('Experiment')}>
          {[...names].map(name => (
            <option key={name} value={EXPERIMENT + name}>
              {name}
            </option>
          ))}
        </optgroup>
      )}
    </select>
  );
}

function valueOf(scope: Scope): string {
  return scope.kind === 'experiment' ? EXPERIMENT + scope.name : scope.kind;
}

function scopeOf(value: string): Scope {
  if (value.startsWith(EXPERIMENT)) {
    return { kind: 'experiment', name: value.slice(EXPERIMENT.length) };
  }
  return value === 'all' ? { kind: 'all' } : { kind: 'notebook' };
}
