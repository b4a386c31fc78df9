import { ENGLISH } from '../../../testing/english';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import type { Preview, RunDetail } from '../../../model/tracked/detail';
import { PageStore } from '../../../model/tracked/pageStore';
import { detail } from '../../../testing/recorded';
import { RunPage } from './RunPage';
import type { PageActions } from './pageSurroundings';

vi.mock('uplot', () => ({ default: vi.fn() }));

const NASTY = '<img src=x onerror=alert(1)>';
async function drawn(
  run: RunDetail | Error,
  preview?: Preview
): Promise<{ source: { edit: ReturnType<typeof vi.fn> }; actions: PageActions; store: PageStore }> {
  const source = {
    run: vi.fn(() => (run instanceof Error ? Promise.reject(run) : Promise.resolve(run))),
    edit: vi.fn(() => Promise.resolve(run as RunDetail)),
    series: vi.fn(() => Promise.resolve([])),
    folder: vi.fn((_: string, path: string) =>
      Promise.resolve({
        path,
        more: 0,
        entries: [{ path: NASTY, name: NASTY, folder: false, size: 3 }]
      })
    ),
    preview: vi.fn(() =>
      preview === undefined ? Promise.reject(new Error('gone')) : Promise.resolve(preview)
    )
  };
  const explain = (error: unknown) => ({ message: String(error), remedy: '' });
  const store = new PageStore('r', source, explain);
  const actions = {
    open: vi.fn(),
    rename: vi.fn(),
    remove: vi.fn(),
    copyId: vi.fn(),
    openLink: vi.fn(),
    openSource: vi.fn(),
    jump: vi.fn(),
    openNotebook: vi.fn(),
    download: vi.fn()
  };
  render(<RunPage store={store} actions={actions} trans={ENGLISH} locale="en" />);
  await store.refresh();
  return { source, actions, store };
}

test('names and values are text, wherever they come from', async () => {
  const { store } = await drawn(
    detail({
      name: NASTY,
      note: NASTY,
      experiment: NASTY,
      user: NASTY,
      params: { lr: NASTY },
      tags: { team: NASTY },
      all_tags: { team: NASTY },
      inputs: { data: NASTY },
      environment: { facts: { Python: NASTY }, packages: [NASTY] },
      models: [{ model: 'm', name: NASTY, type: NASTY, status: 'READY' }]
    }),
    { path: NASTY, size: 3, kind: 'text', text: NASTY, cut: false }
  );
  expect((await screen.findByRole('heading', { level: 1 })).textContent).toBe(NASTY);
  expect(screen.getByRole('cell', { name: NASTY })).toBeTruthy();
  for (const section of ['Origin', 'Artifacts']) {
    await userEvent.click(screen.getByRole('tab', { name: section }));
  }
  await store.openFile(NASTY);
  expect((await screen.findAllByText(NASTY)).length).toBeGreaterThan(1);
  expect(document.querySelector('img')).toBeNull();
});

test('a value leads to the cell that logged it', async () => {
  const run = detail({
    metrics: { loss: 0.25 },
    cells: { metric: { loss: 'cell-2' }, param: {}, artifact: {} }
  });
  const { actions } = await drawn(run);
  await userEvent.click(
    await screen.findByRole('button', { name: 'Show the cell that logged loss' })
  );
  expect(actions.jump).toHaveBeenCalledWith(run, 'cell-2');
});

test('tags and the note are changed in their place', async () => {
  const { source } = await drawn(detail({ tags: { team: 'a' } }));
  await userEvent.type(await screen.findByRole('textbox', { name: /new tag/ }), 'stage=try=1');
  await userEvent.click(screen.getByRole('button', { name: 'Add Tag' }));
  expect(source.edit).toHaveBeenCalledWith('r', { tags: { stage: 'try=1' } });
  await userEvent.click(screen.getByRole('button', { name: 'Take the tag team away' }));
  expect(source.edit).toHaveBeenCalledWith('r', { tags: { team: null } });
  await userEvent.type(screen.getByRole('textbox', { name: 'Note' }), 'good');
  await userEvent.tab();
  expect(source.edit).toHaveBeenCalledWith('r', { note: 'good' });
});

test('a store that is away is said, with a way to try again', async () => {
  await drawn(new Error('no answer'));
  expect((await screen.findByRole('alert')).textContent).toContain('no answer');
  expect(screen.getByRole('button', { name: 'Retry' })).toBeTruthy();
});

test('tabs are chosen by arrow keys', async () => {
  const { store } = await drawn(detail());
  (await screen.findByRole('tab', { name: 'Overview' })).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(store.snapshot().section).toBe('charts');
  expect(document.activeElement?.textContent).toBe('Charts');
});
