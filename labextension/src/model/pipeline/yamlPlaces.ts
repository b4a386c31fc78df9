/** Where things stand in the text of a YAML file, and how new things are written into it. */

import { Document, Scalar, isAlias, isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';

import type { Path, Value } from './spec';

/** The letters from `start` up to `end` become `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A change that cannot be written without touching what it does not concern. The text can be edited by hand. */
export class CannotDraw extends Error {
  override readonly name = 'CannotDraw';
}

export type Collection = YAMLMap<Node, Node | null> | YAMLSeq<Node>;

export interface Found {
  /** Null where nothing is written after the key. */
  readonly node: Node | null;
  /** The pair of a mapping that it is the value of. */
  readonly pair: Pair<Node, Node | null> | null;
  readonly parent: Collection | null;
  readonly index: number;
  /** Whether it stands between braces or brackets. */
  readonly flow: boolean;
}

/** What stands at a path, or null. Throws CannotDraw where an alias is on the way. */
export function find(contents: Node | null, path: Path): Found | null {
  let found: Found = { node: contents, pair: null, parent: null, index: 0, flow: false };
  for (const key of path) {
    const { node } = found;
    if (isAlias(node)) {
      throw new CannotDraw('it is written once and used in several places');
    }
    if (isMap<Node, Node | null>(node)) {
      const index = node.items.findIndex(
        pair => isScalar(pair.key) && String(pair.key.value) === key
      );
      const pair = node.items[index];
      if (pair === undefined) {
        return null;
      }
      found = {
        node: pair.value,
        pair,
        parent: node,
        index,
        flow: found.flow || node.flow === true
      };
    } else if (isSeq<Node>(node)) {
      const item = node.items[Number(key)];
      if (item === undefined) {
        return null;
      }
      found = {
        node: item,
        pair: null,
        parent: node,
        index: Number(key),
        flow: found.flow || node.flow === true
      };
    } else {
      return null;
    }
  }
  return found;
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Where what is written ends, without what follows on the line. */
export function endOf(node: Node): number {
  return node.range?.[1] ?? 0;
}

/** Whether nothing is written for it, as in `key:`. */
export function isBlank(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && startOf(node) === endOf(node));
}

export function isBlockText(node: Node | null): boolean {
  return (
    isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED)
  );
}

/** The last node in the text of a pair or an item. */
export function lastOf(item: Pair<Node, Node | null> | Node): Node {
  const node = isPair(item) ? (item.value ?? item.key) : item;
  const inner = (isMap(node) || isSeq(node)) && node.flow !== true ? node.items.at(-1) : undefined;
  return inner === undefined ? node : lastOf(inner as Pair<Node, Node | null> | Node);
}

/** The start of the line after what is written there: a comment behind it belongs to it. */
export function nextLine(text: string, item: Pair<Node, Node | null> | Node): number {
  const last = lastOf(item);
  if (isBlockText(last)) {
    return endOf(last);
  }
  // Nothing written after a key: the place is that of the colon.
  const newline = text.indexOf('\n', Math.max(endOf(last), isPair(item) ? endOf(item.key) : 0));
  return newline === -1 ? text.length : newline + 1;
}

export function lineStart(text: string, position: number): number {
  return text.lastIndexOf('\n', position - 1) + 1;
}

export function columnOf(text: string, position: number): number {
  return position - lineStart(text, position);
}

export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** How many spaces a level is indented by in this text. */
export function stepOf(text: string): number {
  return /^[A-Za-z_]+:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*( +)\S/m.exec(text)?.[1]?.length ?? 2;
}

const PLAINLY = {
  lineWidth: 0,
  blockQuote: false,
  doubleQuotedMinMultiLineLength: 1_000_000,
  flowCollectionPadding: false
} as const;

/** As a document whose texts stay on their lines. */
function documentOf(value: Value): Document {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && node.value.includes('\n')) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    }
  });
  return document;
}

/** A value on one line, fit to stand between braces if it has to. */
export function onOneLine(value: Value, flow: boolean, like: Node | null = null): string {
  const document = documentOf(value);
  if (
    isScalar(document.contents) &&
    isScalar(like) &&
    typeof value === 'string' &&
    !value.includes('\n')
  ) {
    if (like.type === Scalar.QUOTE_DOUBLE || like.type === Scalar.QUOTE_SINGLE) {
      document.contents.type = like.type;
    }
  }
  if (flow && typeof value === 'string') {
    // What may stand alone need not be fit to stand in a list.
    return new Document([document.contents])
      .toString({ ...PLAINLY, collectionStyle: 'flow' })
      .trim()
      .slice(1, -1)
      .trim();
  }
  return document.toString({ ...PLAINLY, collectionStyle: 'flow' }).trimEnd();
}

/** A value below its key: lines without their indentation. Lists of scalars stay on one line. */
export function onLines(value: Value, step: number): readonly string[] {
  const document = documentOf(value);
  visit(document, {
    Seq: (_, node) => {
      node.flow = node.items.every(item => isScalar(item));
    },
    Map: (_, node) => {
      node.flow = node.items.length === 0;
    }
  });
  return document
    .toString({ ...PLAINLY, indent: step })
    .trimEnd()
    .split('\n');
}
