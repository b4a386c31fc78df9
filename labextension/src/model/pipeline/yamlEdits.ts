/** An operation as edits of the text: comments, order, quoting and all that is not concerned stay as they are. */

import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair } from 'yaml';

import { isMapping } from './spec';
import type { Operation, Path, Value } from './spec';
import {
  CannotDraw,
  columnOf,
  endOf,
  find,
  isBlank,
  isBlockText,
  lastOf,
  lineStart,
  newlineOf,
  nextLine,
  onLines,
  onOneLine,
  startOf,
  stepOf
} from './yamlPlaces';
import type { Collection, Edit, Found } from './yamlPlaces';

/** The edits, none of which overlaps another, last first. Throws CannotDraw. */
export function editsOf(text: string, document: Document, operation: Operation): readonly Edit[] {
  const contents = document.contents;
  switch (operation.do) {
    case 'rename':
      return renaming(contents, operation.path, operation.key);
    case 'remove':
      return removing(text, contents, operation.path);
    case 'set':
      return setting(text, contents, operation.path, operation.value);
  }
}

export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce(
    (so, { start, end, text: put }) => so.slice(0, start) + put + so.slice(end),
    text
  );
}

function renaming(contents: Node | null, path: Path, key: string): readonly Edit[] {
  const found = find(contents, path);
  if (found?.pair === null || found === null) {
    throw new CannotDraw('it is not written there');
  }
  const written = found.pair.key;
  return [
    { start: startOf(written), end: endOf(written), text: onOneLine(key, found.flow, written) }
  ];
}

function removing(text: string, contents: Node | null, path: Path): readonly Edit[] {
  const found = find(contents, path);
  if (found?.parent == null) {
    throw new CannotDraw('it is not written there');
  }
  const { parent, index } = found;
  const items = parent.items as readonly (Pair<Node, Node | null> | Node)[];
  const own = items[index];
  if (own === undefined) {
    return [];
  }
  const start = startOfItem(own);
  if (parent.flow === true) {
    const [before, after] = [items[index - 1], items[index + 1]];
    if (after !== undefined) {
      return [{ start, end: startOfItem(after), text: '' }];
    }
    return [
      {
        start: before === undefined ? start : endOf(lastOf(before)),
        end: endOf(lastOf(own)),
        text: ''
      }
    ];
  }
  const from = lineStart(text, start);
  if (
    !/^[ \t]*(?:- *)?$/.test(text.slice(from, start)) ||
    (isMap(parent) && text.slice(from, start).includes('-'))
  ) {
    throw new CannotDraw('something else begins on its line');
  }
  const line = { start: from, end: nextLine(text, own), text: '' };
  if (items.length > 1) {
    return [line];
  }
  // What is left is an empty collection, which has to be written as one.
  const place = find(contents, path.slice(0, -1))?.pair;
  if (place === null || place === undefined) {
    return [line];
  }
  return [line, { ...after(text, place.key), text: isMap(parent) ? ' {}' : ' []' }];
}

function setting(text: string, contents: Node | null, path: Path, value: Value): readonly Edit[] {
  if (contents === null || (isScalar(contents) && isBlank(contents))) {
    const gap = text === '' || text.endsWith('\n') ? '' : newlineOf(text);
    return [
      { start: text.length, end: text.length, text: gap + lines(text, nested(path, value), 0) }
    ];
  }
  const found = find(contents, path);
  if (found !== null) {
    return replacing(text, found, value);
  }
  const last = path.at(-1);
  const place = find(contents, path.slice(0, -1));
  if (last === undefined) {
    throw new CannotDraw('the file is something else altogether');
  }
  if (place === null || isBlank(place.node)) {
    // The collection that it belongs into is not there: it comes with it.
    return setting(
      text,
      contents,
      path.slice(0, -1),
      typeof last === 'number' ? [value] : { [last]: value }
    );
  }
  const { node } = place;
  if (isAlias(node)) {
    throw new CannotDraw('it is written once and used in several places');
  }
  if (!isMap<Node, Node | null>(node) && !isSeq<Node>(node)) {
    throw new CannotDraw(`${String(path.at(-2) ?? 'the file')} is no collection`);
  }
  return adding(text, { ...place, node }, last, value);
}

