/** The launch form as a value: what is typed, what is asked of the server, where its objections belong. */

import type { Finding, Launchable, LaunchRequest, Parameter } from './types';

/** How a parameter is given: one value, several to try, or the name of a secret. */
export type Mode = 'value' | 'sweep' | 'secret';

export interface Entry {
  readonly mode: Mode;
  readonly text: string;
}

export interface Form {
  readonly entries: Readonly<Record<string, Entry>>;
  /** Lines of `name=value`, for a notebook whose parameters cannot be read. */
  readonly free: string;
  readonly anew: boolean;
  /** Whether the kernel of a step that fails is kept for a person. */
  readonly keep: boolean;
}

export const EMPTY_FORM: Form = { entries: {}, free: '', anew: false, keep: false };

/** How long the kernel of a step that fails is kept, where a person asks for it here. */
export const KEPT_FOR = '30m';

/** What the field of a parameter shows before anybody types. */
export function initialText(parameter: Parameter): string {
  if (parameter.default === null || parameter.computed) {
    return '';
  }
  return parameter.default;
}

export function entryOf(form: Form, parameter: Parameter): Entry {
  const typed = Object.hasOwn(form.entries, parameter.name)
    ? form.entries[parameter.name]
    : undefined;
  return typed ?? { mode: 'value', text: initialText(parameter) };
}

export function withEntry(form: Form, name: string, entry: Entry): Form {
  return { ...form, entries: { ...form.entries, [name]: entry } };
}

/** Whether the entry is another than the notebook's own default. */
export function isChanged(form: Form, parameter: Parameter): boolean {
  const { mode, text } = entryOf(form, parameter);
  if (mode !== 'value') {
    return true;
  }
  // An emptied field means the default; only a text can be empty and mean it.
  return text !== initialText(parameter) && (text !== '' || parameter.kind === 'str');
}

/** What the server is asked for: only what differs from the defaults. */
export function requestOf(source: Launchable, form: Form): LaunchRequest {
  const given: Record<Mode, Record<string, string>> = { value: {}, sweep: {}, secret: {} };
  if (source.parameters === null) {
    given.value = freeTexts(form.free);
  }
  for (const parameter of source.parameters ?? []) {
    if (parameter.secret === null && isChanged(form, parameter)) {
      const { mode, text } = entryOf(form, parameter);
      put(given[mode], parameter.name, text);
    }
  }
  return {
    path: source.path,
    texts: given.value,
    sweep: given.sweep,
    secrets: given.secret,
    use_cache: !form.anew,
    ...(form.keep ? { keep_failed: KEPT_FOR } : {})
  };
}

export function isSweep(request: LaunchRequest): boolean {
  return Object.keys(request.sweep).length > 0;
}

/** Objections by the parameter that they mean; under '' those that mean none of the form's. */
export function placed(
  findings: readonly Finding[],
  source: Launchable
): ReadonlyMap<string, readonly Finding[]> {
  const known = new Set((source.parameters ?? []).map(parameter => parameter.name));
  const found = new Map<string, Finding[]>();
  for (const finding of findings) {
    const name = finding.parameter ?? '';
    const place = known.has(name) ? name : '';
    found.set(place, [...(found.get(place) ?? []), finding]);
  }
  return found;
}

/** The ways in which a parameter may be given, the usual one first. */
export function modesOf(source: Launchable, parameter: Parameter): readonly Mode[] {
  if (source.kind === 'pipeline') {
    return ['value'];
  }
  return parameter.kind === 'str' || parameter.kind === 'any'
    ? ['value', 'sweep', 'secret']
    : ['value', 'sweep'];
}

function freeTexts(lines: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const line of lines.split('\n')) {
    const [name = '', ...rest] = line.split('=');
    if (name.trim() !== '' && rest.length > 0) {
      put(texts, name.trim(), rest.join('=').trim());
    }
  }
  return texts;
}

/** A parameter may be called `__proto__`. */
function put(texts: Record<string, string>, name: string, text: string): void {
  Object.defineProperty(texts, name, { value: text, enumerable: true, configurable: true });
}
