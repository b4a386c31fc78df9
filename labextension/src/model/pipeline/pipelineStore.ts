/** One pipeline document: its text, what that says, what the server thinks of it, and what is done to it. */

import type { Plan } from '../launch/types';
import type { Fault } from '../runStore';
import { operationsOf } from './actions';
import type { Action } from './actions';
import { EMPTY, fileOf, graphOf } from './graph';
import type { Edge, PipelineGraph } from './graph';
import { LayoutMemory } from './layout';
import type { Layout } from './layout';
import { drawn, read } from './pipelineText';
import type { Unreadable } from './pipelineText';
import { WIDTH, heightOf, portsOf } from './ports';
import type { NodePorts } from './ports';
import type { Value } from './spec';
import type { CheckAnswer, PipelineSchema, PipelineServer, Place, Places } from './types';
import { CannotDraw } from './yamlPlaces';
import type { Edit } from './yamlPlaces';

export interface DocumentState {
  readonly path: string;
  readonly value: Value;
  /** Of the last text that could be read. */
  readonly graph: PipelineGraph;
  readonly unreadable: Unreadable | null;
  readonly check: CheckAnswer;
  /** Whether the check is that of this text. */
  readonly checked: boolean;
  readonly ports: ReadonlyMap<string, NodePorts>;
  readonly layout: Layout;
  readonly moved: Places;
  readonly plan: Plan | null;
  readonly schema: PipelineSchema | null;
  readonly selected: string | null;
  /** What could not be done, and why. */
  readonly fault: Fault | null;
}

/** The text, which others edit too. */
export interface SharedText {
  text(): string;
  /** Make these edits, each of the text that those before it left, as one step of undo. */
  edit(edits: readonly Edit[]): void;
}

export interface DocumentOptions {
  readonly path: string;
  readonly text: SharedText;
  readonly server: PipelineServer;
  explain(error: unknown): Fault;
  /** Keep where nodes were put, beside the file. */
  keep(moved: Places): void;
}

const TYPING_PAUSE = 300;
const NOTHING: CheckAnswer = { findings: [], notebooks: {} };

export class PipelineStore {
  readonly #options: DocumentOptions;
  readonly #listeners = new Set<() => void>();
  readonly #memory = new LayoutMemory();
  #state: DocumentState;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;

  constructor(options: DocumentOptions) {
    this.#options = options;
    this.#state = {
      path: options.path,
      value: null,
      graph: EMPTY,
      unreadable: null,
      check: NOTHING,
      checked: false,
      ports: new Map(),
      layout: new Map(),
      moved: {},
      plan: null,
      schema: null,
      selected: null,
      fault: null
    };
    this.textChanged();
    options.server.schema().then(
      schema => this.#set({ schema }),
      (error: unknown) => this.#set({ fault: options.explain(error) })
    );
  }

  readonly snapshot = (): DocumentState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  dispose(): void {
    this.#asked += 1;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#listeners.clear();
  }

  /** The file has another path. */
  renamed(path: string): void {
    this.#set({ path });
    this.#askSoon();
  }

  /** The text is another, by whomever. */
  textChanged(): void {
    const reading = read(this.#options.text.text());
    if (reading.unreadable !== null) {
      this.#set({ unreadable: reading.unreadable, checked: false, plan: null });
      return;
    }
    const graph = graphOf(reading.value);
    const { selected } = this.#state;
    const isThere = graph.nodes.some(node => node.name === selected);
    this.#draw({
      value: reading.value,
      graph,
      unreadable: null,
      checked: false,
      plan: null,
      fault: null,
      selected: isThere ? selected : null
    });
    this.#askSoon();
  }

  /** Do it, in the text. Whether it was done; the state says why not. */
  act(action: Action): boolean {
    const { value, unreadable, path } = this.#state;
    if (unreadable !== null) {
      return false;
    }
    try {
      const edits = drawn(
        this.#options.text.text(),
        operationsOf(value, action, pipelineNameOf(path))
      );
      this.#options.text.edit(edits);
      this.#followed(action);
      return true;
    } catch (error) {
      if (!(error instanceof CannotDraw)) {
        throw error;
      }
      this.#set({ fault: { message: error.message, remedy: '' } });
      return false;
    }
  }

  /** Take an arrow away, if that changes nothing else. */
  cut(edge: Edge): boolean {
    if (edge.alone) {
      return this.act({ do: 'disconnect', edge });
    }
    const message = `${edge.path.slice(1).join('.')} says more than this arrow`;
    this.#set({ fault: { message, remedy: '' } });
    return false;
  }

  select(node: string | null): void {
    this.#set({ selected: node });
  }

  forgive(): void {
    this.#set({ fault: null });
  }

  move(node: string, place: Place): void {
    this.#place({
      ...this.#state.moved,
      [node]: { x: Math.round(place.x), y: Math.round(place.y) }
    });
  }

  /** Let the layout place everything. */
  tidy(): void {
    this.#place({});
  }

  /** What was kept beside the file. */
  placed(moved: Places): void {
    this.#set({ moved });
  }

  /** Ask what a run would do. The file has to be saved. */
  async plan(): Promise<void> {
    const asked = this.#asked;
    try {
      const plan = await this.#options.server.plan(this.#state.path);
      if (asked === this.#asked) {
        this.#set({ plan, fault: null });
      }
    } catch (error) {
      this.#set({ plan: null, fault: this.#options.explain(error) });
    }
  }

  /** Ask what is wrong with the text, now. */
  async check(): Promise<void> {
    const { graph, path } = this.#state;
    const asked = ++this.#asked;
    const notebooks = [...new Set(graph.nodes.map(fileOf))].filter(each => each !== '');
    try {
      const text = this.#options.text.text();
      const check = await this.#options.server.check({ path, text, notebooks });
      if (asked === this.#asked) {
        this.#draw({ check, checked: true });
      }
    } catch (error) {
      if (asked === this.#asked) {
        this.#set({ fault: this.#options.explain(error) });
      }
    }
  }

  #askSoon(): void {
    this.#asked += 1;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => void this.check(), TYPING_PAUSE);
  }

  #place(moved: Places): void {
    this.#set({ moved });
    this.#options.keep(moved);
  }

  /** A place goes with its node. */
  #followed(action: Action): void {
    const { moved } = this.#state;
    if (action.do === 'rename-node' && moved[action.node] !== undefined) {
      const { [action.node]: place, ...others } = moved;
      this.#place(place === undefined ? others : { ...others, [action.to]: place });
    } else if (action.do === 'remove-node' && moved[action.node] !== undefined) {
      this.#place(
        Object.fromEntries(Object.entries(moved).filter(([node]) => node !== action.node))
      );
    }
    if (action.do === 'rename-node') {
      this.#set({ selected: action.to });
    }
  }

  #draw(change: Partial<DocumentState>): void {
    const { graph, check } = { ...this.#state, ...change };
    const ports = new Map(
      graph.nodes.map(node => [
        node.name,
        portsOf(node, check.notebooks[fileOf(node)], graph.edges)
      ])
    );
    const boxes = graph.nodes.map(({ name }) => {
      const own = ports.get(name);
      return { id: name, width: WIDTH, height: own === undefined ? 0 : heightOf(own) };
    });
    this.#set({ ...change, ports, layout: this.#memory.of(boxes, graph.edges) });
  }

  #set(change: Partial<DocumentState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach(listener => listener());
  }
}

/** What a file is called without its folder and its ending. */
export function pipelineNameOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.pipeline\.ya?ml$/, '') || 'pipeline';
}
