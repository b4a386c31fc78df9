/** What the run has kept: folders, and a look into the files. */

import { useEffect } from 'react';
import type { JSX } from 'react';

import { sizeText } from '../../../model/tracked/detail';
import type { ArtifactEntry, RunDetail } from '../../../model/tracked/detail';
import { PreviewOf } from './PreviewOf';
import { usePage } from './pageSurroundings';

export function Artifacts({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans, store, state } = usePage();
  const isRead = state.folders.has('');
  useEffect(() => {
    if (!isRead) {
      void store.openFolder('', true);
    }
  }, [store, isRead]);
  const root = state.folders.get('');
  if (root?.entries.length === 0) {
    return (
      <p className="jp-DagbookPage-quiet">
        {trans.__('This run has kept no files: %artifact figure.png keeps one.')}
      </p>
    );
  }
  return (
    <div className="jp-DagbookArtifacts">
      <nav className="jp-DagbookArtifacts-tree" aria-label={trans.__('Artifacts')}>
        <Folder path="" />
      </nav>
      <div className="jp-DagbookArtifacts-file">
        {state.file === null ? (
          <p className="jp-DagbookPage-quiet">{trans.__('Choose a file to look into it.')}</p>
        ) : (
          <PreviewOf key={state.file} run={run} path={state.file} preview={state.preview} />
        )}
      </div>
    </div>
  );
}

function Folder({ path }: { readonly path: string }): JSX.Element | null {
  const { trans, state } = usePage();
  const folder = state.folders.get(path);
  if (folder === undefined) {
    return null;
  }
  return (
    <ul>
      {folder.entries.map(entry => (
        <Entry key={entry.path} entry={entry} />
      ))}
      {folder.more > 0 && (
        <li className="jp-DagbookPage-quiet">{trans.__('and %1 more', folder.more)}</li>
      )}
    </ul>
  );
}

function Entry({ entry }: { readonly entry: ArtifactEntry }): JSX.Element {
  const { store, state } = usePage();
  const isOpen = state.openFolders.has(entry.path);
  return (
    <li>
      {entry.folder ? (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => void store.openFolder(entry.path, !isOpen)}
        >
          <span aria-hidden="true">{isOpen ? '▾ ' : '▸ '}</span>
          {entry.name}
        </button>
      ) : (
        <button
          type="button"
          aria-current={state.file === entry.path || undefined}
          onClick={() => void store.openFile(entry.path)}
        >
          {entry.name}
          {entry.size !== null && (
            <span className="jp-DagbookPage-quiet"> {sizeText(entry.size)}</span>
          )}
        </button>
      )}
      {entry.folder && isOpen && <Folder path={entry.path} />}
    </li>
  );
}
