import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // A database of Citus is for all of them.
    fileParallelism: process.env['CITUS_TEST_URL'] === undefined,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
