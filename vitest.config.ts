import { configDefaults, defineConfig } from 'vitest/config';

/** Suites of threads, processes and signals: they are about who waits for whom, and run one file at a time. */
const ALONE = ['test/{threads,cli,package}/**/*.test.ts', 'test/bench.test.ts'];

const shared = { setupFiles: ['test/setup.ts'], testTimeout: 240_000, hookTimeout: 240_000 };

/** The suites that run in Node; those of test/browser are vitest.browser.config.ts's. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/browser/**', ...ALONE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'alone',
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
