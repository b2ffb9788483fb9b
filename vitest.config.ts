import { configDefaults, defineConfig } from 'vitest/config';

/** The suites that run in Node; those of test/browser are vitest.browser.config.ts's. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/browser/**'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
