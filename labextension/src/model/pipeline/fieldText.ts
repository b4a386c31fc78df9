/** Values of the file as the text of a field, and back. */

import { parseDocument } from 'yaml';

import type { Value } from './spec';
import { onOneLine } from './yamlPlaces';

/** As it would be written on one line; a text that is nothing but a text without its quotes. */
export function fieldText(value: Value, isText: boolean): string {
  return isText && typeof value === 'string' && !value.includes('\n')
    ? value
    : onOneLine(value, false);
}

export type Typed =
  | { readonly value: Value; readonly problem: null }
  | { readonly value: null; readonly problem: string };

/** What a text means; undefined when nothing was typed. */
export function typedValue(text: string, isText: boolean): Typed {
  if (text.trim() === '') {
    return { value: undefined, problem: null };
  }
  if (isText && !/^["']/.test(text)) {
    return { value: text, problem: null };
  }
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    return { value: null, problem: error.message };
  }
  try {
    return { value: document.toJS() as Value, problem: null };
  } catch (problem) {
    return { value: null, problem: problem instanceof Error ? problem.message : String(problem) };
  }
}
