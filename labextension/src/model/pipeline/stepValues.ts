/** What a step was given; see `GET runs/RUN/steps/STEP/values` in docs/reference/rest.md. */

export type ValueKind = 'input' | 'output';

export interface StepParams {
  readonly step: string;
  /** Null where they are not known; `why` says why. */
  readonly params:
    | readonly {
        readonly name: string;
        readonly text: string;
        /** Whether it is a file that can be looked at. */
        readonly file: boolean;
        /** The outputs that it was made of. */
        readonly from: string;
      }[]
    | null;
  readonly why: string;
}
