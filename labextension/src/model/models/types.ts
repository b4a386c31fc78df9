/** What the routes of models and services say; see docs/reference/rest.md. */

import type { Value } from '../tracked/types';

export interface RegisteredModel {
  readonly name: string;
  readonly project: string;
  readonly description: string;
  readonly aliases: Readonly<Record<string, number>>;
  readonly latest: number | null;
  readonly changed: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ModelsAnswer {
  readonly models: readonly RegisteredModel[];
  /** Projects whose store does not answer, and why. */
  readonly away: Readonly<Record<string, string>>;
}

/** Where a version comes from; what is not known is not there. */
export interface Origin {
  readonly mlflow_run_id: string;
  readonly run?: string;
  readonly pipeline?: string;
  readonly step?: string;
  readonly notebook?: string;
  /** Of the notebook, as the file browser shows it; null where it lies outside of the server's root. */
  readonly path?: string | null;
  readonly cell?: string;
  readonly commit?: string;
  readonly user?: string;
}

/** A note of an alias that was moved. Only the alias is sure: others may have written the rest. */
export interface PromotionNote {
  readonly alias: string;
  readonly at?: string;
  readonly by?: string;
  readonly from?: number | null;
  readonly condition?: string | null;
  readonly values?: Readonly<Record<string, number>>;
  readonly reason?: string;
}

export interface ModelVersion {
  readonly version: number;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly created: string;
  readonly metrics: Readonly<Record<string, Value>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly made_by: Origin;
  readonly promotions: readonly PromotionNote[];
}

export interface ModelDetail extends Omit<RegisteredModel, 'project'> {
  readonly versions: readonly ModelVersion[];
}

export interface PromoteRequest {
  readonly version: number;
  readonly alias: string;
  readonly condition: string;
  readonly reason: string;
}

export interface Promotion {
  readonly name: string;
  readonly version: number;
  readonly alias: string;
  /** Whether the condition held, and so the alias was moved. */
  readonly promoted: boolean;
  readonly from: number | null;
  readonly values: Readonly<Record<string, number>>;
}

export interface Service {
  readonly service: string;
  readonly name: string;
  readonly version: number;
  readonly model: string;
  readonly project: string;
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped' | 'failed' | 'lost';
  readonly url: string;
  readonly message: string;
  readonly warnings: readonly string[];
}

export interface ModelField {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

/** What a model takes and gives. */
export interface ModelInterface {
  readonly inputs: readonly ModelField[] | null;
  readonly outputs: readonly ModelField[] | null;
  /** The text that a service takes for the input that was logged as example; empty when none was. */
  readonly example: string;
  /** Such a text with empty values; empty when there is no signature. */
  readonly blank: string;
}
