import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: SST's command line with Pulumi's engine, which takes it half a minute for each deployment. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/deploy/**/*.spec.ts'],
    testTimeout: 600_000,
    hookTimeout: 900_000,
    // Each file has an account of its own; a deployment waits for itself as often as for a core.
    maxWorkers: 2,
    reporters: ['default', './test/reporter.ts'],
  },
});
