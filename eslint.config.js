import tseslint from 'typescript-eslint';

const readsOfTime = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument: read it from a Clock at the edge and pass it on.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Time is an argument: read it from a Clock at the edge and pass it on.' },
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Time is an argument: read it from a Clock at the edge and pass it on.' },
];

/** ESLint knows one limit a rule; the lower one only warns, so it stands under a second name. */
const { rules: { 'max-lines': maxLines, 'max-lines-per-function': maxLinesPerFunction } } = await builtInRules();
const house = { rules: { 'long-file': maxLines, 'long-function': maxLinesPerFunction } };

const counted = max => ({ max, skipBlankLines: true, skipComments: true });

const tests = ['**/*.spec.ts', '**/*.db-spec.ts', '**/*.prop-spec.ts', '**/*.e2e-spec.ts', '**/*.bench.ts', 'test/**/*.ts'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.data/', 'coverage/', 'docs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { house },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // A method that an interface or framework wants as a promise need not wait for anything.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': ['error', ...readsOfTime],
      'house/long-file': ['warn', counted(200)],
      'max-lines': ['error', counted(400)],
      'house/long-function': ['warn', counted(40)],
      'max-lines-per-function': ['error', counted(80)],
    },
  },
  {
    // What a decorator's metadata names must be imported as a value.
    files: ['src/**/*.ts', 'libs/database/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: [...tests, '**/generators/**', '**/generate*.ts', '**/*.sql.ts', 'migrations/**'],
    rules: { 'house/long-function': 'off', 'max-lines-per-function': 'off' },
  },
  {
    files: ['libs/kernel/src/clock.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: tests,
    rules: {
      // Bodies of answers are read as they come; expect() says what they are.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);

async function builtInRules() {
  const { builtinRules } = await import('eslint/use-at-your-own-risk');
  return { rules: Object.fromEntries(['max-lines', 'max-lines-per-function'].map(name => [name, builtinRules.get(name)])) };
}
