import { expect, test } from 'vitest';

import { EMPTY_FORM, isChanged, modesOf, placed, requestOf, withEntry } from './form';
import type { Launchable, Parameter } from './types';

function parameter(name: string, more: Partial<Parameter> = {}): Parameter {
  return {
    name,
    type: 'int',
    kind: 'int',
    optional: false,
    choices: [],
    required: false,
    default: '3',
    computed: false,
    help: '',
    secret: null,
    ...more
  };
}

function source(
  parameters: readonly Parameter[] | null,
  kind: Launchable['kind'] = 'notebook'
): Launchable {
  return { path: 'a/train.ipynb', kind, name: 'train', description: '', cell: null, parameters };
}

test('only what differs from the defaults is asked for, by the way in which it is given', () => {
  const depth = parameter('depth');
  const name = parameter('name', { kind: 'str', type: 'str', default: 'x' });
  const token = parameter('token', { kind: 'str', type: 'str', default: '' });
  const same = parameter('same');
  let form = withEntry(EMPTY_FORM, 'depth', { mode: 'sweep', text: '1..3' });
  form = withEntry(form, 'name', { mode: 'value', text: '' });
  form = withEntry(form, 'token', { mode: 'secret', text: 'API_KEY' });
  form = withEntry(form, 'same', { mode: 'value', text: '3' });

  expect(requestOf(source([depth, name, token, same]), { ...form, anew: true })).toEqual({
    path: 'a/train.ipynb',
    texts: { name: '' },
    sweep: { depth: '1..3' },
    secrets: { token: 'API_KEY' },
    use_cache: false
  });
});

test('an emptied field means the default, except that of a text', () => {
  const empty = (kind: Parameter['kind']): boolean =>
    isChanged(
      withEntry(EMPTY_FORM, 'p', { mode: 'value', text: '' }),
      parameter('p', { kind, default: 'x' })
    );

  expect(empty('int')).toBe(false);
  expect(empty('str')).toBe(true);
});

test('a computed default is not typed for anybody', () => {
  const computed = parameter('p', { default: 'now()', computed: true });

  expect(requestOf(source([computed]), EMPTY_FORM).texts).toEqual({});
});

test('a secret of a pipeline is never sent', () => {
  const key = parameter('key', { secret: 'API_KEY', default: null });
  const form = withEntry(EMPTY_FORM, 'key', { mode: 'value', text: 'hunter2' });

  expect(requestOf(source([key], 'pipeline'), form).texts).toEqual({});
});

test('names that mean something to JavaScript are names', () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const form = names.reduce(
    (before, name) => ({
      ...before,
      entries: Object.defineProperty({ ...before.entries }, name, {
        value: { mode: 'value', text: '9' },
        enumerable: true
      })
    }),
    EMPTY_FORM
  );

  const { texts } = requestOf(source(names.map(name => parameter(name))), form);

  expect(Object.entries(texts)).toEqual(names.map(name => [name, '9']));
});

test('a notebook that hides its parameters takes lines', () => {
  const form = { ...EMPTY_FORM, free: 'rows=500\n\nname = a=b\nnothing\n=x' };

  expect(requestOf(source(null), form).texts).toEqual({ rows: '500', name: 'a=b' });
});

test('an objection stands at its parameter, and at the form where it means none', () => {
  const found = placed(
    [
      { code: 'a', message: 'one', remedy: '', parameter: 'depth' },
      { code: 'b', message: 'two', remedy: '', parameter: 'dept' },
      { code: 'c', message: 'three', remedy: '' }
    ],
    source([parameter('depth')])
  );

  expect(found.get('depth')?.map(finding => finding.message)).toEqual(['one']);
  expect(found.get('')?.map(finding => finding.message)).toEqual(['two', 'three']);
});

test('only a text may come from a secret, and only a notebook is swept', () => {
  expect(modesOf(source([]), parameter('p'))).toEqual(['value', 'sweep']);
  expect(modesOf(source([]), parameter('p', { kind: 'str' }))).toContain('secret');
  expect(modesOf(source([], 'pipeline'), parameter('p'))).toEqual(['value']);
});
