/** One recorded run with everything that is known of it; see docs/reference/rest-tracked.md. */

import { SYSTEM } from './columns';
import type { TrackedRun, TrackedStatus } from './types';

export interface RunDetail extends TrackedRun {
  readonly all_tags: Readonly<Record<string, string>>;
  readonly artifact_uri: string;
  /** Kind (`metric`, `param`, `artifact`) → name → the id of the cell that logged it. */
  readonly cells: Readonly<
    Record<'metric' | 'param' | 'artifact', Readonly<Record<string, string>>>
  >;
  readonly data_sets: readonly {
    readonly name: string;
    readonly digest: string;
    readonly context: string;
  }[];
  readonly inputs: Readonly<Record<string, string>>;
  readonly item: Readonly<Record<string, string>>;
  readonly git: Readonly<Record<'commit' | 'branch' | 'repository' | 'dirty', string>>;
  readonly environment: {
    readonly facts: Readonly<Record<string, string>>;
    readonly packages: readonly string[];
  };
  readonly models: readonly {
    readonly model: string;
    readonly name: string;
    readonly type: string;
    readonly status: string;
  }[];
  readonly children: readonly {
    readonly run: string;
    readonly name: string;
    readonly status: TrackedStatus;
  }[];
}

export interface ArtifactEntry {
  readonly path: string;
  readonly name: string;
  readonly folder: boolean;
  readonly size: number | null;
}

export interface ArtifactFolder {
  readonly path: string;
  readonly entries: readonly ArtifactEntry[];
  readonly more: number;
}

export type Preview = { readonly path: string; readonly size: number } & (
  | { readonly kind: 'picture'; readonly type: string; readonly data: string }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly total: number | null;
      readonly columns_left_out: number;
    }
  | { readonly kind: 'notebook'; readonly cells: number }
  | { readonly kind: 'text'; readonly text: string; readonly cut: boolean }
  | { readonly kind: 'binary'; readonly type: string }
  | { readonly kind: 'too-large'; readonly most: number }
);

/** The names of metrics that people logged, and of those that were measured of the machine. */
export function metricNames(run: RunDetail): {
  readonly own: readonly string[];
  readonly system: readonly string[];
} {
  const names = Object.keys(run.metrics);
  return {
    own: names.filter(name => !name.startsWith(SYSTEM)),
    system: names.filter(name => name.startsWith(SYSTEM))
  };
}

/** A size in bytes as people read it. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)}\u00a0${units[unit] ?? ''}`;
}
