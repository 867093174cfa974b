import { describe, expect, test } from 'vitest';
import {
  compact,
  day,
  days,
  durationTick,
  instant,
  percentTick,
  points,
  relative,
  tick,
  weekday,
} from '#report/numbers.ts';

describe('numbers for people', () => {
  test.each([
    [950, '950'],
    [999_949, '999,949'],
    [1_234_567, '1.23 M'],
    [45_600_000, '45.6 M'],
    [4_500_000_000, '4.50 bn'],
  ])('compact %d is %s', (n, text) => expect(compact(n)).toBe(text));

  test.each([
    [0.0041, '+0.41 points'],
    [-0.023, '−2.3 points'],
    [0.00003, '+0.003 points'],
    [0.000001, 'no change'],
    [0, 'no change'],
  ])('a difference of %d is %s', (difference, text) => expect(points(difference)).toBe(text));

  test('ticks of a time axis are round', () => {
    expect([0.1, 1, 60, 600, 3600, 21_600, 604_800].map(durationTick)).toEqual([
      '0.1 s',
      '1 s',
      '1 min',
      '10 min',
      '1 h',
      '6 h',
      '7 d',
    ]);
  });

  test('a relative change is in percent, and unknown where there was nothing', () => {
    expect([relative(112, 100), relative(97, 100), relative(1001, 1000), relative(50, 0)]).toEqual([
      '+12%',
      '−3%',
      'no change',
      null,
    ]);
  });

  test('axis ticks are short and free of binary noise', () => {
    expect([tick(500), tick(1500), tick(3_000_000), percentTick(0.1 + 0.2), percentTick(0.0005)]).toEqual([
      '500',
      '1.5k',
      '3M',
      '30%',
      '0.05%',
    ]);
  });

  test('days are written without what repeats', () => {
    expect([
      day('2026-09-04'),
      days('2026-09-04', '2026-09-04'),
      days('2026-09-04', '2026-09-10'),
      days('2026-08-31', '2026-09-10'),
      days('2025-12-31', '2026-01-03'),
    ]).toEqual(['4 Sep 2026', '4 Sep 2026', '4–10 Sep 2026', '31 Aug – 10 Sep 2026', '31 Dec 2025 – 3 Jan 2026']);
  });

  test('instants are in UTC, weekdays by the calendar', () => {
    expect(instant(Date.UTC(2026, 8, 4, 14, 5))).toBe('4 Sep 2026, 14:05 UTC');
    expect(weekday('2026-09-04')).toBe('Friday 4 September');
  });
});
