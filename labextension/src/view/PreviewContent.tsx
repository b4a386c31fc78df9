/** What is shown of a file. Nothing in it is ever markup of this page. */

import type { JSX } from 'react';

import { sizeText } from '../model/tracked/detail';
import type { Preview } from '../model/tracked/detail';
import type { Translation } from './surroundings';

export function PreviewContent(props: {
  readonly preview: Preview;
  readonly trans: Translation;
  /** What to do with a notebook; it is only named where nothing can be done. */
  readonly openNotebook?: (path: string) => void;
}): JSX.Element {
  const { preview, trans, openNotebook } = props;
  switch (preview.kind) {
    case 'picture':
      return <img src={`data:${preview.type};base64,${preview.data}`} alt={preview.path} />;
    case 'table':
      return <Table preview={preview} trans={trans} />;
    case 'notebook':
      return (
        <p>
          <button
            type="button"
            disabled={openNotebook === undefined}
            onClick={() => openNotebook?.(preview.path)}
          >
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

function Table(props: {
  readonly preview: Extract<Preview, { kind: 'table' }>;
  readonly trans: Translation;
}): JSX.Element {
  const { preview, trans } = props;
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
