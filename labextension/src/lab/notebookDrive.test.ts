import { ServerConnection } from '@jupyterlab/services';
import { afterAll, expect, test, vi } from 'vitest';

import { NotebookDrive, notebookPath } from './notebookDrive';
import type { DagbookServer } from './request';

const NOTEBOOK = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };

const notebook = vi.fn().mockResolvedValue(NOTEBOOK);
const drive = new NotebookDrive(
  { notebook } as unknown as DagbookServer,
  ServerConnection.makeSettings({})
);

afterAll(() => drive.dispose());

test('the path that is opened leads back to the step', async () => {
  const path = notebookPath('20261122-194502-ab12cd', 'train[0]/50%');
  expect(path).toBe('Dagbook:20261122-194502-ab12cd/train[0]%2F50%25.ipynb');

  const model = await drive.get(path.replace('Dagbook:', ''));

  expect(notebook).toHaveBeenCalledWith('20261122-194502-ab12cd', 'train[0]/50%');
  expect(model).toMatchObject({ type: 'notebook', content: NOTEBOOK, writable: false });
});

test('a record cannot be written, moved or deleted', async () => {
  for (const change of [drive.save(), drive.rename(), drive.delete(), drive.createCheckpoint()]) {
    await expect(change).rejects.toThrow('it cannot be changed');
  }
  expect(await drive.listCheckpoints()).toEqual([]);
});
