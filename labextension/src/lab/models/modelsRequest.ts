/** The routes of models and services as functions; see docs/reference/rest.md. */

import type { ServerConnection } from '@jupyterlab/services';

import type { ModelRef, ModelsSource } from '../../model/models/modelsStore';
import type {
  ModelDetail,
  ModelInterface,
  ModelsAnswer,
  Promotion,
  PromoteRequest,
  Service
} from '../../model/models/types';
import { Routes } from '../request';
import type { Query } from '../request';

export class ModelRoutes implements ModelsSource {
  readonly #routes: Routes;

  constructor(settings: ServerConnection.ISettings) {
    this.#routes = new Routes(settings);
  }

  models(): Promise<ModelsAnswer> {
    return this.#routes.ask(['models']);
  }

  model({ name, project }: ModelRef): Promise<ModelDetail> {
    return this.#routes.ask(['models', name], { query: of(project) });
  }

  promote({ name, project }: ModelRef, body: PromoteRequest): Promise<Promotion> {
    return this.#routes.ask(['models', name, 'promote'], { query: of(project), body });
  }

  demote({ name, project }: ModelRef, alias: string): Promise<unknown> {
    const asked = { query: of(project), method: 'DELETE' };
    return this.#routes.ask(['models', name, 'aliases', alias], asked);
  }

  describe({ name, project }: ModelRef, description: string): Promise<unknown> {
    const asked = { query: of(project), method: 'PATCH', body: { description } };
    return this.#routes.ask(['models', name], asked);
  }

  async services(): Promise<readonly Service[]> {
    return (await this.#routes.ask<{ services: Service[] }>(['services'])).services;
  }

  serve({ name, project }: ModelRef, version: number): Promise<unknown> {
    const body = { model: `${name}/${version}` };
    return this.#routes.ask(['services'], { query: of(project), body });
  }

  stop(service: string): Promise<unknown> {
    return this.#routes.ask(['services', service], { method: 'DELETE' });
  }

  interface({ name, project }: ModelRef, version: number): Promise<ModelInterface> {
    const path = ['models', `${name}/${version}`, 'interface'];
    return this.#routes.ask(path, { query: of(project) });
  }

  async ask(service: string, question: string): Promise<string> {
    const asked = { text: question };
    return (await this.#routes.answer(['services', service, 'invocations'], asked)).text();
  }
}

function of(project: string): Query {
  return [['project', project]];
}
