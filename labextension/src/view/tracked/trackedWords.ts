/** The words for what is shown of recorded runs. */

import {
  DURATION,
  NAME,
  SOURCE,
  SPARK,
  STARTED,
  STATUS,
  USER,
  nameOf
} from '../../model/tracked/columns';
import type { TrackedStatus } from '../../model/tracked/types';
import type { RunStatus, StepStatus } from '../../model/types';
import type { Translation } from '../surroundings';

export function trackedWord(status: TrackedStatus, trans: Translation): string {
  switch (status) {
    case 'running':
      return trans.__('Running');
    case 'scheduled':
      return trans.__('Scheduled');
    case 'finished':
      return trans.__('Finished');
    case 'failed':
      return trans.__('Failed');
    case 'killed':
      return trans.__('Killed');
  }
}

/** The sign of a pipeline's states that means the same. */
export function signOf(status: TrackedStatus): RunStatus | StepStatus {
  switch (status) {
    case 'running':
      return 'running';
    case 'scheduled':
      return 'pending';
    case 'finished':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'killed':
      return 'killed';
  }
}

export function columnWord(id: string, trans: Translation): string {
  switch (id) {
    case NAME:
      return trans.__('Name');
    case STARTED:
      return trans.__('Started');
    case STATUS:
      return trans.__('Status');
    case DURATION:
      return trans.__('Duration');
    case USER:
      return trans.__('User');
    case SOURCE:
      return trans.__('Source');
    case SPARK:
      return trans.__('Curve');
    default:
      return nameOf(id);
  }
}
