/** What every kind of column in memory can do. */
import type { Chunk } from './pages/chunk.ts';

export type Value = string | number | bigint | boolean;

/**
 * The values of one column by row. A row that nothing was put into holds null, so nulls cost no work, and a column that
 * is null throughout costs no memory.
 */
export interface ColumnBuffer {
  /** Keeps a copy of the value. Rows come in ascending order. @throws TypeError, RangeError if it isn't of the type */
  put(row: number, value: Value): void;
  /** Forgets every row from `length` on. */
  truncate(length: number): void;
  /** Strings, booleans and doubles as they came; integers as number where that is exact, else as BigInt. */
  at(row: number): Value | null;
  /** The order of two rows by their values, nulls first; texts by their bytes. */
  compare(a: number, b: number): number;
  /**
   * Bytes that these rows take before encoding and compression, roughly: never much less than in a file. It depends on
   * these rows alone.
   */
  sizeOf(rows: Uint32Array): number;
  /** At least what `sizeOf` gives for all rows, at no cost. */
  readonly bytes: number;
  /** Writes these rows' values, in this order, as pages. */
  encode(rows: Uint32Array, chunk: Chunk): void;
}
