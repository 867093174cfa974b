import { describe, expect, test } from 'vitest';
import { deliveredAt } from '#lake/decode/time.ts';
import { hourOfPrefix, hourPrefix, prefixesInReach } from '#lake/protocol/raw-prefixes.ts';
import { instantsOf, isTimeZone, offsetMsAt } from '#lake/zone.ts';

const HOUR = 3_600_000;
const TEMPLATE = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const utc = (text: string): number => Date.parse(`${text}Z`);

describe('a clock with summer time', () => {
  test.each([
    ['Europe/Berlin', '2026-10-25T00:30', 2],
    ['Europe/Berlin', '2026-10-25T01:30', 1],
    ['America/New_York', '2026-03-08T06:59', -5],
    ['America/New_York', '2026-03-08T07:00', -4],
    ['Australia/Lord_Howe', '2026-01-01T00:00', 11],
    ['Australia/Lord_Howe', '2026-07-01T00:00', 10.5],
  ] as const)('%s at %s UTC is %d hours ahead', (zone, at, hours) => {
    expect(offsetMsAt(zone, utc(at)) / HOUR).toBe(hours);
  });

  test('shows the hour twice that it is put back by, and no hour that it is put forward by', () => {
    expect(instantsOf('Europe/Berlin', utc('2026-10-25T02:30'))).toEqual([
      utc('2026-10-25T00:30'),
      utc('2026-10-25T01:30'),
    ]);
    expect(instantsOf('Europe/Berlin', utc('2026-10-25T03:30'))).toEqual([utc('2026-10-25T02:30')]);
    expect(instantsOf('Europe/Berlin', utc('2026-03-29T02:30'))).toHaveLength(1);
    expect(instantsOf(5.5, utc('2026-10-25T05:30'))).toEqual([utc('2026-10-25T00:00')]);
  });

  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'America/St_Johns'])(
    'in %s every hour of a year is in reach of a planner at that hour, and its prefix is of that hour, or of the one before that has its name',
    (zone) => {
      const named = new Map<string, number>();
      for (let ms = utc('2026-01-01T00:00'); ms < utc('2027-01-01T00:00'); ms += HOUR) {
        const prefix = hourPrefix(TEMPLATE, ms, zone);
        const first = named.get(prefix) ?? ms;
        named.set(prefix, first);
        const wholeHour = Math.floor((first + offsetMsAt(zone, first)) / HOUR) * HOUR - offsetMsAt(zone, first);
        expect(hourOfPrefix(TEMPLATE, prefix, zone)).toBe(wholeHour);
      }
      // one hour has no name, one name has two hours
      expect(named.size).toBe(365 * 24 - 1);
      const night = utc('2026-10-25T03:00');
      expect([...prefixesInReach(TEMPLATE, night, 'tick', 'Europe/Berlin')]).toEqual([
        'raw/2026/10/25/05/',
        'raw/2026/10/25/04/',
        'raw/2026/10/25/03/',
        'raw/2026/10/25/02/',
      ]);
    },
  );

  test('names an object twice: the time is the one nearer to its last modification', () => {
    const key = 'raw/2026/10/25/02/mail-1-2026-10-25-02-30-00-00000000-0000-4000-8000-000000000001';
    for (const at of ['2026-10-25T00:30', '2026-10-25T01:30']) {
      expect(deliveredAt(key, utc(at) + 90_000, 'Europe/Berlin')).toBe(utc(at));
    }
    expect(deliveredAt('raw/x', 5, 'Europe/Berlin')).toBe(5);
  });

  test('that there is not is none', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
  });
});
