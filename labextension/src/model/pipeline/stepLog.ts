/** What a step has printed, as the route `runs/RUN/steps/STEP/log` tells it. */

import type { StepState } from '../steps';

export interface StepLog {
  readonly step: string;
  readonly attempt: number;
  /** Cells count from 1, all cells of the executed notebook. */
  readonly cells: readonly { readonly cell: number; readonly text: string }[];
  /** Whether only the end is given. */
  readonly cut: boolean;
}

/** What has to be another before a step can have printed something new. */
export function logKey({ outline, attempt, cell, line, state }: StepState): string {
  return JSON.stringify([outline.step, attempt, cell, line, state]);
}

// Colours and the like, as programs write them for a terminal.

const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** As plain text: without colours, and of a line that was drawn over what stood last. */
export function plainText(text: string): string {
  return text
    .replace(ESCAPES, '')
    .split('\n')
    .map(line => line.replace(/\r+$/, '').split('\r').at(-1))
    .join('\n')
    .replace(/\n+$/, '');
}
