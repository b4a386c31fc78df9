import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { operationsOf } from './actions';
import type { Action } from './actions';
import { graphOf } from './graph';
import { drawn, read } from './pipelineText';
import { alike, at, operated } from './spec';
import type { Value } from './spec';
import { edited } from './yamlEdits';

const FILE = `\
# Weekly churn model, asked for by sales.
pipeline: churn        # the name
description: 'What''s left'

params:
  rows: 10_000   # as text
  model: {type: str, default: forest, choices: [forest, boost]}

nodes:
  # First everything is fetched.
  prepare:
    notebook: prepare.ipynb   # fast
    params:
      rows: \${params.rows}

  train:
    notebook: "train.ipynb"
    params:
      # from above
      features: \${prepare.features}
      note: 'it''s \${prepare.features}, not ''prepare.x'''
    matrix:
      depth: [2, 4,   8]   # odd spaces
    unknown_key: kept
    needs: prepare
    resources: { cpu: 1, memory: 2Gi }

  flow: {notebook: a.ipynb, params: {x: "\${train.accuracy}", y: 2}, needs: [prepare, train]}
  last:
    notebook: last.ipynb
    when: train.accuracy > 0.9 and 'train.x' != ""
    needs:
      - train   # slow
      - flow
    description: |
      Long \${train.words}
      of two lines
# the end
`;

function act(text: string, action: Action): string {
  const { value } = read(text);
  return edited(text, drawn(text, operationsOf(value, action, 'unnamed')));
}

