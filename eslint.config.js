import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import tseslint from 'typescript-eslint'

/** The console: everything else is read by oxlint (.oxlintrc.json), which does not know Svelte's markup. */
export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '**/build/',
    '**/.svelte-kit/',
    'ui/src/lib/paraglide/',
    // Broken on purpose: test/architecture proves that the checker finds it.
    'ui/checks/',
  ]),
  js.configs.recommended,
  {
    files: ['ui/**/*.{ts,svelte,svelte.ts}'],
    extends: [tseslint.configs.recommended, svelte.configs.recommended],
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { extraFileExtensions: ['.svelte'], parser: tseslint.parser },
    },
    rules: {
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // The hub serves the console from the root of its origin, so addresses need no base.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    files: ['ui/static/**/*.js'],
    languageOptions: { globals: globals.browser },
  },
)
