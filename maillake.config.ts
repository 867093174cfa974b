/** Your lake: what is not said here has a default (stacks/config.ts says which, and what else can be set). */
import type { LakeConfig } from './stacks/config.ts';

export const config: LakeConfig = {
  app: 'maillake',
  region: 'eu-west-1',
  stages: {
    production: {
      // alarms: { email: 'you@example.com' },
    },
  },
};
