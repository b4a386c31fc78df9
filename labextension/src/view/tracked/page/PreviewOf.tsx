/** A file of a run as far as it can be shown. Nothing in it is ever markup of this page. */

import type { JSX } from 'react';

import type { Preview, RunDetail } from '../../../model/tracked/detail';
import { PreviewContent } from '../../PreviewContent';
import { usePage } from './pageSurroundings';

export interface PreviewOfProps {
  readonly run: RunDetail;
  readonly path: string;
  readonly preview: Preview | null;
}

export function PreviewOf({ run, path, preview }: PreviewOfProps): JSX.Element {
  const { trans, actions } = usePage();
  return (
    <section aria-label={path}>
      <div className="jp-DagbookArtifacts-bar">
        <strong>{path}</strong>
        <button type="button" onClick={() => actions.download(run, path)}>
          {trans.__('Download')}
        </button>
      </div>
      {preview === null ? (
        <p className="jp-DagbookPage-quiet">{trans.__('Reading…')}</p>
      ) : (
        <PreviewContent
          preview={preview}
          trans={trans}
          openNotebook={path => actions.openNotebook(run, path)}
        />
      )}
    </section>
  );
}
