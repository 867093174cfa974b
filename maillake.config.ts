/** Your lake: what is not said here has a default (stacks/config.ts says which, and what else can be set). */
import type { LakeConfig } from './stacks/config.ts';

export const config: LakeConfig = {
  app: 'maillake',
  region: 'eu-west-1',
  // Events that lie in a bucket of yours already, in place of a new bucket, a new Firehose and SES:
  // raw: { from: 'existing bucket', bucket: 'your-events', template: 'events/{yyyy}/{MM}/{dd}/{HH}/' },
  // Your configuration set, in place of a new one:
  // ses: { configurationSet: 'your-set' },
  // tags: { newsletter: 'campaign_id' },
  // addresses: 'hashed',
  // reportTimeZone: 'Europe/Berlin',
  stages: {
    production: {
      // alarms: { email: 'you@example.com' },
      // alerts: { email: 'you@example.com' },
    },
  },
};
