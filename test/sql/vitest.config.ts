/** Vitest's configuration for the tests of views, handbook and report on mail of a generated sender. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:mail`: each question is asked of weeks of generated mail, so these take as long as all of `npm test`'s others. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/sql/**/*.spec.ts', 'test/report/**/*.spec.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: '100%',
    reporters: ['default', './test/reporter.ts'],
  },
});
