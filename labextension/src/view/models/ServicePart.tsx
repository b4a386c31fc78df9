/** How a model is served, and a form to try it. */

import { useId, useState } from 'react';
import type { JSX } from 'react';

import { isOpen } from '../../model/models/modelsStore';
import type { ModelsState } from '../../model/models/modelsStore';
import { fieldsOf, questionOf } from '../../model/models/question';
import type { QuestionField } from '../../model/models/question';
import type { Service } from '../../model/models/types';
import type { RunStatus } from '../../model/types';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { useModels } from './modelsSurroundings';

export interface ServicePartProps {
  readonly service: Service;
  readonly state: ModelsState;
}

const SIGNS: Readonly<Record<Service['state'], RunStatus>> = {
  starting: 'running',
  restarting: 'running',
  ready: 'succeeded',
  stopped: 'cancelled',
  failed: 'failed',
  lost: 'failed'
};

// As JSON has them, in every language.
const TRUTHS = ['true', 'false'];

export function ServicePart({ service, state }: ServicePartProps): JSX.Element {
  const { actions, trans } = useModels();
  return (
    <section className="jp-DagbookService" aria-label={trans.__('Service of %1', service.model)}>
      <p className="jp-DagbookService-state" role="status">
        <StatusIcon status={SIGNS[service.state]} />
        <span>{stateWord(service, trans)}</span>
        {isOpen(service) && (
          <button
            type="button"
            className="jp-DagbookTracked-act"
            aria-label={trans.__('Stop serving %1', service.model)}
            onClick={() => actions.stop(service)}
          >
            {trans.__('Stop')}
          </button>
        )}
      </p>
      {service.message !== '' && <p className="jp-DagbookVersion-problem">{service.message}</p>}
      {isOpen(service) &&
        service.warnings.map(warning => (
          <p key={warning} className="jp-DagbookVersion-note">
            {warning}
          </p>
        ))}
      {service.state === 'ready' && <Trial service={service} state={state} />}
    </section>
  );
}

function Trial({ service, state }: ServicePartProps): JSX.Element {
  const { actions, trans } = useModels();
  const id = useId();
  const [isText, setText] = useState(false);
  const question = state.questions.get(service.service) ?? '';
  const reply = state.replies.get(service.service);
  const fields = fieldsOf(question, state.interfaces.get(service.service)?.inputs ?? null);
  return (
    <form
      className="jp-DagbookTrial"
      aria-label={trans.__('Try %1', service.model)}
      onSubmit={event => {
        event.preventDefault();
        actions.ask(service.service);
      }}
    >
      {fields === null || isText ? (
        <>
          <label htmlFor={`${id}text`}>{trans.__('Question, as JSON')}</label>
          <textarea
            id={`${id}text`}
            rows={5}
            value={question}
            spellCheck={false}
            onChange={event => actions.type(service.service, event.target.value)}
          />
        </>
      ) : (
        <Fields
          fields={fields}
          onChange={typed => actions.type(service.service, questionOf(typed))}
        />
      )}
      <div className="jp-DagbookVersion-acts">
        <button
          type="submit"
          className="jp-DagbookTracked-act"
          data-main
          disabled={state.busy.has(service.service)}
        >
          {trans.__('Ask')}
        </button>
        {fields !== null && (
          <button
            type="button"
            className="jp-DagbookTextButton"
            aria-pressed={isText}
            onClick={() => setText(!isText)}
          >
            {trans.__('as JSON')}
          </button>
        )}
      </div>
      {reply !== undefined && (
        <output
          className={reply.isRefusal ? 'jp-DagbookVersion-problem' : 'jp-DagbookTrial-answer'}
          aria-label={trans.__('Answer')}
        >
          {reply.text}
        </output>
      )}
    </form>
  );
}

interface FieldsProps {
  readonly fields: readonly QuestionField[];
  onChange(fields: readonly QuestionField[]): void;
}

function Fields({ fields, onChange }: FieldsProps): JSX.Element {
  const id = useId();
  // As it is typed: `1.` is on the way to a number.
  const [typed, setTyped] = useState(fields);
  const change = (place: number, text: string): void => {
    const changed = typed.map((field, at) => (at === place ? { ...field, text } : field));
    setTyped(changed);
    onChange(changed);
  };
  return (
    <div className="jp-DagbookTrial-fields">
      {typed.map(({ name, type, text }, place) => (
        <div key={name}>
          <label htmlFor={`${id}${place}`} title={type}>
            {name}
          </label>
          {type === 'boolean' ? (
            <select
              id={`${id}${place}`}
              value={text}
              onChange={event => change(place, event.target.value)}
            >
              {TRUTHS.map(value => (
                <option key={value}>{value}</option>
              ))}
            </select>
          ) : (
            <input
              id={`${id}${place}`}
              value={text}
              placeholder={type}
              spellCheck={false}
              onChange={event => change(place, event.target.value)}
            />
          )}
        </div>
      ))}
    </div>
  );
}

function stateWord({ state, url }: Service, trans: Translation): string {
  switch (state) {
    case 'starting':
      return trans.__('Starting');
    case 'restarting':
      return trans.__('Starting again');
    case 'ready':
      return url === '' ? trans.__('Served') : trans.__('Served at %1', url);
    case 'stopped':
      return trans.__('No longer served');
    case 'failed':
      return trans.__('Could not be served');
    case 'lost':
      return trans.__('Its process was killed');
  }
}
