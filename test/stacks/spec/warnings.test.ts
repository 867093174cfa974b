import { expect, test } from 'vitest';
import { configOf, type LakeConfig } from '../../../stacks/config.ts';
import { warningsOf } from '../../../stacks/spec/warnings.ts';

const of = (more: Partial<LakeConfig>, stage = 'production'): string[] =>
  warningsOf(configOf({ app: 'maillake', region: 'eu-west-1', ...more }, stage));

test('a stage that keeps its data and tells nobody of alarms says so, in one line', () => {
  expect(of({})).toEqual(['Nobody is told of alarms: set alarms.email, or subscribe to the topic.']);
  expect(of({ alarms: { email: 'ops@example.com' } })).toEqual([]);
  expect(of({}, 'dev')).toEqual([]);
});

test('a function that nothing can watch is named, and so is a stage that does nothing by itself', () => {
  expect(of({ schedules: { at: { audit: 'cron(5 6 1 * ? *)' } } }, 'dev')).toEqual([
    'No alarm tells when audit falls silent: its schedule pauses for longer than alarms look back.',
  ]);
  expect(of({ schedules: { enabled: false } }, 'dev')).toEqual(['Nothing runs by itself: schedules.enabled is false.']);
});

test('who says how long tables are kept is told what is kept for ever, and which buckets are for them to see to', () => {
  const days = { events: 730, headers: 730, clicks: 730, recipient_messages: 730 };
  expect(of({ retention: { days } }, 'dev')).toEqual([
    'Tables expire and raw data does not, which holds all that they held: see retention.rawDays.',
  ]);
  expect(of({ retention: { rawDays: 730, days } }, 'dev')).toEqual([]);
  const [told, ...others] = of(
    { retention: { rawDays: 730 }, raw: { from: 'existing bucket', bucket: 'ours', template: null } },
    'dev',
  );
  expect(others).toEqual([]);
  expect(told).toMatch(/changes nothing about ours, .* lets objects expire after 730 days/);
});
