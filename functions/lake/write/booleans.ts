import { Bool, type Data, makeData } from 'apache-arrow';
import { bitmap, grown, roomFor, setBit } from './capacity.ts';
import type { ColumnBuffer, Value } from './column.ts';

const FALSE = 1;
const TRUE = 2;

/** Booleans, one byte a row; 0 is null. */
export class BooleanColumn implements ColumnBuffer {
  readonly type = new Bool();
  #values = new Uint8Array(0);
  #end = 0;

  put(row: number, value: Value): void {
    if (typeof value !== 'boolean') throw new TypeError(`not a boolean: ${String(value)}`);
    if (row >= this.#values.length)
      this.#values = grown(this.#values, Uint8Array, roomFor(row + 1, this.#values.length));
    this.#values[row] = value ? TRUE : FALSE;
    this.#end = row + 1;
  }

  truncate(length: number): void {
    if (length >= this.#end) return;
    this.#values.fill(0, length, this.#end);
    this.#end = length;
  }

  at(row: number): boolean | null {
    const value = this.#values[row] ?? 0;
    return value === 0 ? null : value === TRUE;
  }

  sizeOf(rows: Uint32Array): number {
    return rows.length >> 3;
  }

  gather(rows: Uint32Array): Data<Bool> {
    const length = rows.length;
    const values = this.#values;
    const bits = bitmap(length);
    const data = bitmap(length);
    let nullCount = 0;
    for (let i = 0; i < length; i++) {
      const row = rows[i] ?? 0;
      const value = row < this.#end ? (values[row] ?? 0) : 0;
      if (value === 0) nullCount++;
      else setBit(bits, i);
      if (value === TRUE) setBit(data, i);
    }
    return makeData({ type: this.type, length, nullCount, nullBitmap: bits, data });
  }
}
