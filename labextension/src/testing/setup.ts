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
  matchMedia: () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} })
});

afterEach(cleanup);

// JupyterLab's React widgets draw when the browser has nothing else to do.
globalThis.requestIdleCallback ??= callback =>
  Number(setTimeout(() => callback({ didTimeout: false, timeRemaining: () => 0 }), 0));
