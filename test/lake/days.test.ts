import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionDay } from '#lake/days.ts';

const noon = Date.parse('2026-03-02T12:00:00Z');

test('fault 32: the day of a time is its UTC day; absurd times have the first day of all', () => {
  expect(partitionDay(noon)).toBe('2026-03-02');
  expect(partitionDay(Date.parse('2026-03-02T23:59:59.999Z'))).toBe('2026-03-02');
  expect(partitionDay(Date.parse('2010-01-01'))).toBe('2010-01-01');
  expect(partitionDay(Date.parse('2099-12-31T23:59:59.999Z'))).toBe('2099-12-31');
  for (const absurd of [-1, 0, Date.parse('2010-01-01') - 1, Date.parse('2100-01-01'), 1.764e15, Number.NaN]) {
    expect(partitionDay(absurd)).toBe('1970-01-01');
  }
});

test('every day between 2010 and 2100 is what Date prints', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('2010-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
      expect(partitionDay(date.getTime())).toBe(date.toISOString().slice(0, 10));
    }),
  );
});
