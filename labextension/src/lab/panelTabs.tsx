/** What stands in the side panel: a tab for each kind of thing, drawn once what it shows has been loaded. */

import { lazy } from 'react';
import type { JSX } from 'react';

import type { SchedulesStore } from '../model/schedules/schedulesStore';
import { SidePanel } from '../view/SidePanel';
import type { PanelActions, Translation } from '../view/surroundings';
import type { ModelsTable } from './models/tokens';
import type { Tab } from './panelId';
import type { IRuns } from './tokens';
import type { TrackedTable } from './tracked/tokens';

// Fetched when they are first shown.
const RunPanel = lazy(async () => ({ default: (await import('../view/RunPanel')).RunPanel }));
const RunsTab = lazy(async () => ({ default: (await import('../view/tracked/RunsTab')).RunsTab }));
const ModelsTab = lazy(async () => ({
  default: (await import('../view/models/ModelsTab')).ModelsTab
}));

export interface PanelTabsProps {
  readonly runs: IRuns;
  readonly actions: PanelActions;
  readonly schedules: SchedulesStore;
  /** Null while they are being loaded. */
  readonly tracked: TrackedTable | null;
  readonly models: ModelsTable | null;
  readonly trans: Translation;
  readonly locale: string | undefined;
  readonly current: Tab;
  onChoose(tab: Tab): void;
}

export function PanelTabs(props: PanelTabsProps): JSX.Element {
  const { runs, actions, schedules, tracked, models, trans, locale, current, onChoose } = props;
  const tabs = [
    {
      id: 'tracked',
      label: trans.__('Runs'),
      draw: () =>
        tracked && (
          <RunsTab store={tracked.store} actions={tracked.actions} trans={trans} locale={locale} />
        )
    },
    {
      id: 'pipelines',
      label: trans.__('Pipelines'),
      draw: () => (
        <RunPanel
          store={runs.store}
          actions={actions}
          schedules={schedules}
          trans={trans}
          locale={locale}
        />
      )
    },
    {
      id: 'models',
      label: trans.__('Models'),
      draw: () =>
        models && (
          <ModelsTab store={models.store} actions={models.actions} trans={trans} locale={locale} />
        )
    }
  ];
  return (
    <SidePanel
      label={trans.__('Dagbook')}
      tabs={tabs}
      current={current}
      onChoose={tab => onChoose(tab as Tab)}
    />
  );
}
