/** What the tab of models knows, and what is done to models and services through the server. */

import type { Fault, Link } from '../runStore';
import { firstQuestion, pretty } from './question';
import type {
  ModelDetail,
  ModelInterface,
  ModelsAnswer,
  Promotion,
  PromoteRequest,
  RegisteredModel,
  Service
} from './types';

/** A registered model, wherever it is meant. */
export type ModelRef = Pick<RegisteredModel, 'name' | 'project'>;

/** The server, as far as the tab needs it. */
export interface ModelsSource {
  models(): Promise<ModelsAnswer>;
  model(of: ModelRef): Promise<ModelDetail>;
  promote(of: ModelRef, request: PromoteRequest): Promise<Promotion>;
  demote(of: ModelRef, alias: string): Promise<unknown>;
  describe(of: ModelRef, description: string): Promise<unknown>;
  services(): Promise<readonly Service[]>;
  serve(of: ModelRef, version: number): Promise<unknown>;
  stop(service: string): Promise<unknown>;
  interface(of: ModelRef, version: number): Promise<ModelInterface>;
  ask(service: string, question: string): Promise<string>;
}

/** What a model answered; `isRefusal` when it said why it does not. */
export interface Reply {
  readonly text: string;
  readonly isRefusal: boolean;
}

/** What went wrong at a place: a form, a version. */
export interface Problem extends Fault {
  readonly at: string;
}

export interface Unmet {
  readonly at: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface ModelsState {
  readonly models: readonly RegisteredModel[];
  readonly services: readonly Service[];
  readonly away: readonly string[];
  /** False until the first answer: an empty list means something only after it. */
  readonly listed: boolean;
  readonly filter: string;
  /** Keys of models that are unfolded. */
  readonly open: ReadonlySet<string>;
  readonly details: ReadonlyMap<string, ModelDetail>;
  /** By the id of the service. */
  readonly interfaces: ReadonlyMap<string, ModelInterface>;
  readonly questions: ReadonlyMap<string, string>;
  readonly replies: ReadonlyMap<string, Reply>;
  /** The key of the version whose form is open. */
  readonly promoting: string | null;
  /** Keys of versions and ids of services that somebody waits for. */
  readonly busy: ReadonlySet<string>;
  readonly problem: Problem | null;
  /** A condition that did not hold: at which version, and what it was about. */
  readonly unmet: Unmet | null;
  readonly link: Link;
  readonly fault: Fault | null;
}

const AT_FIRST: ModelsState = {
  models: [],
  services: [],
  away: [],
  listed: false,
  filter: '',
  open: new Set(),
  details: new Map(),
  interfaces: new Map(),
  questions: new Map(),
  replies: new Map(),
  promoting: null,
  busy: new Set(),
  problem: null,
  unmet: null,
  link: 'connecting',
  fault: null
};

/** Why an alias was given back; kept with the version. */
const TAKEN_BACK = 'taken back';

export function modelKey({ name, project }: ModelRef): string {
  return `${project}\n${name}`;
}

export function versionKey(of: ModelRef, version: number): string {
  return `${modelKey(of)}\n${version}`;
}

/** The models whose name, alias, description or tag has each of the words that were typed. */
export function modelsFound({ models, filter }: ModelsState): readonly RegisteredModel[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter(model => {
    const said = [
      model.name,
      model.description,
      ...Object.keys(model.aliases),
      ...Object.entries(model.tags).map(([name, value]) => `${name}=${value}`)
    ];
    const text = said.join('\n').toLowerCase();
    return words.every(word => text.includes(word));
  });
}

/** What serves a version and is not over; else what did so last. */
export function serviceOf(
  { services }: ModelsState,
  of: ModelRef,
  version: number
): Service | undefined {
  const known = services.filter(
    one => one.project === of.project && one.name === of.name && one.version === version
  );
  return known.find(isOpen) ?? known[0];
}

export function isOpen({ state }: Service): boolean {
  return state === 'starting' || state === 'ready' || state === 'restarting';
}

export class ModelsStore {
  #state: ModelsState = AT_FIRST;
  readonly #source: ModelsSource;
  readonly #explain: (error: unknown) => Fault;
  readonly #listeners = new Set<() => void>();

  constructor(source: ModelsSource, explain: (error: unknown) => Fault) {
    this.#source = source;
    this.#explain = explain;
  }

