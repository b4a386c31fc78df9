/** Makes JupyterLab know pipeline files: they have their own icon, menu entries and document. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { dagbookIcon } from './icon';

export const PIPELINES = 'dagbook-pipeline';

export function addFileType(app: JupyterFrontEnd, trans: TranslationBundle): void {
  if (app.docRegistry.getFileType(PIPELINES) === undefined) {
    app.docRegistry.addFileType({
      name: PIPELINES,
      displayName: trans.__('Dagbook pipeline'),
      extensions: ['.pipeline.yaml', '.pipeline.yml'],
      mimeTypes: ['text/x-yaml'],
      fileFormat: 'text',
      contentType: 'file',
      icon: dagbookIcon
    });
  }
}
