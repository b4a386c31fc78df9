import { fireEvent, render, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { fold } from '../../model/runState';
import { ENGLISH } from '../../testing/english';
import { journal } from '../../testing/journals';
import { runActions } from '../../testing/runActions';
import { RunHead } from './RunHead';
import type { RunActions } from './runActions';

function drawn(name: string, gone = false): RunActions {
  const actions = runActions();
  render(
    <RunHead
      followed={{ run: 'r', state: fold(journal(name)), gone } as never}
      actions={actions}
      trans={ENGLISH}
      look="drawing"
      show={vi.fn()}
    />
  );
  return actions;
}

const buttons = (): (string | null)[] => screen.getAllByRole('button').map(one => one.textContent);

test('a run that succeeded is reported, and nothing of it is to be done again', () => {
  const actions = drawn('success-matrix');
  expect(buttons()).toEqual(['Timeline', 'History', 'Report']);

  fireEvent.click(screen.getByRole('button', { name: 'Report' }));

  expect(actions.report).toHaveBeenCalledOnce();
});

test('a run that failed is reported too', () => {
  drawn('failure-skips');
  expect(buttons()).toEqual(['Timeline', 'History', 'Report', 'Resume', 'Retry what failed']);
});
