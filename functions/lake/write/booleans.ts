/** A column of booleans in memory. */
import type { ColumnBuffer, Value } from './column.ts';
import { type Memory, scratch } from './memory.ts';
import { type Chunk, ENCODING } from './pages/chunk.ts';
import { IntRows } from './rows.ts';

const FALSE = 1;
const TRUE = 2;

/** Booleans by row; 0 is null. */
export class BooleanColumn implements ColumnBuffer {
  readonly #rows: IntRows;

  constructor(memory: Memory) {
    this.#rows = new IntRows(memory);
  }

  put(row: number, value: Value): void {
    if (typeof value !== 'boolean') throw new TypeError(`not a boolean: ${String(value)}`);
    this.#rows.put(row, value ? TRUE : FALSE);
  }

  truncate(length: number): void {
    this.#rows.truncate(length);
  }

  at(row: number): boolean | null {
    const value = this.#rows.at(row);
    return value === 0 ? null : value === TRUE;
  }

  compare(a: number, b: number): number {
    return this.#rows.at(a) - this.#rows.at(b);
  }

  sizeOf(rows: Uint32Array): number {
    return this.#rows.filled(rows) >> 3;
  }

  get bytes(): number {
    return this.#rows.end >> 3;
  }

  encode(rows: Uint32Array, chunk: Chunk): void {
    const length = rows.length;
    if (this.#rows.isEmpty) {
      chunk.allNull(length, ENCODING.PLAIN);
      return;
    }
    const values = scratch.ints(0, length);
    this.#rows.select(rows, values);
    const present = scratch.ints(2, length);
    const bits = new Uint8Array((length + 7) >> 3);
    const { count, trues } = pack(values, present, bits);
    chunk.begin(present, length, length - count).bytes(bits.subarray(0, (count + 7) >> 3));
    chunk.end(length, ENCODING.PLAIN);
    if (count === 0) return;
    chunk.min = { bytes: Uint8Array.of(trues === count ? 1 : 0), isExact: true };
    chunk.max = { bytes: Uint8Array.of(trues > 0 ? 1 : 0), isExact: true };
  }
}

/** Packs booleans that aren't null. */
function pack(values: Int32Array, present: Int32Array, bits: Uint8Array): { count: number; trues: number } {
  let count = 0;
  let trues = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    present[i] = value === 0 ? 0 : 1;
    if (value === 0) continue;
    if (value === TRUE) {
      bits[count >> 3] = (bits[count >> 3] ?? 0) | (1 << (count & 7));
      trues++;
    }
    count++;
  }
  return { count, trues };
}
