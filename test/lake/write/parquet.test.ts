import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { parquetMetadataAsync } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { clicks, events, headers, quarantine, recipientMessages } from '#lake/tables/index.ts';
import type { RowOf, Table } from '#lake/tables/table.ts';
import { Columns } from '#lake/write/columns.ts';
import { encodeParquet } from '#lake/write/parquet.ts';
import { expected, queryWithDuckDB, readWithDuckDB, readWithHyparquet, readWithParquetjs } from './readers.ts';
import { anyRow, everyType, everyTypeRow } from './rows.ts';

const PARQUET_TABLES: Table[] = [events, headers, clicks, recipientMessages, quarantine];

const PRIMITIVES = {
  string: { type: 'BYTE_ARRAY', converted: 'UTF8' },
  bigint: { type: 'INT64', converted: undefined },
  int: { type: 'INT32', converted: undefined },
  double: { type: 'DOUBLE', converted: undefined },
  boolean: { type: 'BOOLEAN', converted: undefined },
  timestamp: { type: 'INT64', converted: 'TIMESTAMP_MILLIS' },
  'map<string,bigint>': { type: 'MAP', converted: undefined },
} as const;

const READERS = [
  ['DuckDB', 'best', readWithDuckDB],
  ['hyparquet', 'best', readWithHyparquet],
  ['DuckDB', 'compatible', readWithDuckDB],
  ['hyparquet', 'compatible', readWithHyparquet],
  ['parquetjs-lite', 'compatible', readWithParquetjs],
] as const;

const TELLING_ROWS = [
  everyTypeRow(),
  everyTypeRow({ id: 'm2', text: '', word: '', is_so: false, place: 0, count: 0, share: -0 }),
  everyTypeRow({ id: 'm2', text: 'NUL \0 in it', word: 'line\u2028separator', is_so: true, place: -(2 ** 31) }),
  everyTypeRow({ id: 'm3', text: '😀 e\u0301 日本語 \u{1d11e}', word: 'naïve', place: 2 ** 31 - 1, share: 5e-324 }),
  everyTypeRow({ id: 'm4', count: 2n ** 53n + 1n, needed_count: -(2n ** 63n), share: Number.MAX_VALUE }),
  everyTypeRow({ id: 'm4', count: 2n ** 63n - 1n, needed_count: Number.MIN_SAFE_INTEGER, share: 0.1 }),
  everyTypeRow({ at: 0, later: 1 }),
  everyTypeRow({ at: -1, later: Date.UTC(2026, 11, 31, 23, 59, 59, 999) }),
  everyTypeRow({ at: Date.UTC(9999, 11, 31), later: -62135596800000, text: 'x'.repeat(300_000) }),
];

describe.each(READERS)('%s reads the %s profile', (_reader, profile, read) => {
  test('value for value: nulls, empty and astral text, 64-bit integers, times, booleans', async () => {
    const bytes = await encodeParquet(columnsOf(everyType, TELLING_ROWS), rowsTo(TELLING_ROWS.length), profile);
    expect(await read(everyType, bytes)).toEqual(TELLING_ROWS.map((row) => expected(everyType, row)));
  });

  test('rows in the order asked for, over more than one batch', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) =>
      everyTypeRow({ id: `m${i % 7}`, text: i % 3 ? `text ${i}` : null, word: i % 5 ? `w${i % 900}` : null, count: i }),
    );
    const order = rowsTo(rows.length).reverse();
    const bytes = await encodeParquet(columnsOf(everyType, rows), order, profile);
    expect(await read(everyType, bytes)).toEqual(rows.toReversed().map((row) => expected(everyType, row)));
  });
});

test('a lone surrogate becomes U+FFFD, so that the file stays valid UTF-8', async () => {
  const rows = [everyTypeRow({ text: 'a\ud800b', word: '\udc00' })];
  const bytes = await encodeParquet(columnsOf(everyType, rows), rowsTo(1), 'best');
  const [row] = await readWithDuckDB(everyType, bytes);
  expect(row).toMatchObject({ text: 'a\ufffdb', word: '\ufffd' });
});

