/** What a step was given and what it published; files are looked at where they stand. */

import { useState } from 'react';
import type { JSX } from 'react';

import type { StepParams, ValueKind } from '../../model/pipeline/stepValues';
import type { StepState } from '../../model/steps';
import type { Preview } from '../../model/tracked/detail';
import { PreviewContent } from '../PreviewContent';
import type { Translation } from '../surroundings';
import { useRead, wordsOf } from '../useRead';
import type { RunActions } from './runActions';

interface ValuesProps {
  readonly step: StepState;
  readonly actions: RunActions;
  readonly trans: Translation;
}

export function StepValues(props: ValuesProps): JSX.Element {
  const { step, trans } = props;
  const outputs = Object.entries(step.outputs).map(([name, value]) => ({
    name,
    text: shown(value),
    file: isFile(value),
    from: ''
  }));
  return (
    <>
      {step.attempt > 0 && <Params {...props} />}
      {outputs.length > 0 && (
        <Values {...props} title={trans.__('Outputs')} of="output" values={outputs} />
      )}
    </>
  );
}

function Params(props: ValuesProps): JSX.Element | null {
  const { step, actions, trans } = props;
  const { attempt, outline } = step;
  // The log beside says what is wrong with the server; the step is told without its parameters.
  const { value: read } = useRead(() => actions.values(outline.step), `${outline.step} ${attempt}`);
  if (read?.step !== outline.step) {
    return null;
  }
  if (read.params === null) {
    return <p>{read.why}</p>;
  }
  return read.params.length === 0 ? null : (
    <Values {...props} title={trans.__('Parameters')} of="input" values={read.params} />
  );
}

function Values(
  props: ValuesProps & {
    readonly title: string;
    readonly of: ValueKind;
    readonly values: NonNullable<StepParams['params']>;
  }
): JSX.Element {
  const { step, actions, trans, title, of, values } = props;
  return (
    <>
      <h3>{title}</h3>
      <dl aria-label={title}>
        {values.map(({ name, text, file, from }) => (
          <div key={name}>
            <dt>
              {name}
              {from !== '' && <em> {trans.__('from %1', from)}</em>}
            </dt>
            <dd>{text}</dd>
            {file && (
              <dd>
                <Look
                  key={`${step.outline.step} ${step.attempt}`}
                  name={name}
                  look={() => actions.look(step.outline.step, of, name)}
                  trans={trans}
                />
              </dd>
            )}
          </div>
        ))}
      </dl>
    </>
  );
}

/** A file, shown once somebody wants to see it. */
function Look(props: {
  readonly name: string;
  look(): Promise<Preview>;
  readonly trans: Translation;
}): JSX.Element {
  const { name, look, trans } = props;
  const [isOpen, setOpen] = useState(false);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [fault, setFault] = useState('');
  const toggle = (): void => {
    setOpen(!isOpen);
    if (!isOpen && preview === null) {
      setFault('');
      look().then(setPreview, (error: unknown) => setFault(wordsOf(error)));
    }
  };
  return (
    <>
      <button
        type="button"
        className="jp-DagbookEditor-link"
        aria-expanded={isOpen}
        aria-label={trans.__('Look into %1', name)}
        onClick={toggle}
      >
        {isOpen ? trans.__('Hide') : trans.__('Look')}
      </button>
      {isOpen && fault !== '' && <p role="alert">{fault}</p>}
      {isOpen && preview !== null && (
        <div className="jp-DagbookArtifacts-file">
          <PreviewContent preview={preview} trans={trans} />
        </div>
      )}
    </>
  );
}

function isFile(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
}

const LONGEST = 300;

/** An output as it stands in the journal: a value, or the file that it is. */
export function shown(value: unknown): string {
  const {
    kind,
    path,
    value: inner
  } = (typeof value === 'object' && value !== null ? value : {}) as {
    kind?: string;
    path?: string;
    value?: unknown;
  };
  const text = kind === 'file' ? (path ?? '') : JSON.stringify(kind === 'value' ? inner : value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
