import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tableLines } from '#cli/terminal/table.ts';
import { textWidth } from '#host/safe-text.ts';
import type { QueryResult } from '#lake/ports.ts';

const result = (columns: Record<string, string>, ...rows: QueryResult['rows']): QueryResult => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
  rows,
});
const shown = (of: QueryResult, width = 80): string => [...tableLines(of, width)].join('\n');

test('numbers stand right, text stands left, rates are given as they are', () => {
  const rates = result(
    { provider: 'varchar', sent: 'bigint', complaint_rate: 'double' },
    ['gmail', 12345, null],
    ['yahoo', 7, 0.0012],
  );
  expect(`\n${shown(rates)}\n`).toBe(`
provider   sent  complaint_rate
────────  ─────  ──────────────
gmail     12345            NULL
yahoo         7          0.0012
`);
});

test('a rate has six significant digits on a screen', () => {
  expect(shown(result({ rate: 'double' }, [0.123456789], [1 / 3000], [1]))).toMatch(/0\.123457\n0\.000333333\n\s+1$/);
});

test('instants are UTC, without milliseconds where there are none', () => {
  const at = Date.UTC(2026, 0, 31, 12, 30);
  expect(shown(result({ at: 'timestamp(3)' }, [at], [at + 5]))).toMatch(
    /2026-01-31 12:30:00\n2026-01-31 12:30:00\.005$/,
  );
});

test('where headers are wider than their columns they break at underscores', () => {
  const names = ['sent', 'unique_open_rate', 'click_to_open_rate'];
  const wide = result(Object.fromEntries(names.map((name) => [name, 'double'])), [1000, 0.25, 0.5]);
  expect(`\n${shown(wide, 24)}\n`).toBe(`
      unique_    click_
        open_  to_open_
sent     rate      rate
────  ───────  ────────
1000     0.25       0.5
`);
  expect(shown(wide, 80)).toContain('unique_open_rate');
});

test('long text is cut to make a table fit', () => {
  const long = result({ id: 'bigint', subject: 'varchar', n: 'bigint' }, [
    1,
    'a subject that goes on and on '.repeat(4),
    2,
  ]);
  const lines = shown(long, 40).split('\n');
  expect(lines.at(-1)).toBe(' 1  a subject that goes on and on a …  2');
});

test('where a table does not fit, rows without long text stand side by side, a column a line', () => {
  const types = { send_date: 'varchar', mailbox_provider: 'varchar', sent: 'bigint', unique_open_rate: 'double' };
  const rows = ['gmail', 'yahoo', 'gmx', 'apple'].map((provider, i) => [
    '2026-01-31',
    provider,
    10 ** i,
    i / 8,
    null,
    1,
  ]);
  const wide = result({ ...types, complaints: 'bigint', feedback_delivered: 'bigint' }, ...rows);
  expect(`\n${shown(wide, 57)}\n`).toBe(`
── 1–3 of 4 ──────────────────────────────────────────
send_date           2026-01-31  2026-01-31  2026-01-31
mailbox_provider         gmail       yahoo         gmx
sent                         1          10         100
unique_open_rate             0       0.125        0.25
complaints                NULL        NULL        NULL
feedback_delivered           1           1           1
── 4 of 4 ────────────────────
send_date           2026-01-31
mailbox_provider         apple
sent                      1000
unique_open_rate         0.375
complaints                NULL
feedback_delivered           1
`);
});

test('what is too wide for a table is printed row by row, and nothing of it is cut', () => {
  const columns = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`measure_number_${i}`, 'double']));
  const subject = 'a subject that is longer than what is left of the line beside its name, by far';
  const wide = result({ ...columns, subject: 'varchar' }, [...Array.from({ length: 12 }, (_, i) => i / 8), subject]);
  const text = shown(wide);
  expect(text).toContain('── 1 of 1 ─');
  expect(text).toContain('measure_number_0       0\n');
  expect(text).toContain('measure_number_3   0.375\n');
  expect(text.replace(/\s+/g, ' ')).toContain(subject);
});

test('no rows show the columns', () => {
  expect(shown(result({ a: 'varchar', b: 'bigint' }))).toBe('a  b\n─  ─');
});

test('fault 34: escape sequences in values and column names are harmless in a table', () => {
  const lines = [...tableLines(result({ '\u001b[2J': 'varchar' }, ['\u001b]8;;http://x\u0007click']), 80)];
  expect(lines).toEqual(['\\x1b[2J', '─'.repeat(25), '\\x1b]8;;http://x\\x07click']);
});

test('no line is wider than the terminal', () => {
  const cell = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.constant(null));
  const table = fc
    .integer({ min: 1, max: 30 })
    .chain((n) => fc.array(fc.array(cell, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 4 }));
  fc.assert(
    fc.property(table, fc.integer({ min: 40, max: 120 }), (rows, width) => {
      const columns = (rows[0] ?? []).map((_, i) => ({
        name: `column_${i}_${'x'.repeat((i * 37) % 101)}`,
        type: 'varchar',
      }));
      for (const line of tableLines({ columns, rows }, width)) expect(textWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});
