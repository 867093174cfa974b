/** What is shown to who may see no persons, on generated mail: the same numbers, and nothing of a person. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import type { SqlValue } from '#lake/ports.ts';
import { columnsFrom, copyName, OPEN_TABLES, openViews, withoutPersons } from '#lake/sql/without-persons.ts';
import { events, TABLES } from '#lake/tables/index.ts';
import { PERSON_COLUMNS } from '#lake/tables/persons.ts';
import { generatedLakes } from './generated-lake.ts';
import { type LakeFixture, SQL_FOLDER } from './lake-fixture.ts';

const { views } = await loadSql(SQL_FOLDER);
const open = openViews(views);
const named = open.map((one) => [one.view.name, one.view] as const);

let lake: LakeFixture;
/** Of each view, as who may see persons reads it. */
const before = new Map<string, string[]>();
/** Addresses of people and machines, names and subjects that the lake holds, in lower case. */
const persons = new Set<string>();

/** They count seconds until now. */
const LAGS = new Set(['lag_seconds', 'rollup_lag_seconds']);
const lines = async ({ name, columns }: { name: string; columns: readonly { name: string }[] }): Promise<string[]> => {
  const list = columns.filter((column) => !LAGS.has(column.name)).map((column) => `"${column.name}"`);
  const { rows } = await lake.query(`select ${list.join(', ')} from ${name}`);
  return rows.map((row) => JSON.stringify(row, textOf)).sort();
};
const textOf = (_: string, value: SqlValue): SqlValue => (typeof value === 'bigint' ? String(value) : value);

beforeAll(async () => {
  const tables = Object.values(TABLES).filter(({ name }) => name !== 'recipient_messages' && name !== 'audits');
  const { lakes } = await generatedLakes({ messages: 400, days: 4, seed: 3, dates: 3 }, [{ tables }]);
  const [made] = lakes;
  if (!made) throw new Error('no lake');
  lake = made;
  for (const [name, view] of named) before.set(name, await lines(view));
  for (const column of Object.keys(events.columns).filter((name) => TELLING.has(PERSON_COLUMNS.get(name) ?? '')))
    for (const { value } of await lake.rows(`select distinct lower("${column}") as value from events`))
      if (typeof value === 'string' && value.length > 3) persons.add(value);

  // As the other database has it: the tables are gone but for counts, and so are views that are not shown.
  for (const { view, reads } of open)
    if (reads === 'copy') await lake.run(`create table ${copyName(view.name)} as ${columnsFrom(view, view.name)}`);
  const ofTables = views.filter(({ folder }) => folder !== 'seeds');
  for (const { name } of ofTables.toReversed()) await lake.run(`drop view ${name}`);
  for (const name of Object.keys(TABLES).filter((name) => !OPEN_TABLES.includes(name)))
    await lake.run(`drop table ${name}`);
  for (const { view, reads } of open.filter((one) => one.view.folder !== 'seeds')) {
    const sql = reads === 'copy' ? columnsFrom(view, copyName(view.name)) : view.sql;
    await lake.run(`create view ${view.name} as ${sql}`);
  }
});
afterAll(() => lake?.close());
const TELLING = new Set<string>(['address', 'name', 'ip', 'mail', 'words']);

test('views that have a row a person or a mail, or show what a mail says, are not shown; all others are', () => {
  expect(views.filter((view) => withoutPersons(view) === null).map(({ name }) => name)).toEqual([
    'email_events',
    'message_outcomes',
    'message_recency',
    'deliverability_by_subject',
    'message_timeline',
    'recipient_engagement',
    'suppression_candidates',
  ]);
  expect(OPEN_TABLES).toEqual(['units', 'generations', 'audits']);
});

test.each(named)(
  '%s has the same rows, in all columns that are left, from copies and counts alone',
  async (name, view) => {
    expect(view.columns.filter((column) => !name.startsWith('seed_') && PERSON_COLUMNS.has(column.name))).toEqual([]);
    expect(await lines(view)).toEqual(before.get(name));
  },
);

test('no value of any of them is or holds something of a person', async () => {
  expect(persons.size).toBeGreaterThan(1000);
  expect([...before.values()].filter((rows) => rows.length > 0).length).toBeGreaterThan(35);
  const found: string[] = [];
  for (const [name, view] of named) {
    for (const { name: column, type } of view.columns) {
      if (type !== 'varchar' || name.startsWith('seed_')) continue;
      for (const { value } of await lake.rows(`select distinct lower("${column}") as value from ${name}`)) {
        const text = String(value);
        if (persons.has(text) || text.includes('@')) found.push(`${name}.${column}: ${text}`);
      }
    }
  }
  expect(found).toEqual([]);
});
