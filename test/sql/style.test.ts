import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrinoSQL } from 'dt-sql-parser';
import { describe, expect, test } from 'vitest';
import { neededViews } from '#lake/sql/order.ts';
import { relations } from '#lake/sql/relations.ts';
import { tokens } from '#lake/sql/tokens.ts';
import { recipientMessages, TABLES } from '#lake/tables/index.ts';
import { DIALECT_MACROS } from '#local/dialect.ts';
import { loadSql } from '#local/sql-files.ts';
import { SQL_FOLDER } from './lake-fixture.ts';

const { views, rollup } = await loadSql(SQL_FOLDER);
const written = [...views.filter(({ folder }) => folder !== 'seeds'), rollup];
const parser = new TrinoSQL();

/** Words that Trino reserves or uses as such, so they are written small; names are small anyway. */
const isShouted = (word: string): boolean => /[A-Z]/.test(word);
/** In DuckDB concat() skips NULL and in Trino it doesn't; the others are DuckDB's alone. */
const FOREIGN = ['concat', 'list', 'len', 'list_filter', 'strftime', 'strptime', 'epoch', 'arg_min', 'arg_max'];

describe.each(written.map((view) => [view.name, view] as const))('sql of %s', (name, view) => {
  const text = readFileSync(join(SQL_FOLDER, view.folder, `${name}.sql`), 'utf8');

  test('is valid Trino', () => {
    expect(parser.validate(view.sql)).toEqual([]);
  });

  test('ends with select * from final, and selects * nowhere else', () => {
    expect(view.sql.endsWith('\n)\n\nselect * from final')).toBe(true);
    expect(view.sql.match(/select\s+(\w+\.)?\*/g)).toHaveLength(1);
  });

  test('reads each table and each view on a table once', () => {
    const onTables = (read: string): boolean =>
      read in TABLES || neededViews([read], views).some(({ dependsOn }) => dependsOn.some((base) => base in TABLES));
    const read = relations(view.sql).filter(onTables);
    expect(read).toEqual([...new Set(read)]);
  });

  test('is written small, with four spaces, in lines of at most 120', () => {
    const code = text.slice(text.indexOf('*/') + 2).replaceAll(/--[^\n]*|'[^']*'/g, '');
    expect(code.match(/\w+/g)?.filter(isShouted)).toEqual([]);
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 120 || /\t|\s$/.test(line))).toEqual([]);
    expect(code.split('\n').filter((line) => /^( {4})* {1,3}\S/.test(line))).toEqual([]);
    expect(text.endsWith('final\n')).toBe(true);
  });

  test('uses functions that both engines have', () => {
    const words = tokens(view.sql);
    const called = words.filter((token, at) => token.kind === 'word' && words[at + 1]?.text === '(');
    expect(called.map(({ text: word }) => word).filter((word) => FOREIGN.includes(word))).toEqual([]);
  });

  test('never divides but by nullif', () => {
    const words = tokens(view.sql).map(({ text: word }) => word);
    const divisors = words.filter((_, at) => words[at - 1] === '/');
    expect(divisors.every((divisor) => divisor === 'nullif')).toBe(true);
  });

  test('reads the table of its clock only', () => {
    const bases = new Set([view, ...neededViews(view.dependsOn, views)].flatMap(({ dependsOn }) => dependsOn));
    const forbidden = { cohort: ['events', 'clicks'], 'event day': ['recipient_messages'], none: [] }[view.clock];
    // The rollup is what makes the one of the other.
    if (view !== rollup) expect(forbidden.filter((base) => bases.has(base))).toEqual([]);
  });
});

test('what Trino would not take is found', () => {
  expect(parser.validate('select a, from b group')).not.toEqual([]);
});

test('macros have distinct names', () => {
  expect(new Set(DIALECT_MACROS.map(({ name }) => name)).size).toBe(DIALECT_MACROS.length);
});

test("the rollup's columns are those of the table, in order, then dt", () => {
  expect(rollup.columns.map(({ name }) => name)).toEqual([...Object.keys(recipientMessages.columns), 'dt']);
});
