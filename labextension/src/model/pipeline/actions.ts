/** What a person does on the canvas, as operations on the file. */

import { onlyReference, renamedIn, renamedInCondition } from './expressions';
import { graphOf, needsOf } from './graph';
import type { Edge } from './graph';
import { at, isMapping, mapping } from './spec';
import type { Operation, Path, Value } from './spec';

export type Action =
  | { readonly do: 'add-node'; readonly notebook: string; readonly node?: string }
  | { readonly do: 'remove-node'; readonly node: string }
  | { readonly do: 'rename-node'; readonly node: string; readonly to: string }
  | {
      readonly do: 'connect';
      readonly from: string;
      readonly output: string | null;
      readonly to: string;
      /** Null: wait for the node, and take nothing. */
      readonly param: string | null;
    }
  | { readonly do: 'disconnect'; readonly edge: Edge }
  | { readonly do: 'put'; readonly path: Path; readonly value: Value }
  | { readonly do: 'unset'; readonly path: Path }
  | { readonly do: 'move-notebook'; readonly from: string; readonly to: string };

/** The operations of an action. `pipeline` names a pipeline that has no name yet. */
export function operationsOf(value: Value, action: Action, pipeline: string): readonly Operation[] {
  switch (action.do) {
    case 'add-node':
      return added(value, action.notebook, pipeline, action.node);
    case 'remove-node':
      return removed(value, action.node);
    case 'rename-node':
      return renamed(value, action.node, action.to);
    case 'connect':
      return connected(value, action);
    case 'disconnect':
      return at(value, action.edge.path) === undefined ? [] : taken(value, action.edge.path);
    case 'put':
      return put(at(value, action.path), action.path, action.value);
    case 'unset':
      return at(value, action.path) === undefined ? [] : taken(value, action.path);
    case 'move-notebook':
      return graphOf(value)
        .nodes.filter(node => node.notebook === action.from)
        .map(node => ({ do: 'set', path: ['nodes', node.name, 'notebook'], value: action.to }));
  }
}

// First words of a reference that mean something else; as in `dagbook/pipeline/names.py`.
const RESERVED = new Set(['params', 'item', 'run', 'env', 'true', 'false', 'null']);
const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' ')
);
const LONGEST = 64;

/** Why a word cannot name a node, or null. */
export function nameProblem(
  name: string,
  taken: readonly string[]
): 'no-name' | 'reserved' | 'taken' | 'too-long' | null {
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) {
    return 'no-name';
  }
  if (name.length > LONGEST) {
    return 'too-long';
  }
  if (RESERVED.has(name) || KEYWORDS.has(name) || name.startsWith('__')) {
    return 'reserved';
  }
  return taken.some(other => other.toLowerCase() === name.toLowerCase()) ? 'taken' : null;
}

/** A name for the node of a notebook that no other node has. */
export function nodeNameFor(notebook: string, taken: readonly string[]): string {
  const stem = (notebook.split('/').at(-1) ?? '').replace(/\.(ipynb|py|md)$/, '');
  const word = stem
    .replace(/[^\p{L}\p{N}_]/gu, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 50);
  const start = /^\p{N}/u.test(word) || word === '' ? `n${word}` : word;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? start : `${start}_${number}`;
    if (nameProblem(name, taken) === null) {
      return name;
    }
  }
}

function added(
  value: Value,
  notebook: string,
  pipeline: string,
  wanted?: string
): readonly Operation[] {
  const names = Object.keys(mapping(at(value, ['nodes'])));
  const name = wanted ?? nodeNameFor(notebook, names);
  const operations: Operation[] = [];
  if (at(value, ['pipeline']) === undefined) {
    operations.push({ do: 'set', path: ['pipeline'], value: pipeline });
  }
  operations.push({ do: 'set', path: ['nodes', name], value: { notebook } });
  return operations;
}

