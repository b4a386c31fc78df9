/** The text of a pipeline file: what it says, and the text after a change, with as little of it touched as can be. */

import { isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';

import { alike, at, operated } from './spec';
import type { Operation, Value } from './spec';
import { editsOf, edited } from './yamlEdits';
import { CannotDraw, endOf, find, startOf } from './yamlPlaces';
import type { Edit } from './yamlPlaces';

/** Where a text stops being YAML; line and column count from 1. */
export interface Unreadable {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly position: number;
}

export type Reading =
  | { readonly value: Value; readonly unreadable: null }
  | { readonly value: null; readonly unreadable: Unreadable };

/** What a text says, or why it says nothing. */
export function read(text: string): Reading {
  const { document, ...reading } = parse(text);
  return document === null
    ? { value: null, unreadable: reading.unreadable ?? NOWHERE }
    : { value: reading.value, unreadable: null };
}

/**
 * The edits that make the text say what it says after the operations: each is of the text that those before it left.
 * Throws CannotDraw, and then nothing is to be changed.
 */
export function drawn(text: string, operations: readonly Operation[]): readonly Edit[] {
  const edits: Edit[] = [];
  let now = text;
  for (const operation of operations) {
    const made = drawnOne(now, operation);
    edits.push(...made);
    now = edited(now, made);
  }
  return edits;
}

function drawnOne(text: string, operation: Operation): readonly Edit[] {
  const { document, value, unreadable } = parse(text);
  if (document === null) {
    throw new CannotDraw(unreadable?.message ?? 'the file is no YAML');
  }
  const wanted = operated(value, operation);
  if (operation.do === 'set' && alike(at(value, operation.path), operation.value)) {
    return [];
  }
  for (const edits of attempts(text, document, operation)) {
    const after = parse(edited(text, edits));
    // Whatever the file is written like: it must say just this.
    if (after.document !== null && alike(after.value, wanted)) {
      return edits;
    }
  }
  throw new CannotDraw('it is written in a way that has to be changed by hand');
}

function* attempts(
  text: string,
  document: Document,
  operation: Operation
): Generator<readonly Edit[]> {
  if (operation.do === 'set' && operation.rewrite !== undefined) {
    const node = find(document.contents, operation.path)?.node;
    if (isScalar(node)) {
      const [start, end] = [startOf(node), endOf(node)];
      yield [{ start, end, text: operation.rewrite(text.slice(start, end)) }];
    }
  }
  yield editsOf(text, document, operation);
}

interface Parsed {
  readonly document: Document | null;
  readonly value: Value;
  readonly unreadable: Unreadable | null;
}

const NOWHERE: Unreadable = { message: 'the file is no YAML', line: 1, column: 1, position: 0 };

function parse(text: string): Parsed {
  const document = parseDocument(text, { keepSourceTokens: false, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    return fails(text, error.message, error.pos[0]);
  }
  try {
    return { document, value: (document.toJS() as Value) ?? null, unreadable: null };
  } catch (problem) {
    return fails(text, problem instanceof Error ? problem.message : String(problem), 0);
  }
}

function fails(text: string, message: string, position: number): Parsed {
  const before = text.slice(0, position).split('\n');
  const unreadable = {
    message,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    position
  };
  return { document: null, value: null, unreadable };
}
