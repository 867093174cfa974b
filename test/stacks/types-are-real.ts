/** Mistakes that SST's types must refuse: proof that the type check of the stacks checks something. */

/// <reference path="../../.sst/platform/config.d.ts" />
/**
 * Checked with the stacks, never run: where SST's types were not found everything would pass for anything, and none of these
 * mistakes would be one.
 */
export const mistakes = (): unknown[] => [
  // @ts-expect-error a misspelt argument
  new sst.aws.Bucket('Bucket', { versionning: true }),
  // @ts-expect-error no such runtime
  new sst.aws.Function('Function', { handler: 'x.handler', runtime: 'nodejs8.x' }),
  // @ts-expect-error a number is no schedule
  new sst.aws.CronV2('Cron', { function: 'x.handler', schedule: 5 }),
  // @ts-expect-error a workgroup has no such setting
  new aws.athena.Workgroup('Workgroup', { configuration: { bytesScannedCutoff: 1 } }),
  // @ts-expect-error an output is no text
  new sst.aws.Queue('Queue').url.toUpperCase(),
];
