import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

export default defineConfig(
  { ignores: ['**/dist/', 'build/', 'prebuilds/'] },
  js.configs.recommended,
  {
    files: ['src/**'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: { '@typescript-eslint/prefer-promise-reject-errors': 'off' },
  },
  {
    files: ['src/**/*.cts', '**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.{mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['process', 'console', 'require', '__dirname', 'globalThis'],
          ...['AbortController', 'AbortSignal', 'URL', 'Atomics', 'SharedArrayBuffer', 'WeakRef'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
