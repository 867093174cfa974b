import { expect, test } from 'vitest';
import { csvLines } from '#cli/terminal/formats.ts';
import type { SqlValue } from '#lake/ports.ts';

const csv = (type: string, ...values: SqlValue[]): string[] =>
  [...csvLines({ columns: [{ name: 'c', type }], rows: values.map((value) => [value]) })]
    .slice(1)
    .map((line) => line.trimEnd());

test.for([
  ['=1+1', `"'=1+1"`],
  ['+49 30 1234', `"'+49 30 1234"`],
  ['-2', `"'-2"`],
  ['@sum(a1)', `"'@sum(a1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['＝1', `"'＝1"`],
  ['=cmd|\' /C calc\'!A0,"x"', `"'=cmd|' /C calc'!A0,""x"""`],
] as const)('fault 34: the formula %j is text for a spreadsheet', ([text, cell]) => {
  expect(csv('varchar', text)).toEqual([cell]);
});

test('numbers, dates and times stay as they are, negative ones too', () => {
  expect(csv('bigint', -5, 9007199254740993n)).toEqual(['-5', '9007199254740993']);
  expect(csv('double', 0.0012, -1.5)).toEqual(['0.0012', '-1.5']);
  expect(csv('boolean', true, false)).toEqual(['true', 'false']);
  expect(csv('date', '2026-01-31')).toEqual(['2026-01-31']);
  expect(csv('timestamp(3)', Date.UTC(2026, 0, 31, 12))).toEqual(['2026-01-31T12:00:00.000Z']);
});

test('null is nothing and the empty string is quotes', () => {
  expect(csv('varchar', null, '')).toEqual(['', '""']);
});

test('commas, quotes and line breaks are quoted by RFC 4180, and lines end with CRLF', () => {
  const columns = [
    { name: 'a', type: 'varchar' },
    { name: 'b,c', type: 'varchar' },
  ];
  const rows = [['x, "y"', 'first\nsecond']];
  expect([...csvLines({ columns, rows })].join('')).toBe('a,"b,c"\r\n"x, ""y""","first\nsecond"\r\n');
});
