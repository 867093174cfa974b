import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantOf } from '#lake/decode/instant.ts';
import { Rejection } from '#lake/vocabulary.ts';

const at = Date.parse('2018-10-08T14:05:45Z');

describe('fault 31: times are read in every form that has been seen', () => {
  test.each([
    [at, at],
    [`${at}`, at],
    [[`${at}`], at],
    ['2018-10-08T14:05:45Z', at],
    ['2018-10-08T14:05:45.000Z', at],
    ['2018-10-08T14:05:45.123456789Z', at + 123],
    ['2018-10-08T14:05:45,5Z', at + 500],
    ['2018-10-08T14:05:45', at],
    ['2018-10-08 14:05:45', at],
    ['2018-10-08T14:05:45 +0000', at],
    ['2018-10-08T16:05:45+02:00', at],
    ['2018-10-08T16:05:45+0200', at],
    ['2018-10-08T16:05:45 +02:00', at],
    ['2018-10-08T16:05:45+02', at],
    ['2018-10-08T07:05:45.000-07:00', at],
    ['2018-10-08t14:05:45z', at],
    ['2018-10-08 14:05:45 UTC', at],
    ['2018-10-08T14:05Z', at - 45_000],
    ['2018-10-08', Date.parse('2018-10-08')],
    ['Mon, 8 Oct 2018 14:05:45 +0000', at],
    ['Mon, 08 Oct 2018 07:05:45 -0700 (PDT)', at],
    ['8 Oct 2018 14:05:45 GMT', at],
    ['Monday, 08-Oct-18 14:05:45 UTC', at],
    ['Mon, 8 Oct 2018 10:05:45 EDT', at],
    ['8 Oct 18 14:05 UT', at - 45_000],
    ['2016-12-31T23:59:60Z', Date.parse('2017-01-01')],
    ['2016-12-31T23:59:60.500Z', Date.parse('2017-01-01') + 500],
    ['2018-10-08T24:00:00Z', Date.parse('2018-10-09')],
    ['2024-02-29T00:00:00Z', Date.parse('2024-02-29')],
    ['+057868-01-01T00:00:00Z', Date.parse('+057868-01-01T00:00:00Z')],
    [0, 0],
    [-1, -1],
    [1.5e12 + 0.75, 1.5e12],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%j', (value, expected) => {
    expect(instantOf(value, 'time')).toBe(expected);
  });

  test.each([
    'yesterday',
    '2018-13-01T00:00:00Z',
    '2018-02-29T00:00:00Z',
    '2018-02-30T00:00:00.000Z',
    '2018-10-08T25:00:00Z',
    '2018-10-08T24:00:01Z',
    '2018-10-08T14:60:00Z',
    '2018-10-08T14:05:61Z',
    '2018-10-08T14:05:45+02:75',
    '30 Feb 2018 00:00:00 GMT',
    '8 Foo 2018 14:05:45 GMT',
    '8 Oct 2018 14:05:45 XYZ',
    '20a8-10-08T14:05:45.000Z',
    '99999999999999999',
    8.65e15,
  ])('unreadable: %j', (value) => {
    expect(() => instantOf(value, 'mail.timestamp')).toThrow(
      expect.objectContaining({ reason: 'timestamp', detail: `mail.timestamp: ${JSON.stringify(value)}` }),
    );
  });

  test.each([[true], [{}], [['a', 'b']]])('of a wrong type: %j', (value) => {
    expect(() => instantOf(value, 'mail.timestamp')).toThrow(expect.objectContaining({ reason: 'wrong_type' }));
  });
});

const pad = (value: number, size = 2): string => String(Math.abs(value)).padStart(size, '0');

test('any time in any printed form is its instant', () => {
  const date = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-30'), noInvalidDate: true });
  const offset = fc.integer({ min: -14 * 60, max: 14 * 60 });
  fc.assert(
    fc.property(date, offset, (time, minutes) => {
      const ms = time.getTime();
      const whole = Math.floor(ms / 1000) * 1000;
      const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
      const sign = minutes < 0 ? '-' : '+';
      const [h, m] = [pad(Math.trunc(minutes / 60)), pad(minutes % 60)];
      for (const text of [time.toISOString(), time.toISOString().slice(0, -1), `${local}${sign}${h}:${m}`]) {
        expect(instantOf(text, 'time')).toBe(ms);
      }
      expect(instantOf(`${local.replace('T', ' ')} ${sign}${h}${m}`, 'time')).toBe(ms);
      expect(instantOf(time.toUTCString(), 'time')).toBe(whole);
      expect(instantOf(time.toUTCString().replace('GMT', '+0000'), 'time')).toBe(whole);
      if (ms > 1e11) expect(instantOf(String(ms), 'time')).toBe(ms);
      expect(instantOf(ms, 'time')).toBe(ms);
    }),
  );
});

test('any text is an instant, nothing, or a rejection', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:T+Z. JanMon,') }), (text) => {
      try {
        expect(Number.isInteger(instantOf(text, 'time') ?? 0)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(Rejection);
      }
    }),
  );
});
