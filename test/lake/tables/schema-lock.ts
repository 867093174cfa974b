/**
 * What readers of the lake may count on: names, types and keys of all tables and views, as they were last agreed on, in
 * `schema.lock.json`. Files of years lie under these names: a column may come, but not change or go (fault 64 of test/README.md).
 *
 * `node test/lake/tables/schema-lock.ts` writes what has come into the lock; it refuses what row 64 refuses, unless told
 * `--agreed`: for views that no release had yet, or with a `v2/` of the tables.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadSql } from '#host/sql-folder.ts';
import type { View } from '#lake/sql/views/view.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';

export interface LockedRelation {
  /** of a table the columns that make a row one, of a view its grain */
  key: string;
  /** column → type; a table's column that never holds null ends in ` not null` */
  columns: Readonly<Record<string, string>>;
}

export interface SchemaLock {
  tables: Readonly<Record<string, LockedRelation>>;
  views: Readonly<Record<string, LockedRelation>>;
}

/** The schema as the declarations have it. */
export const schemaOf = (tables: readonly Table[], views: readonly View[]): SchemaLock => ({
  tables: Object.fromEntries(
    tables.map(({ name, key, columns }) => [
      name,
      {
        key: key.join(', '),
        columns: Object.fromEntries(
          Object.entries(columns).map(([column, { type, nullable }]) => [column, nullable ? type : `${type} not null`]),
        ),
      },
    ]),
  ),
  views: Object.fromEntries(
    views.map(({ name, grain, columns }) => [
      name,
      { key: grain.join(', '), columns: Object.fromEntries(columns.map(({ name: column, type }) => [column, type])) },
    ]),
  ),
});

/** What may not be, in words; empty if old files and old questions still work. */
export function refusedChanges(lock: SchemaLock, now: SchemaLock): string[] {
  const refused: string[] = [];
  for (const kind of ['tables', 'views'] as const) {
    for (const [name, before] of Object.entries(lock[kind])) {
      const after = now[kind][name];
      if (!after) refused.push(`${name} is gone`);
      else {
        const ofColumns = refusedColumns(name, before, after);
        const isOrdered = ofColumns.length > 0 || !isByPlace(name);
        refused.push(...ofColumns, ...(isOrdered ? [] : refusedOrder(name, before, after)));
      }
    }
  }
  return refused;
}

/**
 * The protocol's own tables are lines of JSON, and each partition keeps the columns that it was registered with. A reader
 * may match these with the table's by their place, so there a column comes behind all others.
 */
const isByPlace = (name: string): boolean => TABLES[name]?.format === 'json';

function refusedOrder(name: string, before: LockedRelation, after: LockedRelation): string[] {
  const [locked, now] = [Object.keys(before.columns), Object.keys(after.columns)];
  const moved = locked.find((column, place) => now[place] !== column && now.includes(column));
  return moved === undefined ? [] : [`${name}.${moved} has another place: columns come behind those that are there`];
}

function refusedColumns(name: string, before: LockedRelation, after: LockedRelation): string[] {
  const refused: string[] = [];
  if (before.key !== after.key) {
    refused.push(`${name} has another key: ${after.key} instead of ${before.key}`);
  }
  for (const [column, type] of Object.entries(before.columns)) {
    const changed = after.columns[column];
    if (changed === undefined) refused.push(`${name}.${column} is gone`);
    else if (changed !== type) refused.push(`${name}.${column} is ${changed} instead of ${type}`);
  }
  for (const [column, type] of Object.entries(after.columns)) {
    // Files of before hold no such column, which reads as NULL.
    if (!(column in before.columns) && type.endsWith(' not null')) {
      refused.push(`${name}.${column} is new and not null: partitions of before have none`);
    }
  }
  return refused;
}

/** Names of relations and columns that the lock doesn't hold yet. */
export function unlocked(lock: SchemaLock, now: SchemaLock): string[] {
  return (['tables', 'views'] as const).flatMap((kind) =>
    Object.entries(now[kind]).flatMap(([name, { columns }]) => {
      const locked = lock[kind][name];
      if (!locked) return [name];
      return Object.keys(columns)
        .filter((column) => !(column in locked.columns))
        .map((column) => `${name}.${column}`);
    }),
  );
}

const LOCK_FILE = fileURLToPath(new URL('./schema.lock.json', import.meta.url));
const SQL = fileURLToPath(new URL('../../../sql', import.meta.url));

export const readLock = (): SchemaLock => JSON.parse(readFileSync(LOCK_FILE, 'utf8'));

export const currentSchema = async (): Promise<SchemaLock> =>
  schemaOf(Object.values(TABLES), (await loadSql(SQL)).views);

if (import.meta.main) {
  const now = await currentSchema();
  const isAgreed = process.argv.includes('--agreed') || !existsSync(LOCK_FILE);
  const refused = isAgreed ? [] : refusedChanges(readLock(), now);
  if (refused.length > 0) {
    console.error(
      `the lock stays as it is:\n  ${refused.join('\n  ')}\nif everybody who reads them has agreed: --agreed`,
    );
    process.exitCode = 1;
  } else writeFileSync(LOCK_FILE, `${JSON.stringify(now, null, 2)}\n`);
}
