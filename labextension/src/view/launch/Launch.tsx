/** A launch: what a notebook or pipeline takes, what a run would do, and the run that was started. */

import { useMemo, useSyncExternalStore } from 'react';
import type { JSX } from 'react';

import { isSweep, placed, requestOf } from '../../model/launch/form';
import type { LaunchState, LaunchStore } from '../../model/launch/launchStore';
import type { Finding } from '../../model/launch/types';
import type { Translation } from '../surroundings';
import { FieldList } from './FieldList';
import { PlanView } from './PlanView';
import { TrialsView } from './TrialsView';
import { LaunchProvider, useLaunch } from './launchSurroundings';
import type { LaunchActions } from './launchSurroundings';

export interface LaunchProps {
  readonly store: LaunchStore;
  readonly actions: LaunchActions;
  readonly trans: Translation;
}

export function Launch({ store, actions, trans }: LaunchProps): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const surroundings = useMemo(() => ({ trans, actions }), [trans, actions]);
  return (
    <LaunchProvider value={surroundings}>
      <LaunchHead state={state} />
      {state.fault !== null && (
        <LaunchFault message={state.fault.message} remedy={state.fault.remedy} />
      )}
      {state.source !== null && <LaunchForm state={state} />}
      {state.source === null && <Findings findings={state.findings} />}
      {state.run !== null && <TrialsView state={state} />}
    </LaunchProvider>
  );
}

function LaunchHead({ state }: { readonly state: LaunchState }): JSX.Element {
  const { actions, trans } = useLaunch();
  const name = state.source?.name ?? state.path;
  return (
    <div className="jp-DagbookLaunch-head">
      <h1>{trans.__('Run %1', name)}</h1>
      <p>
        <button type="button" className="jp-DagbookLaunch-link" onClick={() => actions.openFile()}>
          {state.path}
        </button>
        {state.source?.description !== undefined && state.source.description !== '' && (
          <span> · {state.source.description}</span>
        )}
      </p>
    </div>
  );
}

function LaunchFault(props: { readonly message: string; readonly remedy: string }): JSX.Element {
  const { actions, trans } = useLaunch();
  return (
    <div className="jp-DagbookFault" role="alert">
      <p>
        {props.message}
        {props.remedy !== '' && <span className="jp-DagbookFault-remedy">{props.remedy}</span>}
      </p>
      <button type="button" className="jp-DagbookLaunch-button" onClick={() => actions.reload()}>
        {trans.__('Retry')}
      </button>
    </div>
  );
}

function LaunchForm({ state }: { readonly state: LaunchState }): JSX.Element | null {
  const { actions, trans } = useLaunch();
  const { source, form, findings } = state;
  const objections = useMemo(
    () => (source === null ? null : placed(findings, source)),
    [findings, source]
  );
  if (source === null || objections === null) {
    return null;
  }
  const steps = state.plan?.steps.length ?? 0;
  const sweeps = isSweep(requestOf(source, form));
  return (
    <form
      className="jp-DagbookLaunch-form"
      aria-label={trans.__('What to run it with')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        actions.start();
      }}
    >
      <FieldList source={source} form={form} objections={objections} />
      <Findings findings={objections.get('') ?? []} />
      <PlanView plan={state.plan} planned={state.planned} />
      <div className="jp-DagbookLaunch-foot">
        <button
          type="submit"
          className="jp-DagbookLaunch-button jp-mod-primary"
          disabled={state.starting || findings.length > 0}
        >
          {state.starting
            ? trans.__('Starting…')
            : sweeps && steps > 1
              ? trans.__('Run %1 steps in background', steps)
              : trans.__('Run in background')}
        </button>
        <Check
          name={trans.__('Also what is unchanged')}
          on={form.anew}
          set={anew => actions.type({ ...form, anew })}
        />
        <Check
          name={trans.__('Keep the kernel of a step that fails (30 min)')}
          on={form.keep}
          set={keep => actions.type({ ...form, keep })}
        />
        <span className="jp-DagbookLaunch-quiet">
          {trans.__('It goes on when the browser is closed.')}
        </span>
      </div>
    </form>
  );
}

function Check(props: {
  readonly name: string;
  readonly on: boolean;
  set(on: boolean): void;
}): JSX.Element {
  return (
    <label className="jp-DagbookLaunch-check">
      <input
        type="checkbox"
        checked={props.on}
        onChange={event => props.set(event.target.checked)}
      />
      {props.name}
    </label>
  );
}

function Findings({ findings }: { readonly findings: readonly Finding[] }): JSX.Element | null {
  if (findings.length === 0) {
    return null;
  }
  return (
    <ul className="jp-DagbookLaunch-findings" role="alert">
      {findings.map((finding, place) => (
        <li key={place}>
          {finding.message}
          {finding.remedy !== '' && <span>{finding.remedy}</span>}
        </li>
      ))}
    </ul>
  );
}
