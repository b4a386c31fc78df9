/** What the notebook's cells say to us: which holds the parameters, which tracks, what a badge reads. */

import type { Logged } from './types';
import { numberText } from './trials';

export const PARAMETERS_TAG = 'parameters';
/** Left out when the notebook is run in the background, where the run is tracked anyway. */
export const INTERACTIVE_TAG = 'interactive';
export const TRACK_SOURCE = '%load_ext dagbook\n%track start';

const PARAMETERS_MAGIC = /^\s*%%parameters\b/;
const TRACK_LINE = /^\s*%track\s+start\b/m;
const MOST_BADGES = 4;
const LONGEST = 28;

export function tagsOf(tags: unknown): readonly string[] {
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : [];
}

export function isParametersCell(tags: unknown, source: string): boolean {
  return tagsOf(tags).includes(PARAMETERS_TAG) || PARAMETERS_MAGIC.test(source);
}

export function isTrackingCell(source: string): boolean {
  return TRACK_LINE.test(source);
}

export interface Badge {
  readonly text: string;
  readonly run: string;
  readonly run_name: string;
}

/** What a cell's badges read: metrics first, then artifacts and parameters; the rest as a number. */
export function badgesOf(logged: readonly Logged[]): {
  readonly shown: readonly Badge[];
  readonly more: readonly Badge[];
} {
  const order: Record<Logged['kind'], number> = { metric: 0, artifact: 1, param: 2 };
  const all = [...logged]
    .sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name))
    .map(one => ({ text: badgeText(one), run: one.run, run_name: one.run_name }));
  return { shown: all.slice(0, MOST_BADGES), more: all.slice(MOST_BADGES) };
}

function badgeText({ kind, name, value }: Logged): string {
  const number = kind === 'metric' && value !== '' ? Number(value) : NaN;
  const shown = Number.isNaN(number) ? value : numberText(number);
  return [cut(name), cut(shown)].filter(part => part !== '').join(' ');
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
