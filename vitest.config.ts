import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // All cores: the default leaves one of two idle.
    maxWorkers: '100%',
    // A worker goes on with the next file: to load the sources anew for each of 170 files takes a fifth of the time.
    isolate: false,
    reporters: ['default', './test/reporter.ts'],
    server: { deps: { inline: ['dt-sql-parser', 'antlr4ng', 'antlr4-c3'] } },
  },
});
