import { expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { deliveredAt, isTimeSuspect } from '#lake/decode/time.ts';

const noon = Date.parse('2026-03-02T12:00:00Z');

test('fault 32: a time is suspect that is absurd, two days ahead of delivery, or before the sending', () => {
  expect(isTimeSuspect(noon, noon, noon)).toBe(false);
  expect(isTimeSuspect(noon, null, noon - 2 * DAY_MS)).toBe(false);
  expect(isTimeSuspect(noon, null, noon - 2 * DAY_MS - 1)).toBe(true);
  expect(isTimeSuspect(noon, noon + 1, noon)).toBe(true);
  expect(isTimeSuspect(Date.parse('2009-12-31'), null, noon)).toBe(true);
  expect(isTimeSuspect(Date.parse('2100-01-01'), null, Date.parse('2100-01-01'))).toBe(true);
});

const UUID = '0a1b2c3d-1111-2222-3333-444455556666';

test.each([
  [`raw/2026/03/02/12/events-1-2026-03-02-12-00-00-${UUID}`, 0, noon],
  [`raw/2026/03/02/12/events-1-2026-03-02-12-00-00-${UUID}.gz`, 0, noon],
  [`events-1-2026-03-02-14-00-00-${UUID.toUpperCase()}.json.gz`, 2, noon],
  [`events-1-2026-03-02-06-30-00-${UUID}`, -5.5, noon],
  [`events-1-2026-13-02-12-00-00-${UUID}`, 0, 1],
  [`2026-03-02-12-00-00-${UUID}/renamed.json`, 0, 1],
  ['raw/2026/03/02/12/anything.json', 0, 1],
])('the delivery of %s, named %d hours ahead', (key, offset, expected) => {
  expect(deliveredAt(key, 1, offset)).toBe(expected);
});
