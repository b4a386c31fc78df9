// JupyterLab's conventions, React's rules, accessibility, and the fence between the three floors.
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

const LAB = ['@jupyterlab/*', '@jupyter/*', '@lumino/*'];
const REACT = ['react', 'react/*', 'react-dom', 'react-dom/*'];

function fence(files, message, patterns) {
  return {
    files,
    ignores: ['**/*.test.*', 'src/testing/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }] }
  };
}

export default defineConfig(
  { ignores: ['lib', 'node_modules', '.yarn', 'style'] },
  {
    files: ['src/**/*.{ts,tsx}', 'vitest.config.mts'],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unbound-method': 'off', // our functions in props and tables use no `this`
      // A token and its interface share a name, as everywhere in JupyterLab.
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }]
    }
  },
  {
    files: ['src/**/*.tsx'],
    extends: [a11y.flatConfigs.strict]
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [hooks.configs.flat['recommended-latest']]
  },
  { plugins: { jupyter } },
  ...jupyter.configs.recommended.map(config => ({
    ...config,
    // A convention that is only warned of is not kept.
    rules: Object.fromEntries(
      Object.entries(config.rules).map(([rule, level]) => [rule, level === 'off' ? 'off' : 'error'])
    )
  })),
  {
    files: ['src/lab/**'],
    rules: {
      // What is small is not worth a request of its own. The view, which is not, is fetched when it is shown.
      'jupyter/prefer-lazy-imports': [
        'error',
        { minimumSize: 8_192, ignoreImports: ['../model/*'] }
      ]
    }
  },
  fence(['src/model/**'], 'The model knows neither React nor JupyterLab nor its neighbours.', [
    ...LAB,
    ...REACT,
    '**/view/*',
    '**/lab/*'
  ]),
  fence(['src/view/**'], 'The view knows React and the model, and nothing of JupyterLab.', [
    ...LAB,
    '**/lab/*'
  ]),
  prettier
);
