import { defineConfig } from 'vitest/config';

/** Unit, contract and component tests. They use real sockets, files and processes, so files run in forked workers. */
export default defineConfig({
  test: {
    include: [
      'lib/**/*.test.ts',
      'server/**/*.test.ts',
      'components/**/*.test.ts',
      'scripts/**/*.test.ts',
      'app/**/*.test.ts',
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
});
