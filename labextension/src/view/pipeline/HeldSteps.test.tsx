import { fireEvent, render, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';

import { runGraphOf } from '../../model/pipeline/runGraph';
import { fold } from '../../model/runState';
import { ENGLISH } from '../../testing/english';
import { journal } from '../../testing/journals';
import { runActions } from '../../testing/runActions';
import { HeldSteps } from './HeldSteps';

const state = fold(journal('held'));

function shown(gone: boolean): ReturnType<typeof runActions> {
  const actions = runActions();
  const followed = {
    run: state.run,
    state,
    gone,
    graph: runGraphOf(state, gone),
    layout: new Map(),
    selected: null,
    fault: null
  };
  render(<HeldSteps followed={followed} actions={actions} trans={ENGLISH} />);
  return actions;
}

test('of a kept kernel it is said what failed, and what can be done', () => {
  const actions = shown(false);
  const groups = screen.getAllByRole('group');
  expect(groups.map(each => each.getAttribute('aria-label'))).toEqual(['Kept kernel of score']);
  const only = within(screen.getByRole('group'));
  expect(only.getByRole('status').textContent).toContain(
    'ZeroDivisionError in cell 4: division by zero'
  );
  for (const name of ['Attach to its kernel', 'Continue from here', 'Let it fail…']) {
    fireEvent.click(only.getByRole('button', { name }));
  }
  expect(actions.attach).toHaveBeenCalledWith('score');
  expect(actions.goOn).toHaveBeenCalledWith('score');
  expect(actions.release).toHaveBeenCalledWith('score');
});

test('when the driver is gone, so is the kernel', () => {
  shown(true);
  expect(screen.queryAllByRole('group')).toEqual([]);
});

test('a node with a kept kernel is told before all others', () => {
  const nodes = runGraphOf(state, false).nodes;
  expect(nodes.map(({ node, status }) => [node, status])).toEqual([
    ['fetch', 'succeeded'],
    ['train', 'failed'],
    ['score', 'held'],
    ['report', 'skipped']
  ]);
});
