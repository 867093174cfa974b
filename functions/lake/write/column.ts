import type { Data, DataType } from 'apache-arrow';

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
