/** How curves are drawn: along what, how smooth, on which scale. */

import type { JSX } from 'react';

import type { ChartLook } from '../../model/tracked/chart';
import type { Translation } from '../surroundings';

export interface LookControlsProps {
  readonly look: ChartLook;
  readonly trans: Translation;
  onChange(look: ChartLook): void;
}

export function LookControls({ look, trans, onChange }: LookControlsProps): JSX.Element {
  return (
    <div className="jp-DagbookLook" role="toolbar" aria-label={trans.__('How curves are drawn')}>
      <label>
        {trans.__('Along')}
        <select
          value={look.axis}
          onChange={event =>
            onChange({ ...look, axis: event.target.value === 'time' ? 'time' : 'step' })
          }
        >
          <option value="step">{trans.__('steps')}</option>
          <option value="time">{trans.__('seconds')}</option>
        </select>
      </label>
      <label>
        {trans.__('Smoothing')}
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={look.smoothing}
          onChange={event => onChange({ ...look, smoothing: Number(event.target.value) })}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={look.isLog}
          onChange={event => onChange({ ...look, isLog: event.target.checked })}
        />
        {trans.__('Logarithmic')}
      </label>
    </div>
  );
}
