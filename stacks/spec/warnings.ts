/** Warnings about a configuration that is valid, but may surprise its owner: `sst deploy` prints them at its end. */
import type { StageConfig } from '../config.ts';
import { withoutSilenceAlarm } from './alarms.ts';

export function warningsOf(config: StageConfig): string[] {
  const seldom = withoutSilenceAlarm(config);
  return [
    ...(config.keepsData && config.alarms.email === null
      ? ['Nobody is told of alarms: set alarms.email, or subscribe to the topic.']
      : []),
    ...(config.schedules.enabled ? [] : ['Nothing runs by itself: schedules.enabled is false.']),
    ...retentionWarnings(config),
    ...seldom.map(
      (name) => `No alarm tells when ${name} falls silent: its schedule pauses for longer than alarms look back.`,
    ),
  ];
}

/** What is kept longer than somebody may think who has said for how long. */
function retentionWarnings({ raw, otherRaw, retention: { rawDays, days } }: StageConfig): string[] {
  const isLimited = Object.values(days).some((kept) => kept !== null);
  const yours = [...(raw.from === 'existing bucket' ? [raw] : []), ...otherRaw].map(({ bucket }) => bucket);
  return [
    ...(isLimited && rawDays === null
      ? ['Tables expire and raw data does not, which holds all that they held: see retention.rawDays.']
      : []),
    ...(rawDays !== null && yours.length > 0
      ? [
          `retention.rawDays changes nothing about ${yours.join(', ')}, as nothing about a bucket of yours is changed: give it a lifecycle rule that lets objects expire after ${rawDays} days (stacks/README.md, "Two years are enough").`,
        ]
      : []),
  ];
}