  readonly snapshot = (): ModelsState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Reads all that is shown. Rejects when that did not work; what was shown stays. */
  async refresh(): Promise<void> {
    try {
      const [{ models, away }, services] = await Promise.all([
        this.#source.models(),
        this.#source.services()
      ]);
      const told = Object.entries(away).map(([project, why]) => `${project}: ${why}`);
      const details = new Map<string, ModelDetail>();
      for (const model of models.filter(one => this.#state.open.has(modelKey(one)))) {
        details.set(modelKey(model), await this.#source.model(model));
      }
      this.#set({ models, services, away: told, details, listed: true, link: 'live', fault: null });
    } catch (error) {
      this.#set({ link: 'offline', fault: this.#explain(error) });
      throw error;
    }
    await this.#readInterfaces();
  }

  filter(filter: string): void {
    this.#set({ filter });
  }

  async toggle(of: ModelRef, isUnfolded: boolean): Promise<void> {
    const open = new Set(this.#state.open);
    if (isUnfolded) {
      open.add(modelKey(of));
    } else {
      open.delete(modelKey(of));
    }
    this.#set({ open });
    if (isUnfolded) {
      await this.#tried(modelKey(of), () => this.#readDetail(of));
    }
  }

  /** Open the form that promotes a version, or close it. */
  askPromotion(key: string | null): void {
    this.#set({ promoting: key, problem: null, unmet: null });
  }

  /** What came of it; null when it was refused. A condition that does not hold leaves the form open. */
  async promote(of: ModelRef, request: PromoteRequest): Promise<Promotion | null> {
    const at = versionKey(of, request.version);
    const found: Promotion[] = [];
    this.#set({ unmet: null });
    await this.#tried(at, async () => {
      found.push(await this.#source.promote(of, request));
      await this.#readDetail(of);
    });
    const [done = null] = found;
    if (done !== null) {
      this.#set(done.promoted ? { promoting: null } : { unmet: { at, values: done.values } });
    }
    return done;
  }

  /** Have the alias, which `version` has, mean nothing. Whether that was done. */
  async demote(of: ModelRef, alias: string, version: number): Promise<boolean> {
    return this.#tried(versionKey(of, version), async () => {
      await this.#source.demote(of, alias);
      await this.#readDetail(of);
    });
  }

  /** Have the alias, which `version` lost or never had, mean it again. Whether that was done. */
  async giveBack(of: ModelRef, alias: string, version: number): Promise<boolean> {
    return this.#tried(versionKey(of, version), async () => {
      await this.#source.promote(of, { version, alias, condition: '', reason: TAKEN_BACK });
      await this.#readDetail(of);
    });
  }

  async describe(of: ModelRef, description: string): Promise<boolean> {
    return this.#tried(modelKey(of), async () => {
      await this.#source.describe(of, description);
      await this.#readDetail(of);
    });
  }

  async serve(of: ModelRef, version: number): Promise<void> {
    await this.#tried(versionKey(of, version), async () => {
      await this.#source.serve(of, version);
      await this.#readServices();
    });
  }

  async stop({ service, name, project, version }: Service): Promise<void> {
    await this.#tried(versionKey({ name, project }, version), async () => {
      await this.#source.stop(service);
      await this.#readServices();
    });
  }

  typeQuestion(service: string, question: string): void {
    this.#set({ questions: new Map(this.#state.questions).set(service, question) });
  }

  async ask(service: string): Promise<void> {
    this.#wait(service, true);
    let reply: Reply;
    try {
      const text = await this.#source.ask(service, this.#state.questions.get(service) ?? '');
      reply = { text: pretty(text), isRefusal: false };
    } catch (error) {
      const { message, remedy } = this.#explain(error);
      reply = { text: [message, remedy].filter(Boolean).join('\n'), isRefusal: true };
    }
    this.#wait(service, false);
    this.#set({ replies: new Map(this.#state.replies).set(service, reply) });
  }

  async #readDetail(of: ModelRef): Promise<void> {
    const detail = await this.#source.model(of);
    const { aliases, description, latest } = detail;
    this.#set({
      details: new Map(this.#state.details).set(modelKey(of), detail),
      models: this.#state.models.map(model =>
        modelKey(model) === modelKey(of) ? { ...model, aliases, description, latest } : model
      )
    });
  }

  async #readServices(): Promise<void> {
    this.#set({ services: await this.#source.services() });
    await this.#readInterfaces();
  }

  /** Of services that can be asked now: what they take, once. */
  async #readInterfaces(): Promise<void> {
    for (const one of this.#state.services) {
      if (one.state !== 'ready' || this.#state.interfaces.has(one.service)) {
        continue;
      }
      try {
        const known = await this.#source.interface(one, one.version);
        this.#set({
          interfaces: new Map(this.#state.interfaces).set(one.service, known),
          questions: new Map(this.#state.questions).set(one.service, firstQuestion(known))
        });
      } catch {
        // It can be asked all the same, with what a person types.
      }
    }
  }

  async #tried(at: string, work: () => Promise<void>): Promise<boolean> {
    this.#wait(at, true);
    this.#set({ problem: null });
    try {
      await work();
      return true;
    } catch (error) {
      this.#set({ problem: { at, ...this.#explain(error) } });
      return false;
    } finally {
      this.#wait(at, false);
    }
  }

  #wait(at: string, isWaiting: boolean): void {
    const busy = new Set(this.#state.busy);
    if (isWaiting) {
      busy.add(at);
    } else {
      busy.delete(at);
    }
    this.#set({ busy });
  }

  #set(part: Partial<ModelsState>): void {
    this.#state = { ...this.#state, ...part };
    this.#listeners.forEach(listener => listener());
  }
}
