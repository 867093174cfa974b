import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: SST's command line with Pulumi's engine, which takes it half a minute for each deployment. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/deploy/**/*.spec.ts'],
    testTimeout: 600_000,
    hookTimeout: 900_000,
    // Two deployments side by side take as long as one after the other.
    fileParallelism: false,
    reporters: ['default', './test/reporter.ts'],
  },
});
