/** Shows runs as drawings in the main area, live. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { dagbookIcon } from '../icon';
import { OPEN_RUN_VIEW } from './pipelineCommands';
import type { RunViewWidget } from './runViewWidget';

export const runViewPlugin: JupyterFrontEndPlugin<void> = {
  id: 'dagbook:run-view',
  description: 'Shows runs as drawings, live.',
  autoStart: true,
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('dagbook');
    const tracker = new WidgetTracker<MainAreaWidget<RunViewWidget>>({
      namespace: 'dagbook-run-view'
    });
    app.commands.addCommand(OPEN_RUN_VIEW, {
      label: trans.__('Show the Run as a Drawing'),
      caption: trans.__('Show how every node of a run stands, live'),
      icon: dagbookIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            run: { type: 'string', description: 'The id of the run' },
            path: { type: 'string', description: 'Or of a pipeline file: its newest run' }
          }
        }
      },
      execute: async args => {
        const { latestRunOf, openRunView } = await import('./openRunView');
        const { run, path } = args as { run?: string; path?: string };
        const wanted = run ?? (path === undefined ? null : await latestRunOf(app, path));
        if (wanted === null) {
          return false;
        }
        await openRunView({ app, tracker, trans }, wanted);
        return true;
      }
    });
    void restorer?.restore(tracker, {
      command: OPEN_RUN_VIEW,
      args: ({ content }) => ({ run: content.follower.snapshot().run }),
      name: ({ content }) => content.follower.snapshot().run
    });
  }
};
