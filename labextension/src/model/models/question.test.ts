import { expect, test } from 'vitest';

import { fieldsOf, firstQuestion, pretty, questionOf } from './question';
import type { ModelField } from './types';

const INPUTS: readonly ModelField[] = [
  { name: 'tenure', type: 'long', required: true },
  { name: 'plan', type: 'string', required: true },
  { name: 'active', type: 'boolean', required: true }
];
const ROW = '{"dataframe_split":{"columns":["tenure","plan","active"],"data":[[3,"gold",true]]}}';

test('one row of named columns is a form, and what is typed becomes the same question', () => {
  const fields = fieldsOf(ROW, INPUTS) ?? [];
  expect(fields.map(({ name, type, text }) => [name, type, text])).toEqual([
    ['tenure', 'long', '3'],
    ['plan', 'string', 'gold'],
    ['active', 'boolean', 'true']
  ]);
  expect(questionOf(fields)).toBe(ROW);
});

test.each([
  ['long', '12', 12],
  ['double', '-0.5', -0.5],
  ['double', ' ', null],
  ['double', 'much', 'much'],
  ['string', '12', '12'],
  ['boolean', 'false', false],
  ['datetime', '2026-11-26', '2026-11-26']
])('a %s that reads “%s” is sent as %s', (type, text, sent) => {
  const asked = JSON.parse(questionOf([{ name: 'x', type, text }])) as {
    dataframe_split: { data: unknown[][] };
  };
  expect(asked.dataframe_split.data).toEqual([[sent]]);
});

test('without a signature the example says what is a number', () => {
  expect(fieldsOf(ROW, null)?.map(field => field.type)).toEqual(['double', 'string', 'boolean']);
});

test.each([
  ['no JSON', '{'],
  ['a tensor', '{"inputs": [[1, 2]]}'],
  ['no columns', '{"dataframe_split": {"columns": [], "data": [[]]}}'],
  ['a list in a cell', '{"dataframe_split": {"columns": ["a"], "data": [[[1]]]}}'],
  ['more columns than values', '{"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}'],
  [
    'too many columns',
    JSON.stringify({
      dataframe_split: { columns: Array.from({ length: 64 }, String), data: [Array(64).fill(0)] }
    })
  ]
])('%s is no form', (_, question) => {
  expect(fieldsOf(question, null)).toBeNull();
});

test('the example comes first, then a text with empty values', () => {
  const known = { inputs: null, outputs: null, example: '', blank: '{"inputs":[]}' };
  expect(firstQuestion(known)).toBe(pretty('{"inputs":[]}'));
  expect(firstQuestion({ ...known, example: ROW })).toBe(pretty(ROW));
  expect(pretty('no JSON')).toBe('no JSON');
});
