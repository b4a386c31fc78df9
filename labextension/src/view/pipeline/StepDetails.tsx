/** One step of a run: how it stands, its error at its cell, its log, outputs, notebook and record. */

import type { JSX } from 'react';

import { duration } from '../../model/format';
import { shownStatus } from '../../model/shownStatus';
import { logKey, plainText } from '../../model/pipeline/stepLog';
import type { StepState } from '../../model/steps';
import { BAD } from '../../model/steps';
import type { NodeError, ShownStatus } from '../../model/types';
import { StatusIcon } from '../StatusIcon';
import type { Translation } from '../surroundings';
import { useRead } from '../useRead';
import { statusWord } from '../words';
import { StepValues } from './StepValues';
import type { RunActions } from './runActions';

export interface StepDetailsProps {
  readonly step: StepState;
  readonly gone: boolean;
  /** Whether nobody drives the run, so that it can be taken up again. */
  readonly isOver: boolean;
  readonly actions: RunActions;
  readonly trans: Translation;
}

// Why a step was done explains nothing once it is done.
const HAS_REASON: ReadonlySet<ShownStatus> = new Set(['pending', 'reused', 'skipped']);

export function StepDetails(props: StepDetailsProps): JSX.Element {
  const { step, gone, isOver, actions, trans } = props;
  const { step: name, node } = step.outline;
  const { mlflowRunId } = step;
  const status = shownStatus(step, gone);
  const isHeld = status === 'held';
  const error = isHeld && step.held !== null ? step.held.error : step.error;
  const showCell = (cell: number): void =>
    isHeld ? actions.attach(name) : actions.openNotebook(name, cell);
  return (
    <>
      <p className="jp-DagbookRunView-state">
        <StatusIcon status={status} /> <strong>{name}</strong> {statusWord(status, trans)}
        {step.attempt > 1 && ` · ${trans.__('attempt %1', step.attempt)}`}
        {step.seconds !== null && ` · ${duration(step.seconds)}`}
        {step.byHand !== '' && ` · ${trans.__('finished by hand by %1', step.byHand)}`}
      </p>
      {HAS_REASON.has(status) && step.reason !== '' && <p>{step.reason}</p>}
      {error !== null && <StepError error={error} show={showCell} trans={trans} />}
      {step.warnings.map(warning => (
        <p key={warning}>{warning}</p>
      ))}
      <div className="jp-DagbookForm-buttons">
        {step.notebook !== '' && (
          <button type="button" onClick={() => actions.openNotebook(name)}>
            {trans.__('Open the executed notebook')}
          </button>
        )}
        {step.attempt + Number(status === 'reused') > 0 && (
          <button type="button" onClick={() => actions.openWithInputs(name)}>
            {trans.__('Open with these inputs')}
          </button>
        )}
        {mlflowRunId !== null && (
          <button type="button" onClick={() => actions.openRecord(mlflowRunId)}>
            {trans.__('Open what was recorded')}
          </button>
        )}
        {isOver && (
          <button type="button" onClick={() => actions.retry([node])}>
            {trans.__('Retry from here')}
          </button>
        )}
        {isOver && BAD.has(step.state) && (
          <button type="button" onClick={() => actions.retry([node], true)}>
            {trans.__('Retry, and keep its kernel if it fails')}
          </button>
        )}
      </div>
      <StepValues step={step} actions={actions} trans={trans} />
      {step.attempt > 0 && <Log step={step} actions={actions} trans={trans} />}
    </>
  );
}

function StepError(props: {
  readonly error: NodeError;
  show(cell: number): void;
  readonly trans: Translation;
}): JSX.Element {
  const { error, show, trans } = props;
  const { cell, remedy = '', traceback = '' } = error;
  return (
    <div className="jp-DagbookRunView-error" role="group" aria-label={trans.__('Error')}>
      <strong>
        {typeof cell === 'number' ? trans.__('%1 in cell %2', error.name, cell) : error.name}
      </strong>
      <p>{error.value}</p>
      {remedy !== '' && <p>{trans.__('Fix: %1', remedy)}</p>}
      {traceback !== '' && (
        <details>
          <summary>{trans.__('Traceback')}</summary>
          {/* One can scroll in it, so it has to be reached by keyboard. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre tabIndex={0}>{plainText(traceback)}</pre>
        </details>
      )}
      {typeof cell === 'number' && (
        <button type="button" onClick={() => show(cell)}>
          {trans.__('Show the cell')}
        </button>
      )}
    </div>
  );
}

/** What the step printed; read again whenever it has gone on. */
function Log(props: {
  readonly step: StepState;
  readonly actions: RunActions;
  readonly trans: Translation;
}): JSX.Element {
  const { step, actions, trans } = props;
  const name = step.outline.step;
  const key = logKey(step);
  const { value: log, fault } = useRead(() => actions.log(name), `${name} ${key}`);
  const isOther = log !== null && log.step !== name;
  return (
    <section className="jp-DagbookRunView-log" aria-label={trans.__('Log')}>
      <h3>{trans.__('Log')}</h3>
      {fault !== '' && <p role="alert">{fault}</p>}
      {log === null || isOther ? (
        fault === '' && <p>{trans.__('Reading…')}</p>
      ) : (
        <>
          {log.cut && <p>{trans.__('Only the end is shown.')}</p>}
          {log.cells.length === 0 && <p>{trans.__('It printed nothing.')}</p>}
          {log.cells.map(({ cell, text }) => (
            <div key={cell}>
              {cell > 0 && <span>{trans.__('cell %1', cell)}</span>}
              {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
              <pre tabIndex={0}>{plainText(text)}</pre>
            </div>
          ))}
        </>
      )}
    </section>
  );
}
