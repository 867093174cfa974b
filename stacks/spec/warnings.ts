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
    ...seldom.map(
      (name) => `No alarm tells when ${name} falls silent: its schedule pauses for longer than alarms look back.`,
    ),
  ];
}
