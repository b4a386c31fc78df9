import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { LayoutMemory } from './layout';
import { PipelineStore } from './pipelineStore';
import type { CheckAnswer, Places } from './types';
import { edited } from './yamlEdits';

const TEXT = 'pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n  b: {notebook: b.ipynb} # last\n';
const ANSWER: CheckAnswer = {
  findings: [{ code: 'x', message: 'wrong', remedy: 'mend it', node: 'b', line: 4 }],
  notebooks: {
    'a.ipynb': { parameters: [], outputs: ['n'], complete: true, problem: null },
    'b.ipynb': {
      parameters: [{ name: 'n', type: 'int', required: true, help: '' }],
      outputs: [],
      complete: true,
      problem: null
    }
  }
};

function opened(text = TEXT) {
  const kept: Places[] = [];
  const file = { text, check: vi.fn(() => Promise.resolve(ANSWER)) };
  const store: PipelineStore = new PipelineStore({
    path: 'sub/churn.pipeline.yaml',
    text: {
      text: () => file.text,
      edit: edits => {
        file.text = edited(file.text, edits);
        store.textChanged();
      }
    },
    server: {
      check: file.check,
      plan: () => Promise.reject(new Error('not asked for')),
      schema: () => Promise.resolve({ properties: {}, $defs: {} })
    },
    explain: error => ({ message: String(error), remedy: '' }),
    keep: moved => kept.push(moved)
  });
  return { store, file, kept };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a pipeline document', () => {
  it('asks for the ports of a pipeline inside as for those of a notebook', async () => {
    const { store, file } = opened(
      'pipeline: p\nnodes:\n  f: {pipeline: f.pipeline.yaml}\n  b: {notebook: b.ipynb, needs: f}\n'
    );
    store.textChanged();
    await vi.runAllTimersAsync();
    expect(file.check).toHaveBeenCalledWith(
      expect.objectContaining({ notebooks: ['f.pipeline.yaml', 'b.ipynb'] })
    );
    expect(store.snapshot().graph.edges).toMatchObject([{ from: 'f', to: 'b' }]);
  });

  it('asks once for what is wrong when the typing pauses, and shows the ports', async () => {
    const { store, file } = opened();
    store.textChanged();
    await vi.runAllTimersAsync();
    expect(file.check).toHaveBeenCalledTimes(1);
    expect(store.snapshot().ports.get('b')?.inputs).toMatchObject([{ name: 'n', missing: true }]);
    expect(store.act({ do: 'connect', from: 'a', output: 'n', to: 'b', param: 'n' })).toBe(true);
    expect(file.text).toContain('b: {notebook: b.ipynb, params: {n: "${a.n}"}} # last');
    expect(store.snapshot().graph.edges).toHaveLength(1);
    expect(store.snapshot().ports.get('b')?.inputs).toMatchObject([{ name: 'n', missing: false }]);
  });

  it('keeps the last drawing and refuses edits while the text cannot be read', () => {
    const { store, file } = opened();
    file.text = `${TEXT}  c: {notebook: [\n`;
    store.textChanged();
    expect(store.snapshot().unreadable?.line).toBeGreaterThan(4);
    expect(store.snapshot().graph.nodes.map(node => node.name)).toEqual(['a', 'b']);
    expect(store.act({ do: 'remove-node', node: 'a' })).toBe(false);
    expect(file.text).toBe(`${TEXT}  c: {notebook: [\n`);
  });

  it('says what cannot be drawn, and changes nothing', () => {
    const text = 'pipeline: p\nnodes:\n  a: &x {notebook: a.ipynb}\n  b: *x\n';
    const { store, file } = opened(text);
    expect(store.act({ do: 'put', path: ['nodes', 'b', 'timeout'], value: 5 })).toBe(false);
    expect(store.snapshot().fault?.message).toContain('several places');
    expect(file.text).toBe(text);
  });

  it('takes a place along when a node is renamed, and forgets it with the node', () => {
    const { store, kept } = opened();
    store.move('a', { x: 10.4, y: 20 });
    store.act({ do: 'rename-node', node: 'a', to: 'first' });
    store.act({ do: 'remove-node', node: 'first' });
    expect(kept).toEqual([{ a: { x: 10, y: 20 } }, { first: { x: 10, y: 20 } }, {}]);
  });
});

it('is laid out along the arrows, and anew only when the graph is another', () => {
  const memory = new LayoutMemory();
  const boxes = ['a', 'b'].map(id => ({ id, width: 100, height: 40 }));
  const lines = [{ from: 'a', to: 'b' }];
  const first = memory.of(boxes, lines);
  expect(first.get('b')?.x).toBeGreaterThan((first.get('a')?.x ?? 0) + 100);
  expect(memory.of([...boxes], [...lines])).toBe(first);
  expect(memory.of(boxes, [])).not.toBe(first);
});
