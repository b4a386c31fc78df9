/** Answers for a step that waits for a person; whoever says no is asked why. */

import { InputDialog } from '@jupyterlab/apputils';
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { complain } from './launchActions';
import { LaunchRoutes } from './launchRequest';

/** What was said about a step. */
export interface Answered {
  readonly run: string;
  readonly step: string;
  readonly approved: boolean;
}

export async function answer(
  settings: ServerConnection.ISettings,
  trans: TranslationBundle,
  given: Answered
): Promise<void> {
  const { run, step, approved } = given;
  let comment = '';
  if (!approved) {
    const asked = await InputDialog.getText({
      title: trans.__('Reject %1', step),
      label: trans.__('Why? It is kept in the run’s journal; the step counts as failed.'),
      okLabel: trans.__('Reject')
    });
    if (!asked.button.accept) {
      return;
    }
    comment = asked.value ?? '';
  }
  try {
    await new LaunchRoutes(settings).approve(run, { step, reject: !approved, comment });
  } catch (error) {
    complain(error, trans);
  }
}
