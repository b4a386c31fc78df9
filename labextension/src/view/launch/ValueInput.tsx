/** The control for a value, by the type of its parameter. */

import type { JSX } from 'react';

import type { Entry } from '../../model/launch/form';
import type { Parameter } from '../../model/launch/types';
import { useLaunch } from './launchSurroundings';

export interface ValueInputProps {
  readonly id: string;
  readonly parameter: Parameter;
  readonly entry: Entry;
  readonly wrong: boolean;
  readonly describedBy: string;
  change(text: string): void;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;

export function ValueInput(props: ValueInputProps): JSX.Element {
  const { id, parameter, entry, wrong, describedBy, change } = props;
  const { trans } = useLaunch();
  const shared = { id, 'aria-describedby': describedBy, 'aria-invalid': wrong } as const;
  if (entry.mode !== 'value') {
    return (
      <input
        {...shared}
        type="text"
        spellCheck={false}
        autoComplete="off"
        value={entry.text}
        onChange={event => change(event.target.value)}
      />
    );
  }
  const options = optionsOf(parameter);
  if (parameter.kind === 'bool' && !parameter.optional && parameter.default !== null) {
    return (
      <input
        {...shared}
        type="checkbox"
        checked={entry.text === 'true'}
        onChange={event => change(event.target.checked ? 'true' : 'false')}
      />
    );
  }
  if (options !== null) {
    return (
      <select {...shared} value={entry.text} onChange={event => change(event.target.value)}>
        {!options.includes(entry.text) && <option value={entry.text}>{entry.text}</option>}
        {options.map(option => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...shared}
      {...typeOf(parameter, entry.text)}
      spellCheck={false}
      autoComplete="off"
      required={parameter.required}
      placeholder={
        parameter.kind === 'str' && parameter.default === '' ? trans.__('empty') : undefined
      }
      value={entry.text}
      onChange={event => change(event.target.value)}
    />
  );
}

function optionsOf(parameter: Parameter): readonly string[] | null {
  const none = parameter.optional ? ['none'] : [];
  if (parameter.kind === 'bool') {
    return ['true', 'false', ...none];
  }
  return parameter.kind === 'choice' || parameter.kind === 'enum'
    ? [...parameter.choices, ...none]
    : null;
}

/**
 * The browser's own control where it can show every text that may stand there. A number field swallows what is
 * no number, and nobody learns why: so it stays a text field, with the keyboard of a number.
 */
function typeOf(
  parameter: Parameter,
  text: string
): Pick<JSX.IntrinsicElements['input'], 'type' | 'inputMode' | 'step'> {
  switch (parameter.kind) {
    case 'int':
      return { type: 'text', inputMode: 'numeric' };
    case 'float':
      return { type: 'text', inputMode: 'decimal' };
    case 'date':
      return { type: text === '' || DAY.test(text) ? 'date' : 'text' };
    case 'datetime':
      return text === '' || MOMENT.test(text)
        ? { type: 'datetime-local', step: 1 }
        : { type: 'text' };
    default:
      return { type: 'text' };
  }
}
