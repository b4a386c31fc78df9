/** What a person can do with a run that is looked at. */

export interface RunActions {
  cancel(): void;
  /** Do what has not finished. */
  resume(): void;
  /** Do these steps again, and what comes after them; what failed when there are none. */
  retry(steps: readonly string[]): void;
  openNotebook(step: string): void;
}
