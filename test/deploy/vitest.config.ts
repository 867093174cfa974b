/** Vitest's configuration for the tests of deployments. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: SST's command line with Pulumi's engine, which takes it half a minute for each deployment. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/deploy/**/*.spec.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    // Each file has an account of its own; a deployment waits for itself as often as for a core.
    maxWorkers: 2,
    reporters: ['default', './test/reporter.ts'],
  },
});
