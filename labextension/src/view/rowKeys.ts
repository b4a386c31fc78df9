/** Arrow keys in the list: up and down from row to row, right and left to open and close. */

import type { KeyboardEvent } from 'react';

/** A handler for the element around the rows, which are marked with `data-row`. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const current =
    event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null;
  if (current === null || event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const place = rows.indexOf(current);
  const expanded = current.getAttribute('aria-expanded');
  const target = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1 }[
    event.key
  ];
  if (target !== undefined) {
    rows[target]?.focus();
  } else if (
    (event.key === 'ArrowRight' && expanded === 'false') ||
    (event.key === 'ArrowLeft' && expanded === 'true')
  ) {
    current.click();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
