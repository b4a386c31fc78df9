/** What the page of one recorded run knows, and how it is kept in step with the server. */

import type { Fault } from '../runStore';
import { LOOK } from './chart';
import type { ChartLook } from './chart';
import type { ArtifactFolder, Preview, RunDetail } from './detail';
import type { Series } from './types';

export type Section = 'overview' | 'charts' | 'artifacts' | 'origin' | 'system';

export interface PageState {
  readonly id: string;
  readonly run: RunDetail | null;
  readonly section: Section;
  readonly series: ReadonlyMap<string, Series>;
  readonly look: ChartLook;
  readonly folders: ReadonlyMap<string, ArtifactFolder>;
  readonly openFolders: ReadonlySet<string>;
  readonly file: string | null;
  readonly preview: Preview | null;
  readonly fault: Fault | null;
}

export interface RunEdit {
  readonly name?: string;
  readonly note?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
}

export interface PageSource {
  run(id: string): Promise<RunDetail>;
  edit(id: string, edit: RunEdit): Promise<RunDetail>;
  series(
    runs: readonly string[],
    keys: readonly string[],
    points: number
  ): Promise<readonly Series[]>;
  folder(id: string, path: string): Promise<ArtifactFolder>;
  preview(id: string, path: string): Promise<Preview>;
}

const POINTS = 1200;

export class PageStore {
  #state: PageState;
  readonly #source: PageSource;
  readonly #explain: (error: unknown) => Fault;
  readonly #listeners = new Set<() => void>();
  readonly #drawn = new Set<string>();
  #reading: Promise<void> | null = null;
  #isDue = false;

  constructor(
    id: string,
    source: PageSource,
    explain: (error: unknown) => Fault,
    section: Section = 'overview'
  ) {
    this.#source = source;
    this.#explain = explain;
    this.#state = {
      id,
      run: null,
      section,
      series: new Map(),
      look: LOOK,
      folders: new Map(),
      openFolders: new Set(),
      file: null,
      preview: null,
      fault: null
    };
  }

  readonly snapshot = (): PageState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Reads the run and the curves on the screen. Calls while it reads become one more round. Never rejects. */
  refresh(): Promise<void> {
    if (this.#reading !== null) {
      this.#isDue = true;
      return this.#reading;
    }
    this.#reading = this.#read().finally(() => {
      this.#reading = null;
      if (this.#isDue) {
        this.#isDue = false;
        void this.refresh();
      }
    });
    return this.#reading;
  }

  show(section: Section): void {
    this.#set({ section });
    if (section === 'artifacts' && !this.#state.folders.has('')) {
      void this.openFolder('', true);
    }
  }

  look(look: ChartLook): void {
    this.#set({ look });
  }

  /** These curves are on the screen, or no longer so. */
  draw(keys: readonly string[], isDrawn: boolean): void {
    keys.forEach(key => (isDrawn ? this.#drawn.add(key) : this.#drawn.delete(key)));
    const missing = keys.filter(key => !this.#state.series.has(key));
    if (isDrawn && missing.length > 0) {
      void this.#tried(() => this.#readSeries(missing));
    }
  }

  /** Whether it was done. */
  async edit(edit: RunEdit): Promise<boolean> {
    return this.#tried(async () => {
      this.#set({ run: await this.#source.edit(this.#state.id, edit), fault: null });
    });
  }

  async openFolder(path: string, isOpen: boolean): Promise<void> {
    const openFolders = new Set(this.#state.openFolders);
    if (isOpen) {
      openFolders.add(path);
    } else {
      openFolders.delete(path);
    }
    this.#set({ openFolders });
    if (isOpen) {
      await this.#tried(async () => {
        const folder = await this.#source.folder(this.#state.id, path);
        this.#set({ folders: new Map(this.#state.folders).set(path, folder) });
      });
    }
  }

  async openFile(path: string): Promise<void> {
    this.#set({ file: path, preview: null });
    await this.#tried(async () => {
      const preview = await this.#source.preview(this.#state.id, path);
      if (this.#state.file === path) {
        this.#set({ preview });
      }
    });
  }

  async #read(): Promise<void> {
    await this.#tried(async () => {
      const run = await this.#source.run(this.#state.id);
      this.#set({ run, fault: null });
      await this.#readSeries([...this.#drawn]);
      if (this.#state.openFolders.has('')) {
        for (const path of this.#state.openFolders) {
          const folder = await this.#source.folder(this.#state.id, path);
          this.#set({ folders: new Map(this.#state.folders).set(path, folder) });
        }
      }
    });
  }

  async #readSeries(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) {
      return;
    }
    const read = await this.#source.series([this.#state.id], keys, POINTS);
    const series = new Map(this.#state.series);
    read.forEach(one => series.set(one.key, one));
    this.#set({ series });
  }

  async #tried(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#set({ fault: this.#explain(error) });
      return false;
    }
  }

  #set(part: Partial<PageState>): void {
    this.#state = { ...this.#state, ...part };
    this.#listeners.forEach(listener => listener());
  }
}
