import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { arrowBytes } from '../../../functions/cli/terminal/arrow.ts';

const COLUMNS = [
  { name: 'word', type: 'varchar' },
  { name: 'n', type: 'bigint' },
  { name: 'few', type: 'integer' },
  { name: 'rate', type: 'double' },
  { name: 'is_so', type: 'boolean' },
  { name: 'at', type: 'timestamp(3)' },
  { name: 'day', type: 'date' },
];

const BATCHES = [
  [
    ['naïve 😀', 2n ** 53n + 1n, 7, 0.5, true, 1_767_225_600_123, '2026-01-01'],
    [null, null, null, null, null, null, null],
  ],
  [],
  [['', 3, -1, 1, false, 0, '1970-01-01']],
];

async function bytesOf(batches: typeof BATCHES): Promise<Uint8Array> {
  const columns = COLUMNS;
  const rows = (async function* () {
    yield* batches;
  })();
  return Buffer.concat(await Array.fromAsync(arrowBytes({ columns, batches: rows })));
}

test('rows of several batches are one Arrow stream, with types that fit and nulls', async () => {
  const table = tableFromIPC(await bytesOf(BATCHES));
  expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
    ...['word Utf8', 'n Int64', 'few Int32', 'rate Float64', 'is_so Bool', 'at Timestamp<MILLISECOND>', 'day Utf8'],
  ]);
  expect(table.batches).toHaveLength(2);
  expect(table.toArray().map((row) => Object.values(row?.toJSON() ?? {}))).toEqual([
    ['naïve 😀', 2n ** 53n + 1n, 7, 0.5, true, 1_767_225_600_123, '2026-01-01'],
    [null, null, null, null, null, null, null],
    ['', 3n, -1, 1, false, 0, '1970-01-01'],
  ]);
});

test('no rows are a stream with the columns', async () => {
  const table = tableFromIPC(await bytesOf([]));
  expect(table.numRows).toBe(0);
  expect(table.schema.names).toEqual(COLUMNS.map(({ name }) => name));
});
