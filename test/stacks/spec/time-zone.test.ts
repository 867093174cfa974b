import { expect, test } from 'vitest';
import { fixedOffsetHours } from '../../../stacks/spec/time-zone.ts';

test.each([
  ['UTC', 0],
  ['Asia/Kolkata', 5.5],
  ['Asia/Tokyo', 9],
  ['America/Bogota', -5],
  ['Pacific/Marquesas', -9.5],
])('%s is %d hours ahead of UTC all year', (zone, hours) => {
  expect(fixedOffsetHours(zone)).toBe(hours);
});

test('a zone with summer time has no one offset, on either half of the Earth', () => {
  expect(fixedOffsetHours('Europe/Berlin')).toMatch(
    /has summer time.*: set .* to UTC; or say template: null and no time zone/,
  );
  expect(fixedOffsetHours('Australia/Sydney')).toMatch(/has summer time/);
});

test('what is no zone is said to be none', () => {
  expect(fixedOffsetHours('Mars/Olympus')).toMatch(/is no time zone/);
});
