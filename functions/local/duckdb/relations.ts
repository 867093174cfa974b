/** A table of the lake as a DuckDB select over an explicit list of files. */
import { quoteText } from '#lake/sql/quote.ts';
import type { Column, ColumnType, Table } from '#lake/tables/table.ts';

export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  int: 'INTEGER',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  'map<string,bigint>': 'MAP(VARCHAR, BIGINT)',
};

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Columns that a file's path holds, by the name that readers see; the last such folder of the path counts. In full, as
 * the dialect has a `regexp_extract` of its own, through which no filter would reach the file list.
 */
export const PATH_COLUMNS = {
  dt: `system.main.regexp_extract(filename, '.*/dt=([^/]*)/', 1)`,
  // The folder behind the day, or of a rollup's run the one before it, which may hold folders of parts.
  generation: `system.main.regexp_extract(filename, '.*/settled/[^/]*/(?:dt=[^/]*/)?([^/]*)/', 1)`,
  // Athena's hidden column, for statements that name it.
  $path: 'filename',
} as const;
export type PathColumn = keyof typeof PATH_COLUMNS;

/**
 * The declared columns, then those of the path, over exactly these files. Columns match by name; one that a file lacks
 * is NULL of its declared type, one that isn't declared is left out. A filter on a path column leaves whole files unread.
 *
 * @param files absolute paths
 */
export function tableSelect(table: Table, files: readonly string[], pathColumns: readonly PathColumn[]): string {
  if (files.length === 0) return emptySelect(table, pathColumns);
  const columns = Object.entries(table.columns);
  const read = table.format === 'parquet' ? readParquet(columns, files) : readJson(columns, files);
  const shown = columns.map(([name, column]) =>
    table.format === 'json' && column.type === 'timestamp'
      ? `${jsonTimestamp(name)} as ${quoteName(name)}`
      : quoteName(name),
  );
  return `select ${[...shown, ...pathColumns.map((name) => `${PATH_COLUMNS[name]} as ${quoteName(name)}`)].join(', ')} from ${read}`;
}

function emptySelect(table: Table, pathColumns: readonly PathColumn[]): string {
  const columns: [string, string][] = [
    ...Object.entries(table.columns).map(([name, { type }]): [string, string] => [name, DUCKDB_TYPES[type]]),
    ...pathColumns.map((name): [string, string] => [name, 'VARCHAR']),
  ];
  return `select ${columns.map(([name, type]) => `cast(null as ${type}) as ${quoteName(name)}`).join(', ')} where false`;
}

/** With a given schema DuckDB opens no file to bind, so a year of partitions costs nothing until it is read. */
function readParquet(columns: readonly [string, Column][], files: readonly string[]): string {
  const schema = columns.map(
    ([name, { type }]) =>
      `${quoteText(name)}: {name: ${quoteText(name)}, type: ${quoteText(DUCKDB_TYPES[type])}, default_value: NULL}`,
  );
  return `read_parquet(${fileList(files)}, filename = true, schema = MAP {${schema.join(', ')}})`;
}

function readJson(columns: readonly [string, Column][], files: readonly string[]): string {
  const types = columns.map(
    ([name, { type }]) => `${quoteText(name)}: ${quoteText(type === 'timestamp' ? 'VARCHAR' : DUCKDB_TYPES[type])}`,
  );
  return `read_json(${fileList(files)}, format = 'newline_delimited', filename = true, hive_partitioning = false, columns = {${types.join(', ')}})`;
}

/** Times in the protocol's records are epoch ms; `YYYY-MM-DD HH:MM:SS.mmm` is read too. */
const jsonTimestamp = (name: string): string => {
  const text = quoteName(name);
  return `case when regexp_full_match(${text}, '-?[0-9]+') then epoch_ms(cast(${text} as BIGINT)) else cast(${text} as TIMESTAMP) end`;
};

const fileList = (files: readonly string[]): string =>
  `[${files.map((file) => quoteText(literalPath(file))).join(', ')}]`;

/** DuckDB takes each path as a glob: a character that means something there is put into a class of its own. */
export const literalPath = (path: string): string => path.replace(/[*?[]/g, (character) => `[${character}]`);