test.each(PARQUET_TABLES.map((table) => [table.name, table] as const))(
  'any rows of %s come back from hyparquet as they went in',
  async (_name, table) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow(table), { minLength: 1, maxLength: 20 }), async (rows) => {
        const columns = columnsOf(table, rows);
        const wanted = rows.map((row) => expected(table, row));
        for (const profile of ['best', 'compatible'] as const) {
          const bytes = await encodeParquet(columns, rowsTo(rows.length), profile);
          expect(await readWithHyparquet(table, bytes)).toEqual(wanted);
        }
      }),
      { numRuns: 12 },
    );
  },
);

describe.each(PARQUET_TABLES.map((table) => [table.name, table] as const))('the file of %s', (_name, table) => {
  const rows = fc.sample(anyRow(table), { numRuns: 50, seed: 7 });

  test.each(['best', 'compatible'] as const)('has the declared names, types and repetition (%s)', async (profile) => {
    const { schema } = await metadataOf(await encodeParquet(columnsOf(table, rows), rowsTo(rows.length), profile));
    const found = schema.slice(1).map((field) => ({
      name: field.name,
      type: field.type,
      converted: field.converted_type,
      repetition: field.repetition_type,
    }));
    expect(found).toEqual(
      Object.entries(table.columns).map(([name, { type, nullable }]) => ({
        name,
        ...PRIMITIVES[type],
        repetition: nullable ? 'OPTIONAL' : 'REQUIRED',
      })),
    );
  });

  test('keeps nulls only where the declaration allows them, all of a column if need be', async () => {
    const bare = Object.fromEntries(
      Object.entries(table.columns).map(([name, { nullable }]) => [name, nullable ? null : rows[0]?.[name]]),
    ) as RowOf<Table>;
    const bytes = await encodeParquet(columnsOf(table, [bare, bare]), rowsTo(2), 'best');
    const wanted = expected(table, bare);
    expect(await readWithHyparquet(table, bytes)).toEqual([wanted, wanted]);
    expect(await readWithDuckDB(table, bytes)).toHaveLength(2);
  });
});

test('DuckDB sees plain timestamps, as Athena does', async () => {
  const bytes = await encodeParquet(columnsOf(everyType, TELLING_ROWS), rowsTo(1), 'best');
  const described = await queryWithDuckDB(
    bytes,
    "select column_name as name, column_type as type from (describe file) where name in ('at', 'later')",
  );
  expect(described).toEqual([
    { name: 'at', type: 'TIMESTAMP' },
    { name: 'later', type: 'TIMESTAMP' },
  ]);
});

