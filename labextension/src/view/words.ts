/** The words for states. A word stands beside each icon: nobody has to know colours. */

import type { RunStatus, ShownStatus } from '../model/types';
import type { Link } from '../model/runStore';
import type { Translation } from './surroundings';

export function statusWord(status: RunStatus | ShownStatus, trans: Translation): string {
  switch (status) {
    case 'pending':
      return trans.__('Pending');
    case 'running':
      return trans.__('Running');
    case 'held':
      return trans.__('Kernel kept');
    case 'succeeded':
      return trans.__('Succeeded');
    case 'reused':
      return trans.__('Reused');
    case 'failed':
      return trans.__('Failed');
    case 'timed-out':
      return trans.__('Timed out');
    case 'killed':
      return trans.__('Killed');
    case 'cancelled':
      return trans.__('Cancelled');
    case 'skipped':
      return trans.__('Skipped');
    case 'lost':
      return trans.__('Lost');
    case 'interrupted':
      return trans.__('Interrupted');
  }
}

export function linkWord(link: Link, trans: Translation): string {
  switch (link) {
    case 'connecting':
      return trans.__('Connecting');
    case 'live':
      return trans.__('Live');
    case 'paused':
      return trans.__('Paused');
    case 'offline':
      return trans.__('Offline');
  }
}
