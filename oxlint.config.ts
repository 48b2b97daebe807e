import { defineConfig } from 'oxlint';
import { CONFINED_PACKAGES, MODULE_BOUNDARIES, TEST_EXTRAS } from './scripts/lint/module-boundaries.ts';

const CANARY = 'scripts/lint/canary';

/** Module folders by name, for the rule against relative imports that leave a module. */
const MODULE_NAMES = Object.keys(MODULE_BOUNDARIES).map((folder) => folder.replace('server/', ''));

const globs = (folder: string): string[] => [`${folder}/**/*.{ts,tsx}`, `${CANARY}/${folder}/**/*.{ts,tsx}`];

/** A rule that forbids every module that is not listed, and every package that has its home elsewhere. */
function restrict(folder: string, allowed: readonly string[], self: string): ['error', Record<string, unknown>] {
  const open = [self, ...allowed];
  const isOpen = (module: string): boolean =>
    open.some((prefix) => module === prefix || module.startsWith(`${prefix}/`));
  const closed = Object.keys(MODULE_BOUNDARIES)
    .map((name) => `#${name}`)
    .filter((module) => !isOpen(module));
  /** Parts of a module that are open although the module is not. */
  const openParts = allowed
    .filter((prefix) => !(prefix.slice(1) in MODULE_BOUNDARIES))
    .map((part) => (part.endsWith('.ts') ? `!${part}` : `!${part}/**`));
  const confined = Object.entries(CONFINED_PACKAGES)
    .filter(([, homes]) => !homes.some((home) => folder === home || folder.startsWith(`${home}/`)))
    .map(([name]) => name);
  const message = `Not allowed in ${folder}: see scripts/lint/module-boundaries.ts.`;
  return [
    'error',
    {
      paths: confined.map((name) => ({ name, message })),
      patterns: [
        { group: [...closed.map((module) => `${module}/**`), ...openParts], message },
        { group: confined.map((name) => `${name}/**`), message },
        {
          regex: `^(\\.\\./)+(${MODULE_NAMES.join('|')})/`,
          message: 'Relative imports stay inside a module; use the # path.',
        },
      ],
    },
  ];
}

// The last matching override wins, and the canary lies inside `scripts`: that one comes first.
const modules = Object.entries(MODULE_BOUNDARIES).toSorted(
  ([a], [b]) => Number(b === 'scripts') - Number(a === 'scripts'),
);

const boundaries = modules.flatMap(([folder, allowed]) => [
  { files: globs(folder), rules: { 'no-restricted-imports': restrict(folder, allowed, `#${folder}`) } },
  {
    files: [`${folder}/**/*.test.{ts,tsx}`, `${folder}/**/*.contract.ts`],
    rules: {
      'no-restricted-imports': restrict(
        folder.startsWith('server') ? 'server/testing' : 'e2e',
        [...allowed, ...TEST_EXTRAS],
        `#${folder}`,
      ),
    },
  },
]);

/** recharts has one home inside `components`. */
const chartsHome = {
  files: globs('components/charts'),
  rules: { 'no-restricted-imports': restrict('components/charts', ['#lib'], '#components') },
};

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'react', 'jsx-a11y', 'nextjs', 'promise', 'node', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'import/no-cycle': 'error',
    'no-console': 'off',
    'oxc/no-barrel-file': ['error', { threshold: 25 }],
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'node/no-process-env': 'error',
    'react/react-in-jsx-scope': 'off',
    'no-shadow': 'off',
    'no-await-in-loop': 'off',
    'unicorn/no-array-sort': 'off',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
    ],
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/require-module-specifiers': 'off',
    'no-underscore-dangle': 'off',
    'jsx-a11y/prefer-tag-over-role': 'off',
    'jsx-a11y/no-autofocus': 'off',
    'jsx-a11y/no-noninteractive-tabindex': 'off',
    'promise/no-promise-in-callback': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'promise/always-return': 'off',
    'no-control-regex': 'off',
    'no-unmodified-loop-condition': 'off',
    // A second argument says what a failure means.
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    'vitest/no-conditional-expect': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/require-mock-type-parameters': 'off',
    'vitest/no-conditional-tests': 'off',
  },
  overrides: [
    ...boundaries,
    chartsHome,
    {
      files: [
        'server/bin/**',
        'server/kernel/config.ts',
        'server/studio/studio-config.ts',
        'proxy.ts',
        'server/testing/**',
        'scripts/**',
        'e2e/**',
        '*.config.{ts,mjs}',
        '**/*.test.ts',
        '**/*-fixture.ts',
        'server/inference/*/main.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
    { files: ['app/**'], rules: { 'unicorn/filename-case': 'off' } },
  ],
  ignorePatterns: ['node_modules', '.next*', 'next-env.d.ts', ...(process.env['VIRIDIAN_LINT_CANARY'] ? [] : [CANARY])],
});
