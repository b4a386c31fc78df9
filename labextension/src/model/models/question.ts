/** A question to a model as a form with a field for each column, or as text where that does not fit. */

import type { ModelField, ModelInterface } from './types';

export interface QuestionField {
  readonly name: string;
  /** As the signature says it; empty when there is none. */
  readonly type: string;
  readonly text: string;
}

/** More columns than these are rather a text than a form. */
const MOST_FIELDS = 12;
const NUMBERS: ReadonlySet<string> = new Set(['integer', 'long', 'float', 'double']);

/** What to ask a model with at first: its example, else a text with empty values. */
export function firstQuestion({ example, blank }: ModelInterface): string {
  return pretty(example !== '' ? example : blank);
}

/** The fields of a question about one row of named columns; null for any other. */
export function fieldsOf(
  question: string,
  inputs: readonly ModelField[] | null
): readonly QuestionField[] | null {
  const split = (read(question) as { dataframe_split?: unknown } | null)?.dataframe_split;
  const { columns, data } = (split ?? {}) as { columns?: unknown; data?: unknown };
  const row: unknown = Array.isArray(data) ? data[0] : null;
  if (
    !Array.isArray(columns) ||
    !Array.isArray(row) ||
    columns.length === 0 ||
    columns.length > MOST_FIELDS ||
    columns.length !== row.length ||
    row.some(value => typeof value === 'object' && value !== null)
  ) {
    return null;
  }
  return columns.map((column, place) => ({
    name: String(column),
    type: inputs?.find(input => input.name === String(column))?.type ?? typeOf(row[place]),
    text: row[place] === null ? '' : String(row[place])
  }));
}

/** The question about the row that was typed. What is no number is sent as it is: the model says what it wants. */
export function questionOf(fields: readonly QuestionField[]): string {
  const columns = fields.map(field => field.name);
  return JSON.stringify({ dataframe_split: { columns, data: [fields.map(valueOf)] } });
}

/** JSON that people can read, where it is JSON. */
export function pretty(text: string): string {
  const value = read(text);
  return value === null ? text : JSON.stringify(value, null, 1);
}

function valueOf({ type, text }: QuestionField): unknown {
  const typed = text.trim();
  if (NUMBERS.has(type)) {
    const number = Number(typed);
    return typed === '' ? null : Number.isNaN(number) ? text : number;
  }
  if (type === 'boolean') {
    return typed === 'true' ? true : typed === 'false' ? false : text;
  }
  return text;
}

function typeOf(value: unknown): string {
  return typeof value === 'number' ? 'double' : typeof value === 'boolean' ? 'boolean' : 'string';
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
