/** One key of the file as a field: what is typed is YAML, as it would be written there. */

import { useId, useState } from 'react';
import type { JSX } from 'react';

import { fieldText, typedValue } from '../../model/pipeline/fieldText';
import type { Path, Value } from '../../model/pipeline/spec';
import type { SchemaProperty } from '../../model/pipeline/types';
import { useEditor } from './editorSurroundings';

export interface PropertyFieldProps {
  readonly name: string;
  readonly label: string;
  readonly property: SchemaProperty;
  readonly path: Path;
  /** Undefined where nothing is written. */
  readonly value: Value;
  /** Id of a list of texts to choose from. */
  readonly list?: string;
}

export function PropertyField(props: PropertyFieldProps): JSX.Element {
  const { label, property, path, value, list } = props;
  const { actions, trans } = useEditor();
  const put = (typed: Value): void => {
    actions.act(typed === undefined ? { do: 'unset', path } : { do: 'put', path, value: typed });
  };
  const choices = property.type === 'boolean' ? ['true', 'false'] : property.enum;
  const isText = property.type === 'string';
  if (choices !== undefined) {
    return <ChoiceField {...props} choices={choices} put={put} />;
  }
  return (
    <TextField
      label={label}
      text={value === undefined ? '' : fieldText(value, isText)}
      help={property.description ?? ''}
      list={list}
      commit={text => {
        const typed = typedValue(text, isText);
        if (typed.problem !== null) {
          return trans.__('This is no YAML: %1', typed.problem);
        }
        put(typed.value);
        return null;
      }}
    />
  );
}

function ChoiceField(
  props: PropertyFieldProps & { readonly choices: readonly string[]; put(value: Value): void }
): JSX.Element {
  const { label, property, value, choices, put } = props;
  const { trans } = useEditor();
  const id = useId();
  const unset = trans.__('default: %1', String(property.default));
  const written = typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
  return (
    <div className="jp-DagbookForm-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        aria-describedby={`${id}-help`}
        value={written}
        onChange={event => {
          const chosen = event.currentTarget.value;
          put(chosen === '' ? undefined : property.type === 'boolean' ? chosen === 'true' : chosen);
        }}
      >
        <option value="">{unset}</option>
        {choices.map(choice => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
      <small id={`${id}-help`}>{property.description}</small>
    </div>
  );
}

export interface TextFieldProps {
  readonly label: string;
  readonly text: string;
  readonly help: string;
  readonly list?: string | undefined;
  /** Take what was typed; what is wrong with it, or null. */
  commit(text: string): string | null;
}

/** A text that is taken when it is left or confirmed; Escape brings the old one back. */
export function TextField({ label, text, help, list, commit }: TextFieldProps): JSX.Element {
  const id = useId();
  const [typed, setTyped] = useState(text);
  const [problem, setProblem] = useState<string | null>(null);
  const [seen, setSeen] = useState(text);
  if (seen !== text) {
    // The file says something else now.
    setSeen(text);
    setTyped(text);
    setProblem(null);
  }
  const leave = (): void => {
    if (typed !== text) {
      setProblem(commit(typed));
    }
  };
  return (
    <div className="jp-DagbookForm-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        spellCheck={false}
        autoComplete="off"
        list={list}
        value={typed}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-help`}
        onChange={event => setTyped(event.currentTarget.value)}
        onBlur={leave}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            leave();
          } else if (event.key === 'Escape') {
            setTyped(text);
            setProblem(null);
          }
        }}
      />
      <small id={`${id}-help`} role={problem === null ? undefined : 'alert'}>
        {problem ?? help}
      </small>
    </div>
  );
}
