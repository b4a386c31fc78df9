/** What the routes of the canvas say; see docs/reference/rest.md and `dagbook/server/checking.py`. */

import type { Finding, Plan } from '../launch/types';

export interface PortParameter {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly help: string;
}

/** What a notebook takes and publishes. `parameters` is null where that is not known; `problem` says why. */
export interface NotebookPorts {
  readonly parameters: readonly PortParameter[] | null;
  readonly outputs: readonly string[];
  readonly complete: boolean;
  readonly problem: string | null;
}

export type PlacedFinding = Finding & {
  readonly column?: number | null;
  readonly severity?: 'error' | 'warning';
};

export interface CheckAnswer {
  readonly findings: readonly PlacedFinding[];
  readonly notebooks: Readonly<Record<string, NotebookPorts>>;
}

export interface CheckRequest {
  readonly path: string;
  readonly text: string;
  readonly notebooks: readonly string[];
}

/** The part of a JSON Schema that a form is made from. */
export interface SchemaProperty {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly { readonly type?: string }[];
}

export interface PipelineSchema {
  readonly properties: Readonly<Record<string, SchemaProperty>>;
  readonly $defs: Readonly<
    Record<string, { readonly properties?: Readonly<Record<string, SchemaProperty>> }>
  >;
}

/** The server, as far as a pipeline document needs it. */
export interface PipelineServer {
  check(request: CheckRequest): Promise<CheckAnswer>;
  plan(path: string): Promise<Plan>;
  schema(): Promise<PipelineSchema>;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where a person has put nodes; all others are placed by the layout. */
export type Places = Readonly<Record<string, Place>>;
