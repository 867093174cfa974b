import { expect, test } from 'vitest';
import { zoneOffset } from '../../../stacks/spec/time-zone.ts';

test.each([
  ['UTC', 0],
  ['Asia/Kolkata', 5.5],
  ['Asia/Tokyo', 9],
  ['America/Bogota', -5],
  ['Pacific/Marquesas', -9.5],
])('%s is %d hours ahead of UTC all year', (zone, hours) => {
  expect(zoneOffset(zone)).toBe(hours);
});

test.each(['Europe/Berlin', 'Australia/Sydney', 'America/New_York'])(
  '%s has summer time, and goes by its name',
  (zone) => {
    expect(zoneOffset(zone)).toBe(zone);
  },
);

test('what is no zone is none', () => {
  expect(zoneOffset('Mars/Olympus')).toBe(null);
});
