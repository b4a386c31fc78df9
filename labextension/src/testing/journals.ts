/** The golden journals, which Python's tests replay too, and runs made from them. */

import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

import { NOTHING_YET, fold } from '../model/runState';
import type { RunRecord } from '../model/runStore';
import type { Entry, RunStarted, RunSummary } from '../model/types';

const FOLDER = resolve(import.meta.dirname, '../../../tests/golden/journals');
const ENDING = '.jsonl';

export const JOURNALS = readdirSync(FOLDER)
  .filter(name => name.endsWith(ENDING))
  .map(name => name.slice(0, -ENDING.length));

export function journal(name: string): readonly Entry[] {
  return readFileSync(`${FOLDER}/${name}${ENDING}`, 'utf-8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Entry);
}

export function expectedState(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}.state.json`, 'utf-8'));
}

/** The line that the server would list for the first `count` entries of a golden journal. */
export function summaryOf(name: string, count = Infinity): RunSummary {
  const entries = journal(name).slice(0, count);
  const state = fold(entries, NOTHING_YET);
  const steps = [...state.steps.values()];
  const started = entries[0] as unknown as RunStarted;
  return {
    run: started.run,
    project: '.',
    pipeline: state.pipeline,
    state: state.state,
    started: state.started,
    finished: state.finished,
    seconds: state.seconds,
    user: state.user,
    file: state.file,
    steps: {
      total: steps.length,
      done: steps.filter(step => ['succeeded', 'reused'].includes(step.state)).length,
      failed: steps.filter(step => ['failed', 'timed-out', 'killed'].includes(step.state)).length,
      running: steps.filter(step => step.state === 'running').length
    }
  };
}

export function recordOf(name: string, driver: 'alive' | 'gone' = 'gone'): RunRecord {
  return { summary: summaryOf(name), state: fold(journal(name)), driver, damage: null };
}
