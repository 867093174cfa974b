import { type Data, type DataType, Int64, TimestampMillisecond } from 'apache-arrow';
import type { Column } from '../tables/table.ts';
import { BooleanColumn } from './booleans.ts';
import { InternedColumn } from './interned.ts';
import { DoubleColumn, Int32Column, Int64Column } from './numbers.ts';
import { TextColumn } from './text.ts';

export type Value = string | number | bigint | boolean;

/**
 * The values of one column by row. A row that nothing was put into holds null, so nulls cost no work, and a column that
 * is null throughout costs no memory.
 */
export interface ColumnBuffer {
  /** what it gathers to */
  readonly type: DataType;
  /** Keeps a copy of the value. Rows come in ascending order. @throws TypeError, RangeError if it isn't of the type */
  put(row: number, value: Value): void;
  /** Forgets every row from `length` on. */
  truncate(length: number): void;
  /** Strings, booleans and doubles as they came; integers as number where that is exact, else as BigInt. */
  at(row: number): Value | null;
  /** Bytes that these rows take before encoding and compression, roughly: never much less than in a file. */
  sizeOf(rows: Uint32Array): number;
  /** A copy of these rows' values, in this order, as Arrow holds them. */
  gather(rows: Uint32Array): Data;
}

/**
 * `id` tells the dictionaries of a table apart.
 * @throws Error for types that have no columnar form
 */
export function makeColumn(name: string, { type, storage }: Column, id: number): ColumnBuffer {
  switch (type) {
    case 'string':
      if (storage === undefined) return new TextColumn();
      return new InternedColumn(storage === 'dictionary' ? id : null);
    case 'bigint':
      return new Int64Column(new Int64());
    // Times have no zone: that is SQL's plain `timestamp`, which the lake holds in UTC throughout. With a zone, DuckDB
    // would read `timestamp with time zone`, and Athena's tables know none.
    case 'timestamp':
      return new Int64Column(new TimestampMillisecond());
    case 'int':
      return new Int32Column();
    case 'double':
      return new DoubleColumn();
    case 'boolean':
      return new BooleanColumn();
    default:
      throw new Error(`type has no columnar form: ${type} (column: ${name})`);
  }
}
