/**
 * Generates functions that clear and copy whole rows, from the tables' declarations. Each is straight-line code, because a
 * loop over column names would look each property up by hash (write/columns.ts does the same). The code contains only
 * column names that this repository declares, never data.
 */
import type { Column, RowOf, Table } from '../tables/table.ts';

/** A row of NULLs, and of empty values where there is no NULL, in declared order. */
export const blankRow = <T extends Table>(table: T): RowOf<T> => {
  const members = Object.entries(table.columns).map(([name, column]) => `${JSON.stringify(name)}: ${blank(column)}`);
  return new Function(`'use strict'; return {${members.join(', ')}};`)();
};

/** Sets every column that can be NULL to NULL. */
export const rowClearer = <T extends Table>(table: T): ((row: RowOf<T>) => void) => {
  const nullable = Object.entries(table.columns).filter(([, column]) => column.nullable);
  const lines = nullable.map(([name]) => `row[${JSON.stringify(name)}] = null;`);
  return statements(['row'], lines);
};

/** Copies the columns that both tables have; where `to` takes no NULL, a flag that is NULL is false. */
export const rowCopier = <From extends Table, To extends Table>(
  from: From,
  to: To,
): ((source: RowOf<From>, target: RowOf<To>) => void) => {
  const shared = Object.entries(to.columns).filter(([name]) => Object.hasOwn(from.columns, name));
  const lines = shared.map(([name, column]) => {
    const key = JSON.stringify(name);
    const isFlag = column.type === 'boolean' && !column.nullable && from.columns[name]?.nullable;
    return `target[${key}] = source[${key}]${isFlag ? ' === true' : ''};`;
  });
  return statements(['source', 'target'], lines);
};

/** What becomes of a text on its way into a column: a method of Pseudonyms. */
type Way = 'people' | 'text' | 'json';

/** Hashes addresses in every text of a row but those columns. */
export const rowHider = <T extends Table>(
  table: T,
  butColumns: ReadonlySet<string>,
): ((row: RowOf<T>, hide: Readonly<Record<Way, (text: string) => string>>) => void) => {
  const lines = Object.entries(table.columns).flatMap(([name, column]) => {
    if (column.type !== 'string' || column.lineage || butColumns.has(name)) return [];
    const way: Way = column.person === 'address' ? 'people' : column.json ? 'json' : 'text';
    const value = `row[${JSON.stringify(name)}]`;
    return [`if (${value} !== null) ${value} = hide.${way}(${value});`];
  });
  return statements(['row', 'hide'], lines);
};

const statements = <F>(parameters: readonly string[], lines: readonly string[]): F =>
  new Function(...parameters, `'use strict';\n${lines.join('\n')}`) as F;

const blank = ({ type, nullable }: Column): string => {
  if (nullable) return 'null';
  if (type === 'string') return "''";
  return type === 'boolean' ? 'false' : '0';
};
