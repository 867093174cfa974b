/** Rows to write: by hand from a few values, or drawn by fast-check. */
import fc from 'fast-check';
import type { Column, RowOf, Table } from '#lake/tables/table.ts';
import { bigint, boolean, defineTable, double, int, required, string, timestamp } from '#lake/tables/table.ts';

/** One column of every type and storage, required and optional. */
export const everyType = defineTable({
  name: 'every_type',
  doc: 'Every type.',
  grain: 'One row per test value.',
  key: ['id'],
  partition: 'the day of at',
  format: 'parquet',
  columns: {
    id: required(string('Text, delta.', { storage: 'delta' })),
    at: required(timestamp('Time, delta.', { storage: 'delta' })),
    text: string('Text.'),
    word: string('Text, dictionary.', { storage: 'dictionary' }),
    count: bigint('64-bit integer.'),
    place: int('32-bit integer.'),
    share: double('Floating point.'),
    is_so: boolean('Boolean.'),
    later: timestamp('Time.'),
    needed_text: required(string('Text.')),
    needed_word: required(string('Text, dictionary.', { storage: 'dictionary' })),
    needed_count: required(bigint('64-bit integer.')),
    needed_place: required(int('32-bit integer.')),
    needed_share: required(double('Floating point.')),
    needed_is_so: required(boolean('Boolean.')),
  },
});
export type EveryTypeRow = RowOf<typeof everyType>;

/** A row with something in every required column and null elsewhere. */
export const everyTypeRow = (values: Partial<EveryTypeRow> = {}): EveryTypeRow => ({
  id: 'm1',
  at: Date.UTC(2026, 2, 1),
  text: null,
  word: null,
  count: null,
  place: null,
  share: null,
  is_so: null,
  later: null,
  needed_text: '',
  needed_word: 'w',
  needed_count: 0,
  needed_place: 0,
  needed_share: 0,
  needed_is_so: false,
  ...values,
});

/** What a Date can hold, which is also what JavaScript readers give times as. */
const MOST_MS = 8.64e15;

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\0', 'null', 'é', '日本', '😀', '\ud800', 'a'.repeat(300)),
);

function anyValue({ type, storage, nullable }: Column): fc.Arbitrary<unknown> {
  const values: Record<Column['type'], fc.Arbitrary<unknown>> = {
    string: storage === 'dictionary' ? fc.oneof(fc.constantFrom('a', 'b', ''), text) : text,
    bigint: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    int: fc.integer(),
    double: fc.double({ noNaN: true }),
    boolean: fc.boolean(),
    timestamp: fc.integer({ min: -MOST_MS, max: MOST_MS }),
    'map<string,bigint>': fc.constant(null),
  };
  return nullable ? fc.option(values[type], { nil: null }) : values[type];
}

/** Any row that a table can hold. */
export const anyRow = <T extends Table>(table: T): fc.Arbitrary<RowOf<T>> =>
  fc.record(
    Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, anyValue(column)])),
  ) as fc.Arbitrary<RowOf<T>>;
