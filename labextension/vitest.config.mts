import { readFile } from 'node:fs/promises';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // As JupyterLab's builder does: an SVG is its own text.
      name: 'svg-as-text',
      enforce: 'pre',
      async load(id) {
        return id.endsWith('.svg')
          ? `export default ${JSON.stringify(await readFile(id, 'utf-8'))}`
          : null;
      }
    }
  ],
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//] } },
    // Machines stall: a test that waits for something waits long enough.
    testTimeout: 30_000,
    restoreMocks: true
  }
});
