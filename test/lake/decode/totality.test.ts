import { expect, test } from 'vitest';
import { makeDecoder } from '#lake/decode/decode.ts';
import { deliveredAt } from '#lake/decode/time.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { UnitRows } from '#lake/steps/transform/unit-rows.ts';
import { clicks } from '#lake/tables/clicks.ts';
import { events } from '#lake/tables/events.ts';
import { headers } from '#lake/tables/headers.ts';
import { Rejection } from '#lake/vocabulary.ts';
import { changed, type Path, parseTree, pathsOf, textOf, Verbatim } from '#test/fuzz/tree.ts';
import { DELIVERED } from './collect.ts';
import { FIXTURES, fixture } from './fixture.ts';

/*
 * Columns refuse a number that is no 32-bit, 64-bit or safe integer, and what they refuse would fail the whole unit. So a
 * numeric column may be filled only by what can't make such a number. A column that is new in this list has to say by what.
 */
const FILLED_BY: Readonly<Record<string, string>> = {
  occurred_at: 'instantOf',
  sent_at: 'instantOf',
  complaint_arrived_at: 'instantOf',
  delay_expires_at: 'instantOf',
  delivered_to_lake_at: 'deliveredAt',
  processing_time_ms: 'wholeOf',
  recipient_count: 'a length, of at most 10,000',
  position: 'an index in a list',
  source_ordinal: "the reader's count",
};

test('every numeric column is one whose origin is known', () => {
  const numeric = [events, headers, clicks].flatMap(({ columns }) =>
    Object.entries(columns)
      .filter(([, { type }]) => type !== 'string' && type !== 'boolean')
      .map(([name]) => name),
  );
  expect([...new Set(numeric)].toSorted()).toEqual(Object.keys(FILLED_BY).toSorted());
});

/** JSON texts of numbers, and of texts that could be taken for numbers. */
const NUMBERS = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '0.5',
    '-0.5',
    '1.0',
    '1e3',
    '1E+2',
    '1e-7',
    '1564618621380.75',
    '1.5e12',
    '5e-324',
    '1e15',
  ],
  ...['2147483648', '-2147483649', '8640000000000000', '8640000000000001', '-8640000000000001', '9007199254740991'],
  ...['9007199254740992', '9007199254740993', '9007199254740993.0', '9007199254740993.5', '-9007199254740993', '1e16'],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
    '1e19',
    '1e22',
    '1e300',
  ],
  ...[
    '1e308',
    '1e309',
    '-1e400',
    `1${'0'.repeat(400)}`,
    `0.${'0'.repeat(400)}1`,
    `9007199254740993.${'0'.repeat(400)}1`,
  ],
].flatMap((text) => [text, `"${text}"`, `[${text}]`, `{"a":${text}}`]);

const isNumeric = (path: Path): boolean => /time|date|milli|truncated|destination|position/i.test(String(path.at(-1)));

test.each(FIXTURES)('%s: whatever number stands in a numeric field, the columns take the rows', (name) => {
  const unit = new UnitRows();
  const decode = makeDecoder(DEFAULT_SETTINGS);
  const context = { attempt: 'a', sourceKey: 'k', sourceOrdinal: 0, deliveredAt: DELIVERED };
  const tree = parseTree(JSON.stringify(fixture(name)));
  let rejected = 0;
  let taken = 0;
  for (const path of pathsOf(tree).filter(isNumeric)) {
    for (const number of NUMBERS) {
      const bent = changed(tree, path, () => new Verbatim(number));
      const text = textOf(bent ?? null);
      try {
        decode(JSON.parse(text), text, context, unit);
        taken++;
      } catch (error) {
        // a TypeError or RangeError of a column ends the test
        if (!(error instanceof Rejection)) throw error;
        expect(['number', 'wrong_type', 'timestamp']).toContain(error.reason);
        rejected++;
      }
    }
  }
  expect(taken).toBeGreaterThan(0);
  expect(rejected).toBeGreaterThan(0);
});

test('a delivery time is whole ms, whatever the store says and the setting is', () => {
  expect(deliveredAt('raw/object', 1793491200000.25, 0)).toBe(1793491200000);
  const key = 'raw/mail-1-2026-11-01-00-00-00-00000000-0000-4000-8000-000000000000';
  expect(Number.isSafeInteger(deliveredAt(key, 0, 5.1234567))).toBe(true);
});