function removed(value: Value, name: string): readonly Operation[] {
  const operations: Operation[] = [];
  for (const [node, written] of Object.entries(mapping(at(value, ['nodes'])))) {
    if (node === name) {
      continue;
    }
    const gone = Object.entries(mapping(at(written, ['params'])))
      .filter(([, each]) => onlyReference(each)?.root === name)
      .map(([param]) => ['nodes', node, 'params', param]);
    const needs = at(written, ['needs']);
    const items = needsOf(needs)
      .map((each, index) => (each === name ? index : -1))
      .filter(index => index >= 0)
      .reverse();
    for (const index of items) {
      gone.push(['nodes', node, 'needs', ...(Array.isArray(needs) ? [index] : [])] as string[]);
    }
    operations.push(...takenOneByOne(value, gone));
  }
  operations.push({ do: 'remove', path: ['nodes', name] });
  return operations;
}

/** Takes all these away, and each collection of a node that has nothing left in it. */
function takenOneByOne(value: Value, paths: readonly Path[]): readonly Operation[] {
  const left = new Map<string, number>();
  return paths.flatMap(path => {
    const parent = path.slice(0, -1);
    const key = JSON.stringify(parent);
    const rest = (left.get(key) ?? sizeOf(at(value, parent))) - 1;
    left.set(key, rest);
    const operations: Operation[] = [{ do: 'remove', path }];
    if (rest === 0 && parent.length > 2) {
      operations.push({ do: 'remove', path: parent });
    }
    return operations;
  });
}

function taken(value: Value, path: Path): readonly Operation[] {
  return takenOneByOne(value, [path]);
}

function sizeOf(value: Value): number {
  return Array.isArray(value) ? value.length : isMapping(value) ? Object.keys(value).length : 0;
}

function renamed(value: Value, from: string, to: string): readonly Operation[] {
  const operations: Operation[] = [{ do: 'rename', path: ['nodes', from], key: to }];
  for (const [node, written] of Object.entries(mapping(at(value, ['nodes'])))) {
    const path = ['nodes', node === from ? to : node];
    for (const key of ['params', 'foreach', 'matrix', 'when']) {
      operations.push(...rewritten(at(written, [key]), [...path, key], from, to, key === 'when'));
    }
    const needs = at(written, ['needs']);
    for (const [index, each] of needsOf(needs).entries()) {
      if (each === from) {
        const place = [...path, 'needs', ...(Array.isArray(needs) ? [index] : [])];
        operations.push({ do: 'set', path: place, value: to });
      }
    }
  }
  return operations;
}

function rewritten(
  value: Value,
  path: Path,
  from: string,
  to: string,
  isCondition = false
): readonly Operation[] {
  if (typeof value === 'string') {
    const bare = isCondition && !value.startsWith('${');
    const rewrite = (text: string): string =>
      (bare ? renamedInCondition : renamedIn)(text, from, to);
    return rewrite(value) === value ? [] : [{ do: 'set', path, value: rewrite(value), rewrite }];
  }
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((each, index) =>
      rewritten(each, [...path, index], from, to)
    );
  }
  return Object.entries(mapping(value)).flatMap(([key, each]) =>
    rewritten(each, [...path, key], from, to)
  );
}

function connected(value: Value, wanted: Extract<Action, { do: 'connect' }>): readonly Operation[] {
  const { from, output, to, param } = wanted;
  if (param !== null && output !== null) {
    return [{ do: 'set', path: ['nodes', to, 'params', param], value: `\${${from}.${output}}` }];
  }
  const path = ['nodes', to, 'needs'];
  const needs = at(value, path);
  if (needsOf(needs).includes(from)) {
    return [];
  }
  if (typeof needs === 'string') {
    return [{ do: 'set', path, value: [needs, from] }];
  }
  return [{ do: 'set', path: [...path, needsOf(needs).length], value: from }];
}

/** Puts a value in the place of another, and touches of a collection only what is another in it. */
function put(old: Value, path: Path, value: Value): readonly Operation[] {
  if (isMapping(old) && isMapping(value) && Object.keys(value).length > 0) {
    const gone = Object.keys(old).filter(key => !Object.hasOwn(value, key));
    const sets = Object.entries(value).flatMap(([key, each]) =>
      Object.hasOwn(old, key)
        ? put(old[key], [...path, key], each)
        : [{ do: 'set', path: [...path, key], value: each } as const]
    );
    return [...sets, ...gone.map(key => ({ do: 'remove', path: [...path, key] }) as const)];
  }
  return [{ do: 'set', path, value }];
}
