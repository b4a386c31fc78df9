/** What `${…}` refers to, and the same text after a node got another name. Twin of `dagbook/pipeline/expressions.py`. */

export interface Reference {
  readonly root: string;
  /** Null where the root alone is named, as in `${item}`. */
  readonly name: string | null;
}

const NAME = '[\\p{L}_][\\p{L}\\p{N}_]*';
// A text in quotes, or a name that is no attribute of another.
const TOKEN = new RegExp(
  `'(?:\\\\.|[^'\\\\])*'|"(?:\\\\.|[^"\\\\])*"|(?<![\\p{L}\\p{N}_.]|\\.\\s)(${NAME})(?:\\s*\\.\\s*(${NAME}))?`,
  'gu'
);
const QUOTE = /['"]/;

interface Piece {
  readonly start: number;
  readonly end: number;
}

/** Where the expressions in a text stand, between their braces. One that is not closed is none. */
function expressions(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  while ((at = text.indexOf('${', at)) !== -1) {
    if (text[at - 1] === '$') {
      at += 2;
      continue;
    }
    const end = closing(text, at + 2);
    if (end === -1) {
      break;
    }
    found.push({ start: at + 2, end });
    at = end + 1;
  }
  return found;
}

function closing(text: string, from: number): number {
  let depth = 0;
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (quote !== '') {
      if (letter === '\\') {
        at += 1;
      } else if (letter === quote) {
        quote = '';
      }
    } else if (QUOTE.test(letter)) {
      quote = letter;
    } else if (letter === '{') {
      depth += 1;
    } else if (letter === '}') {
      if (depth === 0) {
        return at;
      }
      depth -= 1;
    }
  }
  return -1;
}

function namedIn(source: string): Reference[] {
  return [...source.matchAll(TOKEN)]
    .filter(match => match[1] !== undefined)
    .map(match => ({ root: match[1] ?? '', name: match[2] ?? null }));
}

/** Everything that a value refers to: of a text, or of lists and mappings of texts. */
export function referencesIn(value: unknown): readonly Reference[] {
  if (typeof value === 'string') {
    return expressions(value).flatMap(({ start, end }) => namedIn(value.slice(start, end)));
  }
  return Object.values(asRecord(value)).flatMap(referencesIn);
}

/** As `referencesIn`, of a text that is an expression though it has no braces: `when: best.score > 0.9`. */
export function referencesInCondition(value: unknown): readonly Reference[] {
  return typeof value === 'string' && !value.startsWith('${')
    ? namedIn(value)
    : referencesIn(value);
}

/** The reference that a text consists of, and of nothing else. */
export function onlyReference(value: unknown): Reference | null {
  if (typeof value !== 'string') {
    return null;
  }
  const match = new RegExp(`^\\s*\\$\\{\\s*(${NAME})\\s*\\.\\s*(${NAME})\\s*\\}\\s*$`, 'u').exec(
    value
  );
  return match === null ? null : { root: match[1] ?? '', name: match[2] ?? null };
}

/** The text with every reference to the node `from` made one to `to`. */
export function renamedIn(text: string, from: string, to: string): string {
  let made = '';
  let at = 0;
  for (const { start, end } of expressions(text)) {
    made += text.slice(at, start) + renamedInCondition(text.slice(start, end), from, to);
    at = end;
  }
  return made + text.slice(at);
}

/** As `renamedIn`, of an expression without its braces. */
export function renamedInCondition(source: string, from: string, to: string): string {
  return source.replace(TOKEN, (all: string, root: string | undefined, name: string | undefined) =>
    root === from && name !== undefined ? to + all.slice(from.length) : all
  );
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
