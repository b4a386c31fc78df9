/** What a person has written about a run, to be changed in its place. */

import { useState } from 'react';
import type { JSX } from 'react';

import type { RunDetail } from '../../../model/tracked/detail';
import { usePage } from './pageSurroundings';

export function NoteAndTags({ run }: { readonly run: RunDetail }): JSX.Element {
  return (
    <div className="jp-DagbookPage-about">
      <Note key={run.note} run={run} />
      <Tags run={run} />
    </div>
  );
}

function Note({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans, store } = usePage();
  const [typed, setTyped] = useState(run.note);
  const save = (): void => {
    if (typed !== run.note) {
      void store.edit({ note: typed });
    }
  };
  return (
    <label className="jp-DagbookPage-note">
      <span>{trans.__('Note')}</span>
      <textarea
        rows={Math.min(6, 1 + typed.split('\n').length)}
        value={typed}
        placeholder={trans.__('What was tried, and what came of it')}
        onChange={event => setTyped(event.target.value)}
        onBlur={save}
        onKeyDown={event => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            save();
            event.preventDefault();
          }
          event.stopPropagation(); // typing is no command of the notebook's
        }}
      />
    </label>
  );
}

function Tags({ run }: { readonly run: RunDetail }): JSX.Element {
  const { trans, store } = usePage();
  const [typed, setTyped] = useState('');
  const add = (): void => {
    const [name = '', ...rest] = typed.split('=');
    if (name.trim() !== '') {
      void store
        .edit({ tags: { [name.trim()]: rest.join('=').trim() } })
        .then(isDone => isDone && setTyped(''));
    }
  };
  return (
    <div className="jp-DagbookPage-tags">
      <span>{trans.__('Tags')}</span>
      <ul aria-label={trans.__('Tags')}>
        {Object.entries(run.tags).map(([name, value]) => (
          <li key={name}>
            {value === '' ? name : `${name}=${value}`}
            <button
              type="button"
              aria-label={trans.__('Take the tag %1 away', name)}
              onClick={() => void store.edit({ tags: { [name]: null } })}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <form
        onSubmit={event => {
          event.preventDefault();
          add();
        }}
      >
        <input
          type="text"
          value={typed}
          placeholder={trans.__('name=value')}
          aria-label={trans.__('A new tag: name=value')}
          onChange={event => setTyped(event.target.value)}
          onKeyDown={event => event.stopPropagation()}
        />
        <button type="submit" disabled={typed.trim() === ''}>
          {trans.__('Add Tag')}
        </button>
      </form>
    </div>
  );
}