/** Lines of one that are not in the other, in both directions. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter(line => !now.includes(line)).map(line => `- ${line}`),
    ...now.filter(line => !old.includes(line)).map(line => `+ ${line}`)
  ];
}

describe('one line changes', () => {
  it.each<[string, Action, string[]]>([
    [
      'a node is added after the last',
      { do: 'add-node', notebook: 'pick best.ipynb' },
      ['+   pick_best:', '+     notebook: pick best.ipynb']
    ],
    [
      'an output goes to a parameter',
      { do: 'connect', from: 'train', output: 'accuracy', to: 'prepare', param: 'score' },
      ['+       score: ${train.accuracy}']
    ],
    [
      'an output goes to the first parameter of a node',
      { do: 'connect', from: 'train', output: 'accuracy', to: 'last', param: 'score' },
      ['+       score: ${train.accuracy}']
    ],
    [
      'between braces it is put into quotes',
      { do: 'connect', from: 'prepare', output: 'n', to: 'flow', param: 'z' },
      [
        '-   flow: {notebook: a.ipynb, params: {x: "${train.accuracy}", y: 2}, needs: [prepare, train]}',
        '+   flow: {notebook: a.ipynb, params: {x: "${train.accuracy}", y: 2, z: "${prepare.n}"}, needs: [prepare, train]}'
      ]
    ],
    [
      'a second need makes a list',
      { do: 'connect', from: 'flow', output: null, to: 'train', param: null },
      ['-     needs: prepare', '+     needs: [prepare, flow]']
    ],
    [
      'a third need is appended',
      { do: 'connect', from: 'prepare', output: null, to: 'last', param: null },
      ['+       - prepare']
    ],
    [
      'a quoted path keeps its quotes',
      { do: 'move-notebook', from: 'train.ipynb', to: 'sub/train.ipynb' },
      ['-     notebook: "train.ipynb"', '+     notebook: "sub/train.ipynb"']
    ],
    [
      'only what is another in a mapping',
      { do: 'put', path: ['nodes', 'train', 'resources'], value: { cpu: 2, memory: '2Gi' } },
      ['-     resources: { cpu: 1, memory: 2Gi }', '+     resources: { cpu: 2, memory: 2Gi }']
    ]
  ])('%s', (_, action, lines) => {
    expect(difference(FILE, act(FILE, action))).toEqual(lines);
  });

  it('renames a node everywhere, and not where it is only a word', () => {
    const after = act(FILE, { do: 'rename-node', node: 'train', to: 'fit' });
    expect(difference(FILE, after)).toEqual([
      '-   train:',
      '-   flow: {notebook: a.ipynb, params: {x: "${train.accuracy}", y: 2}, needs: [prepare, train]}',
      `-     when: train.accuracy > 0.9 and 'train.x' != ""`,
      '-       - train   # slow',
      '+   fit:',
      '+   flow: {notebook: a.ipynb, params: {x: "${fit.accuracy}", y: 2}, needs: [prepare, fit]}',
      `+     when: fit.accuracy > 0.9 and 'train.x' != ""`,
      '+       - fit   # slow'
    ]);
    const quoted = act(FILE, { do: 'rename-node', node: 'prepare', to: 'first' });
    expect(quoted).toContain(`note: 'it''s \${first.features}, not ''prepare.x'''`);
  });

  it('takes with a node what others took from it, and leaves comments that stood above it', () => {
    const after = act(FILE, { do: 'remove-node', node: 'prepare' });
    expect(after).toContain('  # First everything is fetched.\n\n  train:');
    expect(after).not.toContain('features: ${prepare.features}\n');
    expect(after).toContain('      # from above\n');
    expect(read(after).value).toMatchObject({ nodes: { flow: { needs: ['train'] } } });
  });

  it('writes a whole file where there was none', () => {
    let text = '';
    text = act(text, { do: 'add-node', notebook: 'a.ipynb' });
    text = act(text, { do: 'add-node', notebook: 'b.ipynb' });
    text = act(text, { do: 'connect', from: 'a', output: 'n', to: 'b', param: 'n' });
    expect(text).toBe(
      'pipeline: unnamed\nnodes:\n  a:\n    notebook: a.ipynb\n  b:\n    notebook: b.ipynb\n    params:\n      n: ${a.n}\n'
    );
    text = act(text, { do: 'remove-node', node: 'a' });
    expect(text).toBe('pipeline: unnamed\nnodes:\n  b:\n    notebook: b.ipynb\n');
    text = act(text, { do: 'remove-node', node: 'b' });
    expect(text).toBe('pipeline: unnamed\nnodes: {}\n');
    text = act(text, { do: 'add-node', notebook: 'c.ipynb' });
    expect(text).toBe('pipeline: unnamed\nnodes:\n  c:\n    notebook: c.ipynb\n');
  });

  it('keeps comments and the ends of lines of a file from Windows', () => {
    const text = '# top\r\npipeline: p\r\nnodes:\r\n  a: # one\r\n    notebook: a.ipynb # two\r\n';
    expect(act(text, { do: 'add-node', notebook: 'b.ipynb' })).toBe(
      `${text}  b:\r\n    notebook: b.ipynb\r\n`
    );
  });

  it('refuses what is written once for several places, and changes nothing', () => {
    const text = 'pipeline: p\nnodes:\n  a: &a {notebook: a.ipynb}\n  b: *a\n';
    const action: Action = { do: 'put', path: ['nodes', 'b', 'notebook'], value: 'c.ipynb' };
    expect(() => act(text, action)).toThrow('several places');
  });

  it('says where a text stops being YAML', () => {
    const { unreadable } = read('pipeline: p\nnodes:\n  a: [1,\n');
    expect(unreadable).toMatchObject({ line: 4, column: 1 });
    expect(read('a: 1\na: 2\n').unreadable?.line).toBe(2);
  });
});

describe('whatever is drawn and typed', () => {
  it('the text says what was drawn, and what was not concerned stays letter by letter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(seed, seed, seed, fc.nat(9)), { minLength: 1, maxLength: 12 }),
        steps => {
          let text = FILE;
          for (const step of steps) {
            if (step[3] > 7) {
              text = typed(text, step[0]);
              continue;
            }
            const { value } = read(text);
            const action = chosen(value, step);
            if (action === null) {
              continue;
            }
            const operations = operationsOf(value, action, 'unnamed');
            const after = edited(text, drawn(text, operations));
            const wanted = operations.reduce(operated, value);
            expect(alike(read(after).value, wanted)).toBe(true);
            expect(graphOf(read(after).value)).toEqual(graphOf(wanted));
            const kept = alikeIn(value, wanted);
            expect(unconcerned(after, kept)).toEqual(unconcerned(text, kept));
            text = after;
          }
        }
      ),
      { numRuns: 60 }
    );
  });
});

const seed = fc.nat(1_000_000);

/** A person types a comment or a blank line somewhere between the nodes. */
function typed(text: string, where: number): string {
  const lines = text.split('\n');
  const free = lines.flatMap((line, index) => (/^ {2}\w+:/.test(line) ? [index] : []));
  const index = free[where % Math.max(1, free.length)] ?? 0;
  lines.splice(index, 0, where % 3 === 0 ? '' : `  # typed ${where}`);
  const after = lines.join('\n');
  return read(after).unreadable === null && alike(read(after).value, read(text).value)
    ? after
    : text;
}

