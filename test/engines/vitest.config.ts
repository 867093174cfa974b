/** Vitest's configuration for the tests on Trino. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:engines`: starts moto and Trino, which need Python and Java, so it is no part of `npm test`. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/engines/**/*.spec.ts'],
    globalSetup: ['./test/engines/setup.ts'],
    // Trino takes half a minute for the rollup's query, and more beside other work.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // One account for all: files run one after another, each in a database and buckets of its own.
    fileParallelism: false,
    // Queries of one file side by side: Trino answers four in little more time than one.
    maxConcurrency: 4,
    reporters: ['default', './test/reporter.ts'],
  },
});
