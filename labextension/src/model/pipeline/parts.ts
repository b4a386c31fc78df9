/** Runs of a part of a pipeline, around one node: what `dagbook run --only`, `--until` and `--accept` do. */

/** The node alone; what it needs, and it; or the same with its newest result taken as current. */
export type Part = 'only' | 'until' | 'accept';

export interface PartRequest {
  readonly path: string;
  readonly only?: readonly string[];
  readonly until?: readonly string[];
  readonly accept?: readonly string[];
}

/** The body of the request that starts such a run of the pipeline file at `path`. */
export function partRequest(path: string, part: Part, node: string): PartRequest {
  switch (part) {
    case 'only':
      return { path, only: [node] };
    case 'until':
      return { path, until: [node] };
    case 'accept':
      // What was accepted holds for every run after this one.
      return { path, until: [node], accept: [node] };
  }
}
