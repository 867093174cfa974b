import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText } from '#cli/terminal/formats.ts';
import { inBatches, textOf } from './batches.ts';

const columns = [
  { name: 'text', type: 'varchar' },
  { name: 'n', type: 'bigint' },
  { name: 'at', type: 'timestamp(3)' },
];
const json = (rows: (string | number | bigint | null)[][]): Promise<string> =>
  textOf(jsonText(inBatches(columns, rows)));

test('rows are an array of objects, instants are ISO 8601, null is null', async () => {
  const at = Date.UTC(2026, 0, 31, 12, 30);
  expect(
    JSON.parse(
      await json([
        ['a', 1, at],
        [null, null, null],
        ['b', 2, null],
      ]),
    ),
  ).toEqual([
    { text: 'a', n: 1, at: '2026-01-31T12:30:00.000Z' },
    { text: null, n: null, at: null },
    { text: 'b', n: 2, at: null },
  ]);
});

test('no rows are an empty array', async () => {
  expect(await json([])).toBe('[]\n');
});

test('integers beyond 2^53 keep all their digits', async () => {
  expect(await json([['a', 9007199254740993n, null]])).toContain('"n":9007199254740993,');
});

test('fault 34: data comes back as it was, and nothing in the text acts on a terminal', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const document = await json([[text, 1, null]]);
      expect(JSON.parse(document)[0].text).toBe(text);
      expect(document.trimEnd()).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
