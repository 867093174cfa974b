import { describe, expect, test } from 'vitest';
import { type DayVolume, later, periodOf } from '#report/period.ts';

const volumes = (days: number, from = '2026-08-03', sent = 100): DayVolume[] =>
  Array.from({ length: days }, (_, i) => ({ date: later(from, i), sent }));

describe('the period of a report', () => {
  test('is six weeks against the six before, where there are so many', () => {
    expect(periodOf(volumes(90), {})).toEqual({
      from: '2026-09-20',
      to: '2026-10-31',
      before: { from: '2026-08-09', to: '2026-09-19' },
      shown: { from: '2026-08-09', to: '2026-10-31' },
    });
  });

  test('is whole weeks, as many as can be compared', () => {
    expect(periodOf(volumes(33), {})).toMatchObject({
      from: '2026-08-22',
      to: '2026-09-04',
      before: { from: '2026-08-08', to: '2026-08-21' },
    });
  });

  test('is all there is of less than two weeks, compared with nothing', () => {
    const all = { from: '2026-08-03', to: '2026-08-12' };
    expect(periodOf(volumes(10), {})).toEqual({ ...all, before: null, shown: all });
  });

  test('is what was asked for, and the same number of days before', () => {
    expect(periodOf(volumes(90), { from: '2026-09-01', to: '2026-09-10' })).toMatchObject({
      from: '2026-09-01',
      to: '2026-09-10',
      before: { from: '2026-08-22', to: '2026-08-31' },
    });
  });

  test('leaves out a few mails that a damaged clock put far away', () => {
    const damaged = [{ date: '1970-01-01', sent: 3 }, ...volumes(90), { date: '2031-05-05', sent: 1 }];
    expect(periodOf(damaged, {})).toMatchObject({ from: '2026-09-20', to: '2026-10-31' });
  });

  test('is none without mail', () => {
    expect(periodOf([], {})).toBeNull();
  });

  test.each([
    [{ from: '2026-13-01' }, 'not a date like 2026-10-30: 2026-13-01'],
    [{ to: "2026-01-01' or 1=1" }, "not a date like 2026-10-30: 2026-01-01' or 1=1"],
    [{ from: '2026-02-02', to: '2026-02-01' }, "the report's first day is after its last: 2026-02-02 > 2026-02-01"],
  ])('refuses %o', (asked, message) => {
    expect(() => periodOf(volumes(90), asked)).toThrow(new RangeError(message));
  });
});
