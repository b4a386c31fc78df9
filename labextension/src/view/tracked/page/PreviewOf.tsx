/** A file of a run as far as it can be shown. Nothing in it is ever markup of this page. */

import type { JSX } from 'react';

import { sizeText } from '../../../model/tracked/detail';
import type { Preview, RunDetail } from '../../../model/tracked/detail';
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
        <Content run={run} preview={preview} />
      )}
    </section>
  );
}

function Content({ run, preview }: { run: RunDetail; preview: Preview }): JSX.Element {
  const { trans, actions } = usePage();
  switch (preview.kind) {
    case 'picture':
      return <img src={`data:${preview.type};base64,${preview.data}`} alt={preview.path} />;
    case 'table':
      return <Table preview={preview} />;
    case 'notebook':
      return (
        <p>
          <button type="button" onClick={() => actions.openNotebook(run, preview.path)}>
            {trans._n(
              'Open the notebook (%1 cell)',
              'Open the notebook (%1 cells)',
              preview.cells,
              preview.cells
            )}
          </button>
        </p>
      );
    case 'text':
      return (
        <>
          {/* A long text is scrolled, also by keyboard. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre tabIndex={0}>{preview.text}</pre>
          {preview.cut && (
            <p className="jp-DagbookPage-quiet">
              {trans.__('Only the beginning of %1 is shown.', sizeText(preview.size))}
            </p>
          )}
        </>
      );
    case 'binary':
      return (
        <p className="jp-DagbookPage-quiet">
          {trans.__('%1, %2: download it to open it.', preview.type, sizeText(preview.size))}
        </p>
      );
    case 'too-large':
      return (
        <p className="jp-DagbookPage-quiet">
          {trans.__(
            '%1 is more than is shown here (%2): download it.',
            sizeText(preview.size),
            sizeText(preview.most)
          )}
        </p>
      );
  }
}

function Table({ preview }: { preview: Extract<Preview, { kind: 'table' }> }): JSX.Element {
  const { trans } = usePage();
  const left = preview.total === null ? null : preview.total - preview.rows.length;
  return (
    <>
      {/* A wide table is scrolled, also by keyboard. */}
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex */}
      <div
        className="jp-DagbookArtifacts-table"
        tabIndex={0}
        role="region"
        aria-label={preview.path}
      >
        <table className="jp-DagbookPage-table">
          <thead>
            <tr>
              {preview.columns.map((column, index) => (
                <th key={index} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map((row, index) => (
              <tr key={index}>
                {row.map((value, place) => (
                  <td key={place}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {/* eslint-enable jsx-a11y/no-noninteractive-tabindex */}
      {left !== 0 && (
        <p className="jp-DagbookPage-quiet">
          {left === null ? trans.__('and more') : trans._n('and %1 row', 'and %1 rows', left, left)}
        </p>
      )}
      {preview.columns_left_out > 0 && (
        <p className="jp-DagbookPage-quiet">
          {trans.__('and %1 columns', preview.columns_left_out)}
        </p>
      )}
    </>
  );
}
