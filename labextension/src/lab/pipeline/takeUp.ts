/** Takes a run up again; asks which way where the pipeline has changed since it was planned. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { WrongInput } from '../../model/launch/launchStore';
import type { LaunchRoutes } from '../launchRequest';

const CHANGED = 'changed-since';

/** Says that nothing was done, because the person thought better of it. */
export const LEFT = null;

/** The id of the run that goes on, another where it is a new one; `LEFT` if it is left alone. */
export async function takeUp(
  routes: LaunchRoutes,
  run: string,
  verb: 'resume' | 'retry',
  body: object,
  trans: TranslationBundle
): Promise<string | null> {
  const ask = async (way: object): Promise<string> =>
    (await routes.ask<{ run: string }>(['runs', run, verb], { body: { ...body, ...way } })).run;
  try {
    return await ask({});
  } catch (error) {
    const changed =
      error instanceof WrongInput && error.findings.some(({ code }) => code === CHANGED);
    if (!changed) {
      throw error;
    }
    const way = await chosenWay(error.message, trans);
    return way === null ? LEFT : await ask({ way });
  }
}

async function chosenWay(
  message: string,
  trans: TranslationBundle
): Promise<'changed' | 'as-planned' | null> {
  const { button } = await showDialog({
    title: trans.__('The pipeline has changed'),
    body: trans.__('%1. Either way, what still holds is not done again.', message),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Leave it') }),
      Dialog.createButton({ label: trans.__('As it was planned'), actions: ['as-planned'] }),
      Dialog.okButton({ label: trans.__('A new run of it as it is'), actions: ['changed'] })
    ]
  });
  return button.actions.includes('changed')
    ? 'changed'
    : button.actions.includes('as-planned')
      ? 'as-planned'
      : null;
}
