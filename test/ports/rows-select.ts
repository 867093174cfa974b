/** Makes a SELECT that returns given rows, so that a test can have an engine write them. */
import { TABLES } from '#lake/tables/index.ts';
import type { ColumnType } from '#lake/tables/table.ts';

export type Value = string | number | bigint | boolean | null;
export type Row = Readonly<Record<string, Value>>;

/**
 * A select that gives these rows of a table in declared columns, in Athena's dialect, for an engine to write. What a row
 * leaves out is NULL, or a small value where the column is required; `dt` may be among the columns.
 */
export function rowsSelect(table: string, rows: readonly Row[], { orderBy = '' } = {}): string {
  const declared = TABLES[table];
  if (!declared) throw new Error(`no such table: ${table}`);
  const withDay = rows.some((row) => 'dt' in row);
  const selects = rows.map((row) => {
    const columns = Object.entries(declared.columns).map(([name, { type, nullable }]) => {
      const value = name in row ? row[name] : nullable ? null : DEFAULTS[type];
      return `${literal(value ?? null, type)} as ${name}`;
    });
    return `select ${[...columns, ...(withDay ? [`${literal(row.dt ?? null, 'string')} as dt`] : [])].join(', ')}`;
  });
  return `select * from (\n${selects.join('\nunion all\n')}\n) as given${orderBy ? ` order by ${orderBy}` : ''}`;
}

/** Every required column of a row that `rowsSelect` fills in, as a query gives it back; NULL for the others. */
export const defaultOf = (type: ColumnType, nullable: boolean): Value => (nullable ? null : (DEFAULTS[type] ?? null));

const DEFAULTS: Readonly<Record<ColumnType, Value>> = {
  string: 'x',
  bigint: 1,
  int: 1,
  double: 1,
  boolean: false,
  timestamp: Date.UTC(2024, 0, 1),
  'map<string,bigint>': null,
};

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'varchar',
  bigint: 'bigint',
  int: 'integer',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  'map<string,bigint>': 'map(varchar, bigint)',
};

function literal(value: Value, type: ColumnType): string {
  if (value === null) return `cast(null as ${SQL_TYPES[type]})`;
  if (type === 'timestamp') {
    return `timestamp '${new Date(Number(value)).toISOString().replace('T', ' ').replace('Z', '')}'`;
  }
  if (typeof value === 'string') return `cast('${value.replaceAll("'", "''")}' as varchar)`;
  return `cast(${value} as ${SQL_TYPES[type]})`;
}
