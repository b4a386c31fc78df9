/** Lets JupyterLab open the notebooks that runs have executed. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { NotebookDrive } from './notebookDrive';
import { DagbookServer } from './request';

export const notebooksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'dagbook:executed-notebooks',
  description: 'Executed notebooks of runs, as read-only documents.',
  autoStart: true,
  activate: (app: JupyterFrontEnd): void => {
    const { contents, serverSettings } = app.serviceManager;
    contents.addDrive(new NotebookDrive(new DagbookServer(serverSettings), serverSettings));
  }
};
