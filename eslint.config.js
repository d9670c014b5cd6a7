import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Only src/config reads the environment; everybody else is told by argument. */
const environmentMessage = 'Only src/config reads the environment: take what you need as an argument.'

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name; default exports are for frameworks that ask for them.',
}

export default defineConfig(
  globalIgnores(['dist', 'build', 'coverage', '.timbre', 'src/platform/database/generated']),
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // What factories make are closures: their functions need no `this` and may be handed on.
      '@typescript-eslint/unbound-method': 'off',
      // Numbers, and nothing else but text, may stand in templates.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Spreading text gives code points, which is what is meant.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // noUncheckedIndexedAccess makes `!` the honest way to read an array inside of its bounds.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Short closures over a call that returns nothing read better without braces.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Implementations of an asynchronous interface need not wait for anything themselves.
      '@typescript-eslint/require-await': 'off',
      // Type or interface is a matter of what is said.
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', WebAssembly: 'readonly' },
    },
  },
  { files: ['web/public/service-worker.js'], languageOptions: { globals: { self: 'readonly' } } },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
  {
    files: ['scripts/bootstrap/*.mjs'],
    languageOptions: {
      globals: { performance: 'readonly', setInterval: 'readonly', clearInterval: 'readonly' },
    },
  },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  {
    files: ['src/**', 'web/**'],
    // The entry hands the environment to src/config without looking into it.
    ignores: ['src/config/**', 'src/main.ts', '**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: environmentMessage },
      ],
    },
  },
  {
    // The command line and the scripts talk to a person.
    files: ['src/main.ts', 'src/cli/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // What the frameworks load by default export.
    files: [
      '*.config.{js,ts}',
      'web/root.tsx',
      'web/entry.*.tsx',
      'web/routes/**',
      'test/support/global-setup.ts',
      'test/support/summary-reporter.ts',
    ],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['web/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      // Loaders and actions throw responses: that is how Remix redirects.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['**/*.test.{ts,tsx}', 'test/**'],
    rules: {
      // What beforeAll sets is there in afterAll only if beforeAll got so far, whatever its type says.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Tests look into values of unknown shape; a wrong guess fails the test.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
)
