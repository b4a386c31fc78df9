import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { cursorAt, meaningAt, offersAt } from './schemaHelp';

// The one that the server gives.
const SCHEMA: unknown = JSON.parse(
  readFileSync('../jupyter_ext/dagbook/schemas/pipeline.schema.json', 'utf8')
);

/** The cursor at `|`, and the text without it. */
function at(marked: string): readonly [string, ReturnType<typeof cursorAt>] {
  const text = marked.replace('|', '');
  return [text, cursorAt(text, marked.indexOf('|'))];
}

function labels(marked: string): readonly string[] {
  const [text, cursor] = at(marked);
  return cursor === null ? [] : offersAt(SCHEMA, text, cursor).map(offer => offer.label);
}

test.each([
  ['pipeline: p\nno|', [], null, 'no'],
  ['nodes:\n  train:\n    not|', ['nodes', 'train'], null, 'not'],
  ['nodes:\n  train:\n    run_if: al|', ['nodes', 'train'], 'run_if', 'al'],
  ['nodes:\n  a: {notebook: a.ipynb}\n  b:\n    # why\n\n    |', ['nodes', 'b'], null, ''],
  ['nodes:\n  a:\n    params:\n      x: 1\n    re|', ['nodes', 'a'], null, 're'],
  ['on:\n  failure:\n    - no|', ['on', 'failure', '*'], null, 'no'],
  ['on:\n  failure:\n    - notebook: a\n      pa|', ['on', 'failure', '*'], null, 'pa']
])('the place in %j is read by its indentation', (marked, path, key, word) => {
  const [, cursor] = at(marked);
  expect(cursor).toMatchObject({ path, key, word });
});

test.each(['a: "|', 'a: b # |', '# |', 'just words |'])('in %j nothing is offered', marked => {
  expect(labels(marked)).toEqual([]);
});

test('keys are offered where they may stand, and not twice', () => {
  const keys = labels('pipeline: p\n|\nnodes:\n  a:\n    notebook: a.ipynb\n');
  expect(keys).toContain('params');
  expect(keys).not.toContain('pipeline');
  expect(keys).not.toContain('nodes');

  const ofNode = labels('nodes:\n  a:\n    notebook: a.ipynb\n    |\n');
  expect(ofNode).toEqual(expect.arrayContaining(['needs', 'matrix', 'approve', 'retries']));
  expect(ofNode).not.toContain('notebook');
  expect(labels('nodes:\n  a:\n    retries:\n      |')).toContain('backoff');
  expect(labels('nodes:\n  |')).toEqual([]);
});

test('values are offered where there are few', () => {
  expect(labels('nodes:\n  a:\n    run_if: |')).toEqual(['success', 'failure', 'always', 'any']);
  expect(labels('fail_fast: |')).toEqual(['true', 'false']);
  expect(labels('description: |')).toEqual([]);
});

test('a key says what it means, of what type it is and what it is without being said', () => {
  expect(meaningAt(SCHEMA, ['nodes', 'a'], 'run_if')).toMatchObject({
    detail: 'string = "success"',
    help: expect.stringContaining('upstream') as string
  });
  expect(meaningAt(SCHEMA, ['nodes', 'a'], 'nothing')).toBeNull();
  expect(meaningAt(SCHEMA, ['nodes', 'a', 'params'], 'rows')).toBeNull();
});
