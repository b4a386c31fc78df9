/** A form for a node, or for the pipeline when no node is selected, from the schema of the file. */

import { useId } from 'react';
import type { JSX } from 'react';

import { nameProblem } from '../../model/pipeline/actions';
import { fileOf } from '../../model/pipeline/graph';
import type { PipelineNode } from '../../model/pipeline/graph';
import type { DocumentState } from '../../model/pipeline/pipelineStore';
import { offersFor } from '../../model/pipeline/ports';
import { mapping } from '../../model/pipeline/spec';
import type { Path, Value } from '../../model/pipeline/spec';
import type { SchemaProperty } from '../../model/pipeline/types';
import { PropertyField, TextField } from './PropertyField';
import { useEditor } from './editorSurroundings';

export function Properties(props: { readonly state: DocumentState; close(): void }): JSX.Element {
  const { state } = props;
  const { trans } = useEditor();
  const node = state.graph.nodes.find(each => each.name === state.selected);
  return (
    <section className="jp-DagbookForm" aria-label={trans.__('Properties')}>
      <div className="jp-DagbookForm-head">
        <h2>{node === undefined ? trans.__('Pipeline') : trans.__('Node %1', node.name)}</h2>
        <button type="button" aria-label={trans.__('Close the properties')} onClick={props.close}>
          ×
        </button>
      </div>
      {node === undefined ? <PipelineForm state={state} /> : <NodeForm state={state} node={node} />}
    </section>
  );
}

const NODE_FIRST = ['description', 'when', 'foreach', 'matrix', 'needs', 'timeout', 'retries'];
const ELSEWHERE = new Set(['notebook', 'params', 'nodes', 'version']);

function NodeForm(props: {
  readonly state: DocumentState;
  readonly node: PipelineNode;
}): JSX.Element {
  const { state, node } = props;
  const { actions, trans } = useEditor();
  const findings = state.check.findings.filter(finding => finding.node === node.name);
  const path = ['nodes', node.name];
  return (
    <>
      <ul className="jp-DagbookForm-findings">
        {findings.map(({ message, remedy, severity }, index) => (
          <li key={index} data-wrong={severity !== 'warning'}>
            {message}
            {remedy !== '' && <em> {trans.__('Fix: %1', remedy)}</em>}
          </li>
        ))}
      </ul>
      <NameField state={state} node={node} />
      <TextField
        label={trans.__('Notebook')}
        text={node.notebook}
        help={trans.__('Its path from this file')}
        commit={notebook => {
          actions.act({ do: 'put', path: [...path, 'notebook'], value: notebook });
          return null;
        }}
      />
      <div className="jp-DagbookForm-buttons">
        <button
          type="button"
          disabled={fileOf(node) === ''}
          onClick={() => actions.openNotebook(fileOf(node))}
        >
          {node.pipeline === '' ? trans.__('Open the notebook') : trans.__('Open the pipeline')}
        </button>
        <button type="button" onClick={() => actions.act({ do: 'remove-node', node: node.name })}>
          {trans.__('Remove the node')}
        </button>
      </div>
      <Params state={state} node={node} />
      <Fields
        properties={state.schema?.$defs['NodeSpec']?.properties ?? {}}
        first={NODE_FIRST}
        path={path}
        written={node.written}
      />
    </>
  );
}

function PipelineForm({ state }: { readonly state: DocumentState }): JSX.Element {
  const first = ['pipeline', 'description'];
  const properties = state.schema?.properties ?? {};
  const written = mapping(state.value);
  const { trans } = useEditor();
  return (
    <>
      <Fields properties={properties} first={first} path={[]} written={written} />
      <PropertyField
        name="params"
        label={trans.__('params')}
        property={properties['params'] ?? {}}
        path={['params']}
        value={written['params']}
      />
    </>
  );
}

/** What is written comes first, then what is often needed; the rest is folded. */
function Fields(props: {
  readonly properties: Readonly<Record<string, SchemaProperty>>;
  readonly first: readonly string[];
  readonly path: Path;
  readonly written: Readonly<Record<string, Value>>;
}): JSX.Element {
  const { properties, first, path, written } = props;
  const { trans } = useEditor();
  const names = Object.keys(properties).filter(name => !ELSEWHERE.has(name));
  const near = names.filter(name => first.includes(name) || Object.hasOwn(written, name));
  near.sort((one, other) => rank(first, one) - rank(first, other));
  const far = names.filter(name => !near.includes(name));
  const field = (name: string): JSX.Element => (
    <PropertyField
      key={name}
      name={name}
      label={name}
      property={properties[name] ?? {}}
      path={[...path, name]}
      value={written[name]}
    />
  );
  return (
    <>
      {near.map(field)}
      {far.length > 0 && (
        <details>
          <summary>{trans.__('More')}</summary>
          {far.map(field)}
        </details>
      )}
    </>
  );
}

function rank(first: readonly string[], name: string): number {
  const found = first.indexOf(name);
  return found === -1 ? first.length : found;
}

function NameField(props: {
  readonly state: DocumentState;
  readonly node: PipelineNode;
}): JSX.Element {
  const { state, node } = props;
  const { actions, trans } = useEditor();
  const others = state.graph.nodes.map(each => each.name).filter(name => name !== node.name);
  return (
    <TextField
      label={trans.__('Name')}
      text={node.name}
      help={trans.__('References to it are changed with it')}
      commit={name => {
        switch (nameProblem(name, others)) {
          case 'no-name':
            return trans.__('Letters, digits and underscores, and no digit first');
          case 'reserved':
            return trans.__('This is a reserved word');
          case 'taken':
            return trans.__('Another node has this name');
          case 'too-long':
            return trans.__('At most 64 characters');
          case null:
            actions.act({ do: 'rename-node', node: node.name, to: name });
            return null;
        }
      }}
    />
  );
}

function Params(props: {
  readonly state: DocumentState;
  readonly node: PipelineNode;
}): JSX.Element | null {
  const { state, node } = props;
  const { trans } = useEditor();
  const list = useId();
  const inputs = state.ports.get(node.name)?.inputs ?? [];
  if (inputs.length === 0) {
    return null;
  }
  return (
    <fieldset>
      <legend>{trans.__('Parameters')}</legend>
      <datalist id={list}>
        {offersFor(state.graph, node.name, state.ports).map(offer => (
          <option key={offer} value={offer} />
        ))}
      </datalist>
      {inputs.map(input => (
        <PropertyField
          key={input.name}
          name={input.name}
          label={input.type === '' ? input.name : `${input.name}: ${input.type}`}
          property={{
            description: input.missing ? trans.__('Has to be given. %1', input.help) : input.help
          }}
          path={['nodes', node.name, 'params', input.name]}
          value={node.params[input.name]}
          list={list}
        />
      ))}
    </fieldset>
  );
}
