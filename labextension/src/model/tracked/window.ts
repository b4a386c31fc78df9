/** Which rows of a long list are drawn. */

export interface Window {
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
}

/** Of a row, in pixels; the style sheet has the same. */
export const ROW_HEIGHT = 28;

const BEYOND = 8;

/** The rows that a view of `height` pixels shows, scrolled to `top`, and some around them. */
export function windowOf(count: number, rowHeight: number, top: number, height: number): Window {
  const first = Math.max(0, Math.floor(top / rowHeight) - BEYOND);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + BEYOND);
  return { first: Math.min(first, Math.max(0, count - 1)), end };
}
