import { expect, test } from 'vitest';
import { configOf } from '../../../stacks/config.ts';
import { withoutSilenceAlarm } from '../../../stacks/spec/alarms.ts';
import { SCHEDULES } from '../../../stacks/spec/lambdas.ts';
import { longestGapSeconds } from '../../../stacks/spec/schedule-gap.ts';

const HOUR = 3600;

test.each([
  ['rate(5 minutes)', 300],
  ['rate(1 day)', 24 * HOUR],
  ['cron(20 * * * ? *)', HOUR],
  ['cron(0/15 * * * ? *)', 900],
  ['cron(0 8-18 ? * MON-FRI *)', 62 * HOUR],
  ['cron(5 6 * * ? *)', 24 * HOUR],
  ['cron(0 6,18 * * ? *)', 12 * HOUR],
  ['cron(42 2 ? * SUN *)', 7 * 24 * HOUR],
  ['cron(42 2 ? * 1 *)', 7 * 24 * HOUR],
  ['cron(0 0 1 * ? *)', 31 * 24 * HOUR],
  ['cron(0 0 L * ? *)', Number.POSITIVE_INFINITY],
  ['cron(0 0 1 1 ? 2030)', Number.POSITIVE_INFINITY],
])('%s pauses for at most %d seconds', (expression, seconds) => {
  expect(longestGapSeconds(expression)).toBe(seconds);
});

test('every declared schedule has a gap, and every scheduled function an alarm for silence', () => {
  for (const { expression } of SCHEDULES) expect(longestGapSeconds(expression)).toBeLessThan(8 * 24 * HOUR);
  const config = { app: 'maillake', region: 'eu-west-1' };
  expect(withoutSilenceAlarm(configOf(config, 'dev'))).toEqual([]);
  expect(
    withoutSilenceAlarm(configOf({ ...config, schedules: { at: { audit: 'cron(5 6 1 * ? *)' } } }, 'dev')),
  ).toEqual(['audit']);
});
