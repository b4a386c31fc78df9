/** What every component of a launch may use: the words, and the things that a person can do. */

import { createContext, useContext } from 'react';

import type { Form } from '../../model/launch/form';
import type { Goal, Sorting } from '../../model/launch/trials';
import type { Trial } from '../../model/launch/types';
import type { Translation } from '../surroundings';

/** What a person can do. The view says what is wanted; others know how. */
export interface LaunchActions {
  type(form: Form): void;
  start(): void;
  reload(): void;
  cancel(): void;
  sort(sorting: Sorting | null): void;
  aim(goal: Goal): void;
  /** Open the record of a step. */
  openTrial(trial: Trial): void;
  /** Make what a step was given the notebook's defaults. */
  promote(trial: Trial): void;
  /** Register the model that a step logged. */
  register(trial: Trial): void;
  openFile(): void;
}

export interface LaunchSurroundings {
  readonly trans: Translation;
  readonly actions: LaunchActions;
}

const LaunchContext = createContext<LaunchSurroundings | null>(null);

export const LaunchProvider = LaunchContext.Provider;

export function useLaunch(): LaunchSurroundings {
  const surroundings = useContext(LaunchContext);
  if (surroundings === null) {
    throw new Error('A component of a launch was drawn outside of it.');
  }
  return surroundings;
}
