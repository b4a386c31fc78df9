/** The hooks of a run as its journal tells them. Twin of `dagbook/run/hooks.py`. */

import type { HookEnded, HookStarted, HookStatus, NodeError } from './types';

/** One hook. `what` is its notebook, or the service that is told. */
export interface HookState {
  readonly hook: string;
  readonly on: string;
  readonly what: string;
  readonly state: HookStatus;
  readonly folder: string;
  readonly notebook: string;
  readonly error: NodeError | null;
  readonly started: string | null;
  readonly finished: string | null;
  readonly seconds: number | null;
  readonly mlflowRunId: string | null;
}

export type Hooks = ReadonlyMap<string, HookState>;

/** The hooks after one began; one that a dead driver left open begins anew. */
export function hookStarted(hooks: Hooks, event: HookStarted, at: string): Hooks {
  return new Map(hooks).set(event.hook, {
    hook: event.hook,
    on: event.on,
    what: event.what,
    state: 'running',
    folder: event.folder ?? '',
    notebook: '',
    error: null,
    started: at,
    finished: null,
    seconds: null,
    mlflowRunId: event.mlflow_run_id ?? null
  });
}

/** The hooks after one ended; the end of one that never began is passed over. */
export function hookEnded(hooks: Hooks, event: HookEnded, at: string): Hooks {
  const begun = hooks.get(event.hook);
  if (begun === undefined) {
    return hooks;
  }
  return new Map(hooks).set(event.hook, {
    ...begun,
    state: event.state,
    error: event.error ?? null,
    notebook: event.notebook ?? '',
    finished: at,
    seconds: event.seconds ?? 0
  });
}
