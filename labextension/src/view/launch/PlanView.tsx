/** What a run would do: which steps run, are reused or are skipped, and why. */

import type { JSX } from 'react';

import { textOf } from '../../model/launch/trials';
import type { Action, Plan, PlannedStep } from '../../model/launch/types';
import type { Translation } from '../surroundings';
import { useLaunch } from './launchSurroundings';

const MOST_SHOWN = 100;

export interface PlanViewProps {
  readonly plan: Plan | null;
  readonly planned: boolean;
}

export function PlanView({ plan, planned }: PlanViewProps): JSX.Element {
  const { trans } = useLaunch();
  const shown = plan?.steps.slice(0, MOST_SHOWN) ?? [];
  const more = (plan?.steps.length ?? 0) - shown.length;
  return (
    <section className="jp-DagbookPlan" aria-label={trans.__('Plan')} aria-busy={!planned}>
      <h2>
        {trans.__('Plan')}
        <span className="jp-DagbookLaunch-quiet" role="status">
          {plan !== null
            ? countsText(plan, trans)
            : planned
              ? trans.__('waits until what is marked is corrected')
              : trans.__('Planning…')}
        </span>
      </h2>
      {plan?.warnings.map((warning, place) => (
        <p key={place} className="jp-DagbookPlan-warning">
          {warning.message}
        </p>
      ))}
      <ul>
        {shown.map(step => (
          <PlanRow key={step.step} step={step} />
        ))}
      </ul>
      {more > 0 && (
        <p className="jp-DagbookLaunch-quiet">
          {trans._n('and %1 more', 'and %1 more', more, more)}
        </p>
      )}
    </section>
  );
}

function PlanRow({ step }: { readonly step: PlannedStep }): JSX.Element {
  const { trans } = useLaunch();
  const item = Object.entries(step.item).map(([name, value]) => `${name}=${textOf(value)}`);
  return (
    <li data-action={step.action}>
      <span className="jp-DagbookPlan-action">{actionWord(step.action, trans)}</span>
      <span className="jp-DagbookPlan-step">{step.step}</span>
      {item.length > 0 && <span className="jp-DagbookPlan-item">{item.join(' ')}</span>}
      <span className="jp-DagbookPlan-reason">{step.reason}</span>
    </li>
  );
}

function actionWord(action: Action, trans: Translation): string {
  switch (action) {
    case 'run':
      return trans.__('Run');
    case 'reuse':
      return trans.__('Reuse');
    case 'skip':
      return trans.__('Skip');
  }
}

function countsText({ counts }: Plan, trans: Translation): string {
  return trans.__('%1 to run, %2 reused, %3 skipped', counts.run, counts.reuse, counts.skip);
}
