/** What JupyterLab's packages expect of a browser and jsdom does not have. */

import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

class Nothing {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

Object.assign(globalThis, {
  DragEvent: class extends MouseEvent {},
  ResizeObserver: Nothing,
  IntersectionObserver: Nothing,
  // JupyterLab's React widgets draw when the browser has nothing else to do.
  requestIdleCallback: (draw: () => void) => setTimeout(draw, 0),
  matchMedia: () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} })
});

afterEach(cleanup);