describe('the best profile', () => {
  const rows = Array.from({ length: 1000 }, (_, i) =>
    everyTypeRow({ id: `m${i}`, at: i, word: `w${i % 10}`, text: `t${i}` }),
  );

  test('is ZSTD where there is something to compress, with dictionaries and deltas as declared', async () => {
    const encodings = await columnChunks(await encodeParquet(columnsOf(everyType, rows), rowsTo(rows.length), 'best'));
    expect(encodings.get('id')?.codec).toBe('ZSTD');
    expect(encodings.get('text')?.codec).toBe('ZSTD');
    expect(encodings.get('needed_place')?.codec).toBe('UNCOMPRESSED');
    expect(encodings.get('word')?.encodings).toContain('RLE_DICTIONARY');
    expect(encodings.get('id')?.encodings).toContain('DELTA_LENGTH_BYTE_ARRAY');
    expect(encodings.get('at')?.encodings).toContain('DELTA_BINARY_PACKED');
    expect(encodings.get('text')?.encodings).not.toContain('RLE_DICTIONARY');
  });

  test('has statistics of every column that holds a value', async () => {
    const chunks = await columnChunks(await encodeParquet(columnsOf(everyType, rows), rowsTo(rows.length), 'best'));
    expect(chunks.get('id')).toMatchObject({ least: 'm0', most: 'm999', nulls: 0n });
    expect(chunks.get('at')).toMatchObject({ least: new Date(0), most: new Date(999) });
    expect(chunks.get('count')).toMatchObject({ nulls: 1000n });
  });

  test('has bounds in its statistics that hold for every value: by bytes, and exact unless a text is long', async () => {
    const least = Array.from({ length: 300 }, (_, i) => everyTypeRow({ id: `m${i % 40}`, at: i, place: (i % 7) - 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow(everyType), { minLength: 1, maxLength: 12 }), async (any) => {
        const these = [...any, ...least.slice(0, any.length * 20)];
        const chunks = await columnChunks(
          await encodeParquet(columnsOf(everyType, these), rowsTo(these.length), 'best'),
        );
        for (const [name, { type }] of Object.entries(everyType.columns)) {
          const values = these.map((row) => expected(everyType, row)[name]).filter((value) => value != null);
          const chunk = chunks.get(name);
          expect(Number(chunk?.nulls), name).toBe(these.length - values.length);
          if (values.length === 0 || type === 'double') continue;
          const texts = values.map((value) => Buffer.from(String(value))).sort(Buffer.compare);
          const [min, max] = [boundOf(chunk?.least), boundOf(chunk?.most)];
          if (type !== 'string') {
            const sorted = values.map(BigInt).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
            expect([min, max].map(BigInt), name).toEqual([sorted[0], sorted.at(-1)]);
          } else {
            const [first, last] = [texts[0] ?? Buffer.alloc(0), texts.at(-1) ?? Buffer.alloc(0)];
            expect(Buffer.compare(Buffer.from(String(min)), first), name).toBeLessThanOrEqual(0);
            if (first.length <= 64) expect(min).toBe(first.toString());
            if (chunk?.most !== undefined) {
              expect(Buffer.compare(Buffer.from(String(max)), last), name).toBeGreaterThanOrEqual(0);
            }
            if (last.length <= 64) expect(max).toBe(last.toString());
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('cuts row groups', async () => {
    const columns = new Columns(everyType);
    const row = everyTypeRow();
    for (let i = 0; i < 140_000; i++) columns.append(row);
    const { row_groups } = await metadataOf(await encodeParquet(columns, rowsTo(columns.length), 'best'));
    expect(row_groups.map(({ num_rows }) => num_rows)).toEqual([131_072n, 8_928n]);
  });
});

test('the compatible profile is SNAPPY, plain, without dictionaries, in format version 1', async () => {
  const bytes = await encodeParquet(columnsOf(everyType, TELLING_ROWS), rowsTo(TELLING_ROWS.length), 'compatible');
  const chunks = await columnChunks(bytes);
  expect(new Set(chunks.values().map(({ codec }) => codec))).toEqual(new Set(['SNAPPY']));
  expect(new Set(chunks.values().flatMap(({ encodings }) => encodings))).toEqual(new Set(['PLAIN', 'RLE']));
  expect((await metadataOf(bytes)).version).toBe(1);
});

test('no rows make no file', async () => {
  await expect(encodeParquet(new Columns(everyType), rowsTo(0), 'best')).rejects.toThrow('no rows to write');
});

describe('the same rows give the same bytes', () => {
  const rows = fc.sample(anyRow(events), { numRuns: 200, seed: 11 });

  test('again', async () => {
    const [once, again] = await Promise.all([fileOf(rows), fileOf(rows)]);
    expect(Buffer.compare(once, again)).toBe(0);
  });

  test('in another process', async () => {
    const script = `
      import { hash } from 'node:crypto';
      import { Columns } from '#lake/write/columns.ts';
      import { encodeParquet } from '#lake/write/parquet.ts';
      import { everyType, everyTypeRow } from '#test/lake/write/rows.ts';
      const columns = new Columns(everyType);
      for (let i = 0; i < 300; i++) columns.append(everyTypeRow({ id: 'm' + (i % 50), text: 't' + i, word: 'w' + (i % 9) }));
      const bytes = await encodeParquet(columns, Uint32Array.from({ length: 300 }, (_, i) => i), 'best');
      console.log(hash('sha256', bytes));`;
    const theirs = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
    });
    const columns = new Columns(everyType);
    for (let i = 0; i < 300; i++) columns.append(everyTypeRow({ id: `m${i % 50}`, text: `t${i}`, word: `w${i % 9}` }));
    expect(theirs.trim()).toBe(hash('sha256', await encodeParquet(columns, rowsTo(300), 'best')));
  });

  test('whatever else was appended, and taken back, before', async () => {
    const wanted = await fileOf(rows);
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow(events), { maxLength: 30 }),
        fc.array(anyRow(events), { maxLength: 30 }),
        fc.nat({ max: rows.length }),
        async (before, between, at) => {
          const columns = columnsOf(events, before);
          for (const row of rows.slice(0, at)) columns.append(row);
          const mark = columns.length;
          for (const row of between) columns.append(row);
          columns.truncate(mark);
          for (const row of rows.slice(at)) columns.append(row);
          const ours = rowsTo(rows.length).map((row) => row + before.length);
          expect(Buffer.compare(await encodeParquet(columns, ours, 'best'), wanted)).toBe(0);
        },
      ),
      { numRuns: 15 },
    );
  });

  test('also when another object made a dictionary overflow', async () => {
    const few = Array.from({ length: 100 }, (_, i) => everyTypeRow({ id: `m${i}`, word: i % 4 ? `w${i % 10}` : null }));
    const columns = columnsOf(everyType, few.slice(0, 50));
    for (let i = 0; i < 300_000; i++) columns.append(everyTypeRow({ word: `other ${i}` }));
    columns.truncate(50);
    for (const row of few.slice(50)) columns.append(row);
    const roomy = await encodeParquet(columnsOf(everyType, few), rowsTo(100), 'best');
    expect(Buffer.compare(await encodeParquet(columns, rowsTo(100), 'best'), roomy)).toBe(0);
    expect(await readWithHyparquet(everyType, roomy)).toEqual(few.map((row) => expected(everyType, row)));
  });

  const fileOf = (these: readonly RowOf<typeof events>[]): Promise<Uint8Array> =>
    encodeParquet(columnsOf(events, these), rowsTo(these.length), 'best');
});

function columnsOf<T extends Table>(table: T, rows: readonly RowOf<T>[]): Columns<T> {
  const columns = new Columns(table);
  for (const row of rows) columns.append(row);
  return columns;
}

const rowsTo = (length: number): Uint32Array => Uint32Array.from({ length }, (_, i) => i);

const boundOf = (value: unknown): string | number | bigint | boolean => {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return value;
  return String(value);
};

const metadataOf = (bytes: Uint8Array): ReturnType<typeof parquetMetadataAsync> =>
  parquetMetadataAsync(new Uint8Array(bytes).buffer);

async function columnChunks(bytes: Uint8Array) {
  const { row_groups } = await metadataOf(bytes);
  const chunks = new Map<
    string,
    { codec: string; encodings: string[]; least: unknown; most: unknown; nulls: unknown }
  >();
  for (const { columns } of row_groups) {
    for (const { meta_data } of columns) {
      if (!meta_data) continue;
      const { codec, encodings, statistics, path_in_schema } = meta_data;
      chunks.set(path_in_schema.join('.'), {
        codec,
        encodings,
        least: statistics?.min_value,
        most: statistics?.max_value,
        nulls: statistics?.null_count,
      });
    }
  }
  return chunks;
}
