/** What went wrong, where it went wrong. */

import type { JSX } from 'react';

import type { ModelsState } from '../../model/models/modelsStore';

export interface ProblemNoteProps {
  readonly state: ModelsState;
  /** The key of the place that this stands at. */
  readonly at: string;
}

export function ProblemNote({ state: { problem }, at }: ProblemNoteProps): JSX.Element | null {
  return problem?.at !== at ? null : (
    <p className="jp-DagbookVersion-problem" role="alert">
      {problem.message}
      {problem.remedy !== '' && <span className="jp-DagbookFault-remedy">{problem.remedy}</span>}
    </p>
  );
}
