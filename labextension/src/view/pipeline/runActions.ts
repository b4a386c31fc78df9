/** What a person can do with a run that is looked at. */

import type { RunHistory } from '../../model/pipeline/history';
import type { StepLog } from '../../model/pipeline/stepLog';
import type { StepParams, ValueKind } from '../../model/pipeline/stepValues';
import type { Preview } from '../../model/tracked/detail';

export interface RunActions {
  cancel(): void;
  /** Do what has not finished. */
  resume(): void;
  /**
   * Do these steps again, and what comes after them; what failed when there are none.
   * `keep`: the kernel of one that fails is kept for a person.
   */
  retry(steps: readonly string[], keep?: boolean): void;
  /** Opens the executed notebook of a step on its kept kernel, at the cell that failed. */
  attach(step: string): void;
  /** Goes on with the pipeline from a step that was finished in its kept kernel. */
  goOn(step: string): void;
  /** Lets the kept kernel go: the step fails. */
  release(step: string): void;
  /** Saves the run as one page. */
  report(): void;
  /** The executed notebook of a step, at that cell if one is given; cells count from 1. */
  openNotebook(step: string, cell?: number): void;
  /** A copy of the step's notebook, with the parameters and inputs of this run, to work on. */
  openWithInputs(step: string): void;
  /** What MLflow has recorded under that id. */
  openRecord(id: string): void;
  /** Answers for a step that waits for a person. */
  answer(step: string, approved: boolean): void;
  /** What a step was given. Rejects with words for a person. */
  values(step: string): Promise<StepParams>;
  /** What there is to see of a file that a step was given or published. */
  look(step: string, of: ValueKind, name: string): Promise<Preview>;
  /** The runs of the same pipeline side by side. Rejects with words for a person. */
  history(): Promise<RunHistory>;
  /** Shows another run of it, with that node selected if one is named. */
  openRun(run: string, node?: string): void;
  /** What a step has printed so far. Rejects with words for a person. */
  log(step: string): Promise<StepLog>;
}
