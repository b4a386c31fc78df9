/** The side panel's tabs. One is drawn at a time. */

import { useId } from 'react';
import type { JSX, KeyboardEvent, ReactNode } from 'react';

export interface PanelTab {
  readonly id: string;
  readonly label: string;
  draw(): ReactNode;
}

export interface SidePanelProps {
  readonly label: string;
  readonly tabs: readonly PanelTab[];
  readonly current: string;
  onChoose(id: string): void;
}

export function SidePanel({ label, tabs, current, onChoose }: SidePanelProps): JSX.Element {
  const prefix = useId();
  const shown = tabs.find(tab => tab.id === current) ?? tabs[0];
  return (
    <>
      <div
        className="jp-DagbookTabs"
        role="tablist"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={event => moveByKey(event, tabs, shown?.id ?? '', onChoose)}
      >
        {tabs.map(tab => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${prefix}${tab.id}-tab`}
            aria-selected={tab === shown}
            aria-controls={`${prefix}panel`}
            tabIndex={tab === shown ? 0 : -1}
            onClick={() => onChoose(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        className="jp-DagbookTabPanel"
        role="tabpanel"
        id={`${prefix}panel`}
        aria-labelledby={`${prefix}${shown?.id ?? ''}-tab`}
      >
        {shown?.draw()}
      </div>
    </>
  );
}

function moveByKey(
  event: KeyboardEvent<HTMLElement>,
  tabs: readonly PanelTab[],
  current: string,
  onChoose: (id: string) => void
): void {
  const place = tabs.findIndex(tab => tab.id === current);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const next = step === undefined ? undefined : tabs[(place + step + tabs.length) % tabs.length];
  if (next !== undefined) {
    onChoose(next.id);
    event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')[tabs.indexOf(next)]?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
