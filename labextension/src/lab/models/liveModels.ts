/** The tab of models, kept in step with the server, and what its buttons do in JupyterLab. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { ModelsStore } from '../../model/models/modelsStore';
import type { ModelRef } from '../../model/models/modelsStore';
import type { Origin, PromoteRequest, RegisteredModel } from '../../model/models/types';
import type { ModelActions } from '../../view/models/modelsSurroundings';
import { JUMP_TO_CELL, OPEN_RUN } from '../launchCommands';
import { explain } from '../request';
import { Recordings } from '../tracked/recordings';
import { ModelRoutes } from './modelsRequest';
import type { ModelsTable } from './tokens';

/** How long a promotion is offered to be taken back, in milliseconds. */
const SECOND_THOUGHTS = 12_000;

export class LiveModels implements ModelsTable {
  readonly store: ModelsStore;
  readonly actions: ModelActions;
  readonly #app: JupyterFrontEnd;
  readonly #trans: TranslationBundle;
  readonly #recordings: Recordings;

  constructor(app: JupyterFrontEnd, trans: TranslationBundle) {
    const { serverSettings, events } = app.serviceManager;
    const store = new ModelsStore(new ModelRoutes(serverSettings), error => explain(error, trans));
    this.#app = app;
    this.#trans = trans;
    this.store = store;
    this.#recordings = new Recordings({
      name: 'dagbook:models',
      events,
      read: () => store.refresh()
    });
    this.actions = {
      refresh: () => void this.#recordings.refresh(),
      filter: text => store.filter(text),
      toggle: (of, isOpen) => void store.toggle(of, isOpen),
      askPromotion: key => store.askPromotion(key),
      promote: (of, request) => void this.#promote(of, request),
      demote: (of, alias, version) => void this.#demote(of, alias, version),
      describe: model => void this.#describe(model),
      openRun: run => void app.commands.execute(OPEN_RUN, { run }),
      openNotebook: origin => void this.#openNotebook(origin),
      serve: (of, version) => void store.serve(of, version),
      stop: service => void store.stop(service),
      type: (service, question) => store.typeQuestion(service, question),
      ask: service => void store.ask(service)
    };
  }

  get watched(): boolean {
    return this.#recordings.watched;
  }

  set watched(watched: boolean) {
    this.#recordings.watched = watched;
  }

  async #promote(of: ModelRef, request: PromoteRequest): Promise<void> {
    const done = await this.store.promote(of, request);
    if (done?.promoted !== true) {
      return;
    }
    const { alias, version, from } = done;
    if (from === null) {
      this.#offerUndo(this.#trans.__('%1 is version %2 of %3 now.', alias, version, of.name), () =>
        this.store.demote(of, alias, version)
      );
    } else if (from !== version) {
      this.#offerUndo(
        this.#trans.__('%1 is version %2 of %3 now; it was %4.', alias, version, of.name, from),
        () => this.store.giveBack(of, alias, from)
      );
    }
  }

  async #demote(of: ModelRef, alias: string, version: number): Promise<void> {
    if (await this.store.demote(of, alias, version)) {
      this.#offerUndo(this.#trans.__('%1 means no version of %2 now.', alias, of.name), () =>
        this.store.giveBack(of, alias, version)
      );
    }
  }

  #offerUndo(said: string, undo: () => Promise<unknown>): void {
    const label = this.#trans.__('Undo');
    Notification.success(said, {
      autoClose: SECOND_THOUGHTS,
      actions: [{ label, callback: () => void undo() }]
    });
  }

  async #describe(model: RegisteredModel): Promise<void> {
    const asked = await InputDialog.getText({
      title: this.#trans.__('Describe %1', model.name),
      label: this.#trans.__('Description'),
      text: model.description,
      okLabel: this.#trans.__('Save')
    });
    if (asked.button.accept && asked.value !== null && asked.value !== model.description) {
      await this.store.describe(model, asked.value);
    }
  }

  async #openNotebook({ path, cell }: Origin): Promise<void> {
    const { commands } = this.#app;
    await (cell !== undefined && commands.hasCommand(JUMP_TO_CELL)
      ? commands.execute(JUMP_TO_CELL, { path: path ?? '', cell })
      : commands.execute('docmanager:open', { path: path ?? '' }));
  }
}
