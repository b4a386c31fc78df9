/** What can be done with a run that is drawn, for tests: nothing, but it is noted. */

import { vi } from 'vitest';

import type { RunActions } from '../view/pipeline/runActions';

export function runActions(): RunActions {
  return {
    cancel: vi.fn(),
    resume: vi.fn(),
    retry: vi.fn(),
    attach: vi.fn(),
    goOn: vi.fn(),
    release: vi.fn(),
    report: vi.fn(),
    openNotebook: vi.fn(),
    openWithInputs: vi.fn(),
    openRecord: vi.fn(),
    answer: vi.fn(),
    values: vi.fn(() => Promise.resolve({ step: '', params: [], why: '' })),
    look: vi.fn(),
    history: vi.fn(),
    openRun: vi.fn(),
    log: vi.fn()
  };
}
