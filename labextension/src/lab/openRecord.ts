/** Opens an executed notebook. It is read, not run: no kernel is started unless somebody chooses one. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentWidget } from '@jupyterlab/docregistry';

export async function openRecord(app: JupyterFrontEnd, path: string): Promise<void> {
  const opened: unknown = await app.commands.execute('docmanager:open', { path });
  const session = (opened as IDocumentWidget | undefined)?.context.sessionContext;
  if (session?.session === null) {
    // In time: the kernel would be started when the document has arrived.
    session.kernelPreference = { ...session.kernelPreference, shouldStart: false };
  }
}
