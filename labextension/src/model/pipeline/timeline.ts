/** The steps of a run on one scale of time. */

import { shownStatus } from '../shownStatus';
import type { RunState } from '../runState';
import { executed } from '../steps';
import type { ShownStatus } from '../types';

export interface Bar {
  readonly step: string;
  readonly status: ShownStatus;
  /** Where it begins and how long it is, as shares of the whole. */
  readonly from: number;
  readonly share: number;
  readonly seconds: number;
}

export interface Timeline {
  readonly bars: readonly Bar[];
  readonly seconds: number;
}

const LEAST = 0.003;

/** Of every step that began; `now` is in milliseconds, and ends what still runs. */
export function timelineOf(state: RunState, gone: boolean, now: number): Timeline {
  const begun = executed(state.steps.values()).flatMap(step => {
    if (step.started === null) {
      return [];
    }
    const from = Date.parse(step.started);
    const isOpen = step.finished === null && !gone;
    const till = step.finished === null ? (isOpen ? now : from) : Date.parse(step.finished);
    return [{ step, from, till: Math.max(from, till) }];
  });
  const first = Math.min(...begun.map(({ from }) => from));
  const last = Math.max(...begun.map(({ till }) => till));
  const whole = begun.length === 0 ? 0 : last - first;
  const bars = begun.map(({ step, from, till }) => ({
    step: step.outline.step,
    status: shownStatus(step, gone),
    from: whole === 0 ? 0 : (from - first) / whole,
    share: whole === 0 ? 1 : Math.max(LEAST, (till - from) / whole),
    seconds: (till - from) / 1000
  }));
  return { bars: bars.sort((one, other) => one.from - other.from), seconds: whole / 1000 };
}
