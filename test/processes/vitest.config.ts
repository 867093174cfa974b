/** Vitest's configuration for the tests with real processes. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:processes`: real processes: what commands do and say, and runs that are killed, side by side and on full disks. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/processes/**/*.spec.ts', 'test/cli/**/*.spec.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['default', './test/reporter.ts'],
  },
});