function pick<T>(list: readonly T[], by: number): T | undefined {
  return list[by % Math.max(1, list.length)];
}

function chosen(value: Value, [one, two, three, kind]: readonly number[]): Action | null {
  const graph = graphOf(value);
  const node = pick(graph.nodes, one ?? 0)?.name;
  const other = pick(graph.nodes, two ?? 0)?.name;
  const edge = pick(
    graph.edges.filter(each => each.alone),
    three ?? 0
  );
  if (kind === 0 || node === undefined || other === undefined) {
    return { do: 'add-node', notebook: `note ${(one ?? 0) % 50}: #x.ipynb` };
  }
  switch (kind) {
    case 1:
      return { do: 'remove-node', node };
    case 2: {
      // A name that is taken is refused where it is typed.
      const to = `renamed_${three}`;
      return graph.nodes.some(({ name }) => name === to) ? null : { do: 'rename-node', node, to };
    }
    case 3:
      return {
        do: 'connect',
        from: node,
        output: `out${(three ?? 0) % 3}`,
        to: other,
        param: `p${(three ?? 0) % 4}`
      };
    case 4:
      return { do: 'connect', from: node, output: null, to: other, param: null };
    case 5:
      return edge === undefined ? null : { do: 'disconnect', edge };
    case 6: {
      const [key, values] = pick(Object.entries(VALUES), two ?? 0) ?? ['', []];
      return { do: 'put', path: ['nodes', node, key], value: pick(values, three ?? 0) };
    }
    default: {
      const keys = Object.keys(at(value, ['nodes', node]) ?? {}).filter(key => key !== 'notebook');
      const key = pick(keys, two ?? 0);
      return key === undefined ? null : { do: 'unset', path: ['nodes', node, key] };
    }
  }
}

const VALUES: Readonly<Record<string, readonly Value[]>> = {
  timeout: ['30m', 5, true, null],
  description: ['a: b # c', "it's", '', 'yes', '12', 'line\nline', '- x', '{', '  a', '\u00e9\t"'],
  matrix: [{ a: [1, 2], b: ['x'] }, { a: [2, { c: 'x' }] }, {}],
  needs: ['prepare', ['train'], ['train', 'last'], []],
  params: [{ x: '${prepare.n}', y: [1, 2] }, { y: { z: 'a, b' } }, {}]
};

/** The nodes that are alike before and after. */
function alikeIn(before: Value, after: Value): ReadonlySet<string> {
  const nodes = Object.keys(at(before, ['nodes']) ?? {});
  return new Set(
    nodes.filter(name => {
      const now = at(after, ['nodes', name]);
      return now !== undefined && alike(at(before, ['nodes', name]), now);
    })
  );
}

/** The text of these nodes, all outside of nodes, and the comments between nodes. */
function unconcerned(text: string, nodes: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  let keeps = true;
  for (const line of text.split('\n')) {
    const head = /^ {2}(\w+):/.exec(line);
    if (/^\S/.test(line)) {
      keeps = true;
    } else if (
      head !== null &&
      line !== '  rows: 10_000   # as text' &&
      !line.startsWith('  model:')
    ) {
      keeps = nodes.has(head[1] ?? '');
    }
    if (line.trim() !== '' && (keeps || /^ {2}#/.test(line))) {
      kept.push(line.startsWith('nodes:') ? 'nodes:' : line);
    }
  }
  return kept;
}
