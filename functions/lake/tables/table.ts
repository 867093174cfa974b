/**
 * What a table is, declared once: TypeScript rows, Arrow and Parquet schema, Glue columns, local tables, the dictionary
 * and the schema lock are all made from these declarations.
 */
export type ColumnType = 'string' | 'bigint' | 'int' | 'double' | 'boolean' | 'timestamp' | 'map<string,bigint>';

export interface Column {
  type: ColumnType;
  nullable: boolean;
  /** what it means, one sentence */
  doc: string;
  /** how the live file stores it: `dictionary` for few distinct values, `delta` for ids or times that lie close together */
  storage?: 'dictionary' | 'delta';
  /** says where the row came from: differs between copies of one event */
  lineage?: true;
  /** what of persons it may hold; left out: nothing */
  person?: Person;
  /** the text is JSON */
  json?: true;
}

/**
 * What a column may hold of persons: `address`, one or several; `name`; `ip`, an address of their machine; `mail`, the id of one
 * mail, which is one person's nearly always; `words`, what a mail says or a field that may hold anything; `text`, a link or a
 * server's answer, which says nothing of persons but may hold an address. Hashing (decode/pseudonyms.ts), what an agent is shown
 * and the copies without persons go by this.
 */
export type Person = 'address' | 'name' | 'ip' | 'mail' | 'words' | 'text';

export interface Table<C extends Record<string, Column> = Record<string, Column>> {
  name: string;
  /** ends the table's description: "One row per …" */
  grain: string;
  doc: string;
  /** the columns that settle deduplicates by */
  key: readonly string[];
  /** what `dt` is the day of */
  partition: string;
  /** `parquet` tables are written by transform, settle or rollup; `json` tables are lines that the protocol itself writes */
  format: 'parquet' | 'json';
  columns: C;
}

/** Timestamps are epoch milliseconds, UTC. A bigint column takes safe integers or BigInt. */
interface TypeOf {
  string: string;
  bigint: number | bigint;
  int: number;
  double: number;
  boolean: boolean;
  timestamp: number;
  'map<string,bigint>': Record<string, number>;
}

type ValueOf<C extends Column> = C['nullable'] extends false ? TypeOf[C['type']] : TypeOf[C['type']] | null;

/** A row of a table as a plain object. */
export type RowOf<T extends Table> = { -readonly [K in keyof T['columns']]: ValueOf<T['columns'][K]> };

export const defineTable = <const C extends Record<string, Column>>(
  table: Table<C> & { key: readonly ((keyof C & string) | 'dt')[] },
): Table<C> => table;

type Made<T extends ColumnType, N extends boolean, O> = { type: T; nullable: N; doc: string } & O;
type Storage = Partial<Pick<Column, 'storage' | 'lineage' | 'person' | 'json'>>;

const maker =
  <T extends ColumnType>(type: T) =>
  <const O extends Storage>(doc: string, options?: O): Made<T, true, O> => ({
    type,
    nullable: true,
    doc,
    ...(options as O),
  });

export const string = maker('string');
export const bigint = maker('bigint');
export const int = maker('int');
export const double = maker('double');
export const boolean = maker('boolean');
export const timestamp = maker('timestamp');
export const counts = maker('map<string,bigint>');

/** The column never holds null. */
export const required = <C extends Column>(column: C): Omit<C, 'nullable'> & { nullable: false } => ({
  ...column,
  nullable: false,
});

export const columnNames = (table: Table): string[] => Object.keys(table.columns);
