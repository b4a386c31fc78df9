/** The parameters, one row each: name and type, how it is given, the value, help or objection. */

import { useId } from 'react';
import type { JSX } from 'react';

import { entryOf, isChanged, modesOf, withEntry } from '../../model/launch/form';
import type { Form, Mode } from '../../model/launch/form';
import type { Finding, Launchable, Parameter } from '../../model/launch/types';
import type { Translation } from '../surroundings';
import { ValueInput } from './ValueInput';
import { useLaunch } from './launchSurroundings';

// Typed as it is, in every language.
const FREE_EXAMPLE = 'rows=500';

export interface FieldListProps {
  readonly source: Launchable;
  readonly form: Form;
  readonly objections: ReadonlyMap<string, readonly Finding[]>;
}

export function FieldList({ source, form, objections }: FieldListProps): JSX.Element {
  const { trans } = useLaunch();
  if (source.parameters === null) {
    return <FreeField form={form} />;
  }
  if (source.parameters.length === 0) {
    return (
      <p className="jp-DagbookLaunch-quiet">
        {source.kind === 'notebook'
          ? trans.__(
              'It has no parameters. Mark a cell with defaults, such as “rows = 500”, as the parameters cell, and they show up here.'
            )
          : trans.__('It has no parameters.')}
      </p>
    );
  }
  return (
    <div className="jp-DagbookLaunch-fields">
      {source.parameters.map(parameter => (
        <Field
          key={parameter.name}
          parameter={parameter}
          source={source}
          form={form}
          objections={objections.get(parameter.name) ?? []}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  readonly parameter: Parameter;
  readonly source: Launchable;
  readonly form: Form;
  readonly objections: readonly Finding[];
}

function Field({ parameter, source, form, objections }: FieldProps): JSX.Element {
  const { actions, trans } = useLaunch();
  const id = useId();
  const entry = entryOf(form, parameter);
  const modes = modesOf(source, parameter);
  const change = (mode: Mode, text: string): void =>
    actions.type(withEntry(form, parameter.name, { mode, text }));
  const help = helpOf(parameter, entry.mode, trans);
  return (
    <div
      className="jp-DagbookField"
      data-parameter={parameter.name}
      data-changed={isChanged(form, parameter)}
      data-wrong={objections.length > 0}
    >
      <label className="jp-DagbookField-name" htmlFor={id}>
        {parameter.name}
        <span className="jp-DagbookField-type">
          {parameter.type}
          {parameter.required && ` · ${trans.__('required')}`}
        </span>
      </label>
      <div className="jp-DagbookField-value">
        {parameter.secret === null ? (
          <ValueInput
            id={id}
            parameter={parameter}
            entry={entry}
            wrong={objections.length > 0}
            describedBy={`${id}-help`}
            change={text => change(entry.mode, text)}
          />
        ) : (
          <output id={id} className="jp-DagbookLaunch-quiet">
            {trans.__('from the secret %1', parameter.secret)}
          </output>
        )}
        {modes.length > 1 && (
          <select
            className="jp-DagbookField-mode"
            aria-label={trans.__('How %1 is given', parameter.name)}
            value={entry.mode}
            onChange={event => {
              const mode = event.target.value as Mode;
              change(mode, mode === 'secret' ? '' : entry.mode === 'secret' ? '' : entry.text);
            }}
          >
            {modes.map(mode => (
              <option key={mode} value={mode}>
                {modeWord(mode, trans)}
              </option>
            ))}
          </select>
        )}
      </div>
      <div id={`${id}-help`} className="jp-DagbookField-help" aria-live="polite">
        {objections.length === 0
          ? help
          : objections.map((finding, place) => (
              <span key={place} className="jp-DagbookField-objection">
                {withoutName(finding.message, parameter.name)}.{' '}
                {trans.__('Fix: %1', finding.remedy)}
              </span>
            ))}
      </div>
    </div>
  );
}

function FreeField({ form }: { readonly form: Form }): JSX.Element {
  const { actions, trans } = useLaunch();
  const id = useId();
  return (
    <div className="jp-DagbookField">
      <label className="jp-DagbookField-name" htmlFor={id}>
        {trans.__('Parameters')}
      </label>
      <div className="jp-DagbookField-value">
        <textarea
          id={id}
          rows={4}
          spellCheck={false}
          aria-describedby={`${id}-help`}
          value={form.free}
          placeholder={FREE_EXAMPLE}
          onChange={event => actions.type({ ...form, free: event.target.value })}
        />
      </div>
      <div id={`${id}-help`} className="jp-DagbookField-help">
        {trans.__('One “name=value” a line. The notebook’s language does not say what it takes.')}
      </div>
    </div>
  );
}

function modeWord(mode: Mode, trans: Translation): string {
  switch (mode) {
    case 'value':
      return trans.__('One value');
    case 'sweep':
      return trans.__('Sweep');
    case 'secret':
      return trans.__('Secret');
  }
}

function helpOf(parameter: Parameter, mode: Mode, trans: Translation): string {
  if (mode === 'secret') {
    return trans.__(
      'The name of a secret. Its value is looked up when the run starts, and never written down.'
    );
  }
  if (mode === 'sweep') {
    return sweepHelp(parameter, trans);
  }
  return parameter.computed
    ? [parameter.help, trans.__('computed: %1', parameter.default ?? '')]
        .filter(Boolean)
        .join(' · ')
    : parameter.help;
}

function sweepHelp(parameter: Parameter, trans: Translation): string {
  switch (parameter.kind) {
    case 'int':
      return trans.__('Values to try: 2, 4, 8 or 1..10 or 0..100 step 25');
    case 'float':
      return trans.__('Values to try: 0.1, 0.5 or 0.1..0.5 step 0.1');
    case 'date':
      return trans.__('Days to try: 2026-01-01..2026-01-31 step 7');
    case 'bool':
      return trans.__('Values to try: true, false, or * for both');
    case 'choice':
    case 'enum':
      return trans.__('Values to try, or * for all: %1', parameter.choices.join(', '));
    case 'list':
      return trans.__('Lists to try, as JSON: [[1, 2], [3]]');
    case 'dict':
      return trans.__('Values to try, as a JSON list');
    default:
      return trans.__('Values to try, with commas between them, or as a JSON list');
  }
}

/** An objection that stands at its field need not name it. */
function withoutName(message: string, name: string): string {
  const lead = `parameter '${name}': `;
  return message.startsWith(lead) ? message.slice(lead.length) : message;
}
