import { expect, test } from 'vitest';
import { csvText } from '#cli/terminal/formats.ts';
import type { SqlValue } from '#lake/ports.ts';
import { inBatches, textOf } from './batches.ts';

const whole = (columns: { name: string; type: string }[], rows: SqlValue[][]): Promise<string> =>
  textOf(csvText(inBatches(columns, rows)));

const csv = async (type: string, ...values: SqlValue[]): Promise<string[]> => {
  const text = await whole(
    [{ name: 'c', type }],
    values.map((value) => [value]),
  );
  return text.split('\r\n').slice(1, -1);
};

test.for([
  ['=1+1', `"'=1+1"`],
  ['+49 30 1234', `"'+49 30 1234"`],
  ['-2', `"'-2"`],
  ['@sum(a1)', `"'@sum(a1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['＝1', `"'＝1"`],
  ['=cmd|\' /C calc\'!A0,"x"', `"'=cmd|' /C calc'!A0,""x"""`],
] as const)('fault 34: the formula %j is text for a spreadsheet', async ([text, cell]) => {
  expect(await csv('varchar', text)).toEqual([cell]);
});

/** The cells of a spreadsheet that separates by `;`: quotes mean something only where a cell begins. */
const semicolonCells = (text: string): string[] =>
  [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^;\r\n]*))(?:;|\r?\n|$)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );

test.for([
  [['x', 'a;=1+1']],
  [['x', 'a; "=1+1']],
  [['x', 'a;+1|b']],
  [['x', 'first\n=1+1']],
  [['x', 'first\r\n@sum(a1)']],
  [['x', 'a\t=1+1']],
  [["x;=cmd|' /C calc'!A0", 'b']],
  [['x', ';-1']],
  [['x', '\r=1']],
] as const)('fault 34: %j is no formula where a spreadsheet separates cells by a semicolon', async ([row]) => {
  const columns = row.map((_, i) => ({ name: `c${i}`, type: 'varchar' }));
  const cells = semicolonCells(await whole(columns, [[...row]]));
  expect(cells.length).toBeGreaterThan(2);
  for (const cell of cells) expect(cell.trimStart()).not.toMatch(/^"?[=+\-@\t\r]/);
});

test('fault 34: text beside a number that a semicolon would not part from it stays in quotes', async () => {
  const columns = [
    { name: 'n', type: 'bigint' },
    { name: 't', type: 'varchar' },
  ];
  expect(await whole(columns, [[-5, "2+cmd|' /C calc'!A0"]])).toBe(`n,t\r\n-5,"2+cmd|' /C calc'!A0"\r\n`);
});

test('fault 34: what acts on a terminal is escaped, line breaks and tabs stay', async () => {
  expect(await csv('varchar', '\u001b[31mred', 'a\u202eb', 'a\tb', 'a\nb', 'nul\0')).toEqual([
    '"\\x1b[31mred"',
    '"a\\u202eb"',
    '"a\tb"',
    '"a\nb"',
    '"nul\\x00"',
  ]);
});

test('numbers, dates and times stay as they are, negative ones too', async () => {
  expect(await csv('bigint', -5, 9007199254740993n)).toEqual(['-5', '9007199254740993']);
  expect(await csv('double', 0.0012, -1.5)).toEqual(['0.0012', '-1.5']);
  expect(await csv('boolean', true, false)).toEqual(['true', 'false']);
  expect(await csv('date', '2026-01-31')).toEqual(['2026-01-31']);
  expect(await csv('timestamp(3)', Date.UTC(2026, 0, 31, 12))).toEqual(['2026-01-31T12:00:00.000Z']);
});

test('null is nothing and the empty string is quotes', async () => {
  expect(await csv('varchar', null, '')).toEqual(['', '""']);
});

test('commas, quotes and line breaks are quoted by RFC 4180, and lines end with CRLF', async () => {
  const columns = [
    { name: 'a', type: 'varchar' },
    { name: 'b,c', type: 'varchar' },
  ];
  const rows = [['x, "y"', 'first\nsecond']];
  expect(await whole(columns, rows)).toBe('a,"b,c"\r\n"x, ""y""","first\nsecond"\r\n');
});
