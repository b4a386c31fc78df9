/** A metric's way in the width of a cell. */

import type { JSX } from 'react';

import { numberText } from '../../model/tracked/columns';
import { sparkPath } from '../../model/tracked/spark';
import type { Series } from '../../model/tracked/types';
import { useTracked } from './trackedSurroundings';

const WIDTH = 68;
const HEIGHT = 18;

export function Sparkline({ series }: { readonly series: Series | undefined }): JSX.Element | null {
  const { trans } = useTracked();
  const path = series === undefined ? '' : sparkPath(series, WIDTH, HEIGHT);
  const last = series?.values.at(-1);
  if (series === undefined || path === '' || last === undefined) {
    return null;
  }
  return (
    <svg
      className="jp-DagbookSpark"
      role="img"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-label={trans.__(
        '%1: %2 values, the last is %3',
        series.key,
        series.total,
        numberText(last)
      )}
    >
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}
