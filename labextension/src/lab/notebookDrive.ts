/**
 * Executed notebooks as read-only documents: `Dagbook:<run>/<step>.ipynb`.
 * Run folders are hidden, and the server's contents API does not serve what is hidden.
 */

import type { Contents, ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import type { DagbookServer } from './request';

const DRIVE = 'Dagbook';
const ENDING = '.ipynb';
const RECORDED = 'recorded';

/** The document's path, drive included. */
export function notebookPath(run: string, step: string): string {
  return `${DRIVE}:${run}/${step.replace(/[%/]/g, encodeURIComponent)}${ENDING}`;
}

/** The path of a notebook among the artifacts of a recorded run. */
export function recordedNotebookPath(run: string, path: string): string {
  return `${DRIVE}:${RECORDED}/${run}/${encodeURIComponent(path.slice(0, -ENDING.length))}${ENDING}`;
}

/** Whether a document is what a run has executed, and no file that could be run. */
export function isExecuted(path: string): boolean {
  return path.startsWith(`${DRIVE}:`);
}

export class NotebookDrive implements Contents.IDrive {
  readonly name = DRIVE;
  readonly serverSettings: ServerConnection.ISettings;
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  readonly #server: DagbookServer;
  #isDisposed = false;

  constructor(server: DagbookServer, settings: ServerConnection.ISettings) {
    this.#server = server;
    this.serverSettings = settings;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    this.#isDisposed = true;
    Signal.clearData(this);
  }

  async get(localPath: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    if (!localPath.endsWith(ENDING)) {
      return model(localPath, 'directory', options?.content === false ? null : []);
    }
    // Asked for in any case: a document that is gone has to be missed.
    const content = await this.#read(localPath);
    return model(localPath, 'notebook', options?.content === false ? null : content);
  }

  async #read(localPath: string): Promise<unknown> {
    const [place = '', ...names] = localPath.split('/');
    const [run = '', file = ''] = place === RECORDED ? names : [place, ...names];
    const name = decodeURIComponent(file.slice(0, -ENDING.length));
    if (place !== RECORDED) {
      return this.#server.notebook(run, name);
    }
    const { TrackedRoutes } = await import('./tracked/trackedRequest');
    return new TrackedRoutes(this.serverSettings).notebook(run, name + ENDING);
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  getDownloadUrl(): Promise<string> {
    return readOnly();
  }

  newUntitled(): Promise<Contents.IModel> {
    return readOnly();
  }

  delete(): Promise<void> {
    return readOnly();
  }

  rename(): Promise<Contents.IModel> {
    return readOnly();
  }

  save(): Promise<Contents.IModel> {
    return readOnly();
  }

  copy(): Promise<Contents.IModel> {
    return readOnly();
  }

  createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return readOnly();
  }

  restoreCheckpoint(): Promise<void> {
    return readOnly();
  }

  deleteCheckpoint(): Promise<void> {
    return readOnly();
  }
}

function model(path: string, type: Contents.ContentType, content: unknown): Contents.IModel {
  const name = path.split('/').at(-1) ?? '';
  const never = new Date(0).toISOString();
  return {
    name,
    path,
    type,
    writable: false,
    created: never,
    last_modified: never,
    mimetype: '',
    content,
    format: content === null ? null : 'json'
  };
}

function readOnly(): Promise<never> {
  return Promise.reject(new Error('What a run has executed is a record: it cannot be changed.'));
}
