/** Where a person has put nodes, in a file beside the pipeline: there only where something was moved. */

import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';

import type { Places } from '../../model/pipeline/types';

const WRITING_PAUSE = 400;

export class PlacesFile {
  readonly #contents: Contents.IManager;
  readonly #path: () => string;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #exists = false;

  constructor(contents: Contents.IManager, pipelinePath: () => string) {
    this.#contents = contents;
    this.#path = () => pipelinePath().replace(/\.ya?ml$/, '.layout.json');
  }

  /** What is kept; nothing where there is no such file, or none that can be read. */
  async read(): Promise<Places> {
    const path = this.#path();
    const folder = await this.#contents.get(PathExt.dirname(path));
    const entries = folder.content as readonly Contents.IModel[];
    // Asked for in this way because a file that is not there would be an error in the log.
    this.#exists = entries.some(entry => entry.name === PathExt.basename(path));
    if (!this.#exists) {
      return {};
    }
    const file = await this.#contents.get(path, { type: 'file', format: 'text' });
    return placesIn(String(file.content));
  }

  /** Keep these, soon: a person who moves one node moves another. */
  keep(moved: Places): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => void this.#write(moved), WRITING_PAUSE);
  }

  async #write(moved: Places): Promise<void> {
    const path = this.#path();
    if (Object.keys(moved).length > 0) {
      const content = `${JSON.stringify({ moved }, null, 1)}\n`;
      await this.#contents.save(path, { type: 'file', format: 'text', content });
      this.#exists = true;
    } else if (this.#exists) {
      await this.#contents.delete(path);
      this.#exists = false;
    }
  }
}

function placesIn(text: string): Places {
  try {
    const { moved } = JSON.parse(text) as { moved?: Record<string, unknown> };
    const sound = Object.entries(moved ?? {}).filter(([, place]) => {
      const { x, y } = (place ?? {}) as { x?: unknown; y?: unknown };
      return Number.isFinite(x) && Number.isFinite(y);
    });
    return Object.fromEntries(sound) as Places;
  } catch {
    return {};
  }
}
