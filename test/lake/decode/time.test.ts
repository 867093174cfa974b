import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { dayOf, deliveredAt, isTimeSuspect } from '#lake/decode/time.ts';

const noon = Date.parse('2026-03-02T12:00:00Z');

test('fault 32: the day of a time is its UTC day; absurd times have the first day of all', () => {
  expect(dayOf(noon)).toBe('2026-03-02');
  expect(dayOf(Date.parse('2026-03-02T23:59:59.999Z'))).toBe('2026-03-02');
  expect(dayOf(Date.parse('2010-01-01'))).toBe('2010-01-01');
  expect(dayOf(Date.parse('2099-12-31T23:59:59.999Z'))).toBe('2099-12-31');
  for (const absurd of [-1, 0, Date.parse('2010-01-01') - 1, Date.parse('2100-01-01'), 1.764e15, Number.NaN]) {
    expect(dayOf(absurd)).toBe('1970-01-01');
  }
});

test('every day between 2010 and 2100 is what Date prints', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('2010-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
      expect(dayOf(date.getTime())).toBe(date.toISOString().slice(0, 10));
    }),
  );
});

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
