/** What may be written at a place in the text of a pipeline, and what a key there means, by the JSON Schema. */

import { isMapping } from './spec';
import type { Mapping, Value } from './spec';

/** Where the cursor stands: below which keys, `*` for an item of a list, and in the middle of which word. */
export interface Cursor {
  readonly path: readonly string[];
  /** The key whose value is being written; null where a key is. */
  readonly key: string | null;
  readonly word: string;
  /** Where the word begins in the text. */
  readonly from: number;
}

export interface Offer {
  readonly label: string;
  /** What is written in its place. */
  readonly text: string;
  readonly detail: string;
  readonly help: string;
}

const ITEM = '*';
const KEY = /^(\s*)((?:- +)*)([\w-]*)$/;
const VALUE = /^(\s*)((?:- +)*)([\w-]+):\s+\[?(?:[^#\]]*,\s*)?([^\s,[\]{}"'#]*)$/;
const PAIR = /^(\s*)((?:- +)*)([\w.-]+):(?:\s|$)/;

/** The place in the text, read by its indentation alone: half of what is being typed is no YAML. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(begin, offset);
  const value = VALUE.exec(line);
  const written = value ?? KEY.exec(line);
  if (written === null) {
    return null;
  }
  const [, spaces = '', items = '', name = '', typed = ''] = written;
  const above = text.slice(0, begin).split('\n').slice(0, -1);
  const path = [
    ...pathAbove(above, spaces.length),
    ...items
      .split('-')
      .slice(1)
      .map(() => ITEM)
  ];
  const word = value === null ? name : typed;
  return { path, key: value === null ? null : name, word, from: offset - word.length };
}

/** The keys that something with that indentation stands below. */
function pathAbove(lines: readonly string[], indentation: number): readonly string[] {
  const path: string[] = [];
  let least = indentation;
  for (const line of [...lines].reverse()) {
    if (least === 0) {
      break;
    }
    const found = PAIR.exec(line);
    if (found === null || line.trimStart().startsWith('#')) {
      continue;
    }
    const [, spaces = '', items = '', key = ''] = found;
    if (spaces.length + items.length < least) {
      path.unshift(key);
      least = spaces.length + items.length;
    }
    if (items !== '' && spaces.length < least) {
      path.unshift(ITEM);
      least = spaces.length;
    }
  }
  return path;
}

/** What could be written there. */
export function offersAt(schema: Value, text: string, cursor: Cursor): readonly Offer[] {
  const here = schemasAt(schema, cursor.path);
  if (cursor.key !== null) {
    const { key } = cursor;
    const values = here.flatMap(one => below(schema, one, key)).flatMap(valuesOf);
    return [...new Set(values)].map(label => ({ label, text: label, detail: '', help: '' }));
  }
  const there = siblings(text, cursor);
  return Object.entries(propertiesOf(here))
    .filter(([key]) => !there.has(key) || key === cursor.word)
    .map(([key, property]) => ({
      label: key,
      text: `${key}: `,
      detail: typeOf(schema, property),
      help: textOf(property, 'description')
    }));
}

/** What the key at this place means; null where the schema does not know it. */
export function meaningAt(schema: Value, path: readonly string[], key: string): Offer | null {
  const property = propertiesOf(schemasAt(schema, path))[key];
  if (property === undefined) {
    return null;
  }
  const given = mappingOf(property)['default'];
  const usual =
    given === undefined || given === null || given === '' ? '' : ` = ${JSON.stringify(given)}`;
  return {
    label: key,
    text: key,
    detail: `${typeOf(schema, property)}${usual}`,
    help: textOf(property, 'description')
  };
}

/** The schemas of what stands at a path: more than one where it may be of several kinds. */
function schemasAt(schema: Value, path: readonly string[]): readonly Mapping[] {
  let found = alternatives(schema, schema);
  for (const key of path) {
    found = found.flatMap(one => below(schema, one, key));
  }
  return found;
}

function below(schema: Value, one: Mapping, key: string): readonly Mapping[] {
  if (key === ITEM) {
    return alternatives(schema, one['items']);
  }
  const property = mappingOf(one['properties'])[key];
  return alternatives(schema, property ?? one['additionalProperties']);
}

/** The schema, or all that it may be, with references followed. */
function alternatives(schema: Value, one: Value): readonly Mapping[] {
  if (!isMapping(one)) {
    return [];
  }
  const name = textOf(one, '$ref').split('/').at(-1) ?? '';
  if (name !== '') {
    return alternatives(schema, mappingOf(mappingOf(schema)['$defs'])[name]);
  }
  const several = one['anyOf'];
  return Array.isArray(several) ? several.flatMap(each => alternatives(schema, each)) : [one];
}

function propertiesOf(schemas: readonly Mapping[]): Readonly<Record<string, Value>> {
  return Object.assign({}, ...schemas.map(one => mappingOf(one['properties']))) as Mapping;
}

function valuesOf(one: Mapping): readonly string[] {
  const some = one['enum'];
  if (Array.isArray(some)) {
    return some.map(String);
  }
  return one['type'] === 'boolean' ? ['true', 'false'] : [];
}

function typeOf(schema: Value, property: Value): string {
  const kinds = alternatives(schema, property)
    .map(one => textOf(one, 'type'))
    .filter(kind => kind !== '' && kind !== 'null');
  return [...new Set(kinds)].join(' | ');
}

/** The keys that stand beside the cursor already. */
function siblings(text: string, cursor: Cursor): ReadonlySet<string> {
  const lines = text.split('\n');
  const number = text.slice(0, cursor.from).split('\n').length - 1;
  const column = cursor.from - (text.lastIndexOf('\n', cursor.from - 1) + 1);
  const names = new Set<string>();
  for (const step of [-1, 1]) {
    for (let at = number + step; at >= 0 && at < lines.length; at += step) {
      const line = lines[at] ?? '';
      const found = PAIR.exec(line);
      const indentation = line.length - line.trimStart().length;
      if (found !== null && (found[1] ?? '').length + (found[2] ?? '').length === column) {
        names.add(found[3] ?? '');
      } else if (line.trim() !== '' && indentation < column) {
        break;
      }
    }
  }
  return names;
}

function mappingOf(value: Value): Mapping {
  return isMapping(value) ? value : {};
}

function textOf(value: Value, key: string): string {
  const found = mappingOf(value)[key];
  return typeof found === 'string' ? found : '';
}