function adding(
  text: string,
  place: Found & { readonly node: Collection },
  key: string | number,
  value: Value
): readonly Edit[] {
  const { node, pair } = place;
  const items = node.items as readonly (Pair<Node, Node | null> | Node)[];
  const last = items.at(-1);
  if (last === undefined) {
    const whole = isMap(node) ? { [key]: value } : [value];
    if (place.flow || pair === null || isSeq(node)) {
      const inner = onOneLine(whole, true).slice(1, -1);
      return [{ start: startOf(node) + 1, end: endOf(node) - 1, text: inner }];
    }
    return replacing(text, place, whole);
  }
  if (node.flow === true) {
    const put = isMap(node)
      ? onOneLine({ [key]: value }, true).slice(1, -1)
      : onOneLine(value, true);
    const end = endOf(lastOf(last));
    return [{ start: end, end, text: `, ${put}` }];
  }
  const indent = columnOf(text, isMap(node) ? startOfItem(last) : dashOf(text, startOfItem(last)));
  const start = nextLine(text, last);
  const put = isMap(node) ? lines(text, { [key]: value }, indent) : itemLines(text, value, indent);
  const gap = text.charAt(start - 1) === '\n' ? '' : newlineOf(text);
  return [{ start, end: start, text: gap === '' ? put : gap + put.replace(/\r?\n$/, '') }];
}

function replacing(text: string, found: Found, value: Value): readonly Edit[] {
  const { node, pair, flow } = found;
  const below = isMapping(value) && Object.keys(value).length > 0 && !flow && pair !== null;
  if (node !== null && !isBlank(node) && !below) {
    const isBlock = ((isMap(node) || isSeq(node)) && node.flow !== true) || isBlockText(node);
    if (!isBlock) {
      return [{ start: startOf(node), end: endOf(node), text: onOneLine(value, flow, node) }];
    }
  }
  if (pair === null) {
    throw new CannotDraw('it is written over several lines');
  }
  const behind = after(text, pair.key);
  if (!below) {
    const put = ` ${onOneLine(value, flow)}`;
    if (isBlank(node)) {
      return [{ ...behind, text: put }];
    }
    const end = nextLine(text, pair);
    return [
      {
        start: behind.start,
        end,
        text: put + (text.charAt(end - 1) === '\n' ? newlineOf(text) : '')
      }
    ];
  }
  const indent = columnOf(text, startOf(pair.key)) + stepOf(text);
  const start = nextLine(text, pair);
  const put = lines(text, value, indent);
  const gap = text.charAt(start - 1) === '\n' ? '' : newlineOf(text);
  const edit = { start, end: start, text: gap === '' ? put : gap + put.replace(/\r?\n$/, '') };
  if (node === null || isBlank(node)) {
    return [edit];
  }
  // From the colon, so that no space is left behind it.
  const isOneLine = !isBlockText(node) && !((isMap(node) || isSeq(node)) && node.flow !== true);
  return isOneLine
    ? [edit, { start: behind.start, end: endOf(node), text: '' }]
    : [{ ...edit, start: behind.start, text: newlineOf(text) + edit.text }];
}

/** The place behind the colon of a key. */
function after(text: string, key: Node): { start: number; end: number } {
  const colon = text.indexOf(':', endOf(key)) + 1;
  return { start: colon, end: colon };
}

function startOfItem(item: Pair<Node, Node | null> | Node): number {
  return startOf('key' in item ? item.key : item);
}

function dashOf(text: string, position: number): number {
  return text.lastIndexOf('-', position - 1);
}

function lines(text: string, value: Value, indent: number): string {
  const newline = newlineOf(text);
  return onLines(value, stepOf(text))
    .map(line => ' '.repeat(indent) + line + newline)
    .join('');
}

function itemLines(text: string, value: Value, indent: number): string {
  const [first = '', ...rest] = lines(text, value, indent + 2).split(/(?<=\n)/);
  return [`${' '.repeat(indent)}- ${first.trimStart()}`, ...rest].join('');
}

function nested(path: Path, value: Value): Value {
  return path.reduceRight<Value>(
    (inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }),
    value
  );
}
