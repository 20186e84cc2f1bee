import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '**/build/',
    '**/dist/',
    '**/.svelte-kit/',
    'data/',
    'hub/src/generated/',
    'ui/src/lib/paraglide/',
    // Broken on purpose: test/architecture proves that the checker finds it.
    'ui/checks/',
  ]),
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['{protocols,edge,hub,simulators,test,demo,deploy}/**/*.ts', '*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Ports return promises whether or not one adapter needs to wait.
      '@typescript-eslint/require-await': 'off',
      // Templates meet numbers all the time; text of objects is still refused by no-base-to-string.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      // JSON of answers is looked at field by field in tests.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    // Programs for a person at a terminal: their output is what they are for.
    files: ['demo/**/*.ts', 'test/{bench,faults}/**/*.ts', 'test/screenshots.ts'],
    rules: { 'no-console': 'off' },
  },
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
