/** What every component about models may use: the words, and the things that a person can do. */

import { createContext, useContext } from 'react';

import type { ModelRef } from '../../model/models/modelsStore';
import type { Origin, PromoteRequest, RegisteredModel, Service } from '../../model/models/types';
import type { Translation } from '../surroundings';

/** What a person can do with models. The view says what is wanted; others know how. */
export interface ModelActions {
  refresh(): void;
  filter(text: string): void;
  toggle(of: ModelRef, isOpen: boolean): void;
  /** Opens the form of a version, or closes the one that is open. */
  askPromotion(key: string | null): void;
  promote(of: ModelRef, request: PromoteRequest): void;
  demote(of: ModelRef, alias: string, version: number): void;
  describe(model: RegisteredModel): void;
  /** Shows the page of the MLflow run that made a version. */
  openRun(run: string): void;
  openNotebook(origin: Origin): void;
  serve(of: ModelRef, version: number): void;
  stop(service: Service): void;
  /** What is to be asked of a service, as JSON. */
  type(service: string, question: string): void;
  ask(service: string): void;
}

export interface ModelSurroundings {
  readonly trans: Translation;
  readonly locale: string | undefined;
  readonly actions: ModelActions;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const Context = createContext<ModelSurroundings | null>(null);

export const ModelsProvider = Context.Provider;

export function useModels(): ModelSurroundings {
  const surroundings = useContext(Context);
  if (surroundings === null) {
    throw new Error('A component about models was drawn outside of its place.');
  }
  return surroundings;
}
