import { type Data, Float64, Int32, Int64, makeData, type TimestampMillisecond } from 'apache-arrow';
import { bitmap, grown, roomFor, setBit } from './capacity.ts';
import type { ColumnBuffer, Value } from './column.ts';

const TWO_32 = 2 ** 32;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** Which rows hold a value, one byte a row. */
class Presence {
  #flags = new Uint8Array(0);
  #end = 0;

  /** Elements that there is room for, now that `row` has come. */
  set(row: number): number {
    if (row >= this.#flags.length) this.#flags = grown(this.#flags, Uint8Array, roomFor(row + 1, this.#flags.length));
    this.#flags[row] = 1;
    this.#end = row + 1;
    return this.#flags.length;
  }

  has(row: number): boolean {
    return row < this.#end && this.#flags[row] === 1;
  }

  truncate(length: number): void {
    if (length >= this.#end) return;
    this.#flags.fill(0, length, this.#end);
    this.#end = length;
  }

  /** Calls `copy` with the place and index of each of these rows that holds a value. */
  gather(rows: Uint32Array, copy: (place: number, row: number) => void): { nullCount: number; nullBitmap: Uint8Array } {
    const flags = this.#flags;
    const nullBitmap = bitmap(rows.length);
    let nullCount = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      if (row < this.#end && flags[row] === 1) {
        copy(i, row);
        setBit(nullBitmap, i);
      } else nullCount++;
    }
    return { nullCount, nullBitmap };
  }
}

/**
 * 64-bit integers, and times in epoch ms. Each is two 32-bit words, low word first as Arrow wants it: a number is split
 * by arithmetic, so that no BigInt is made for it.
 */
export class Int64Column implements ColumnBuffer {
  readonly type: Int64 | TimestampMillisecond;
  readonly #present = new Presence();
  #words = new Uint32Array(0);

  constructor(type: Int64 | TimestampMillisecond) {
    this.type = type;
  }

  put(row: number, value: Value): void {
    let low: number;
    let high: number;
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
      high = Math.floor(value / TWO_32);
      low = value - high * TWO_32;
    } else {
      if (typeof value !== 'bigint') throw new TypeError(`not an integer: ${String(value)}`);
      if (value < LOWEST || value > HIGHEST) throw new RangeError(`not a 64-bit integer: ${value}`);
      low = Number(BigInt.asUintN(32, value));
      high = Number(value >> 32n);
    }
    const room = this.#present.set(row) * 2;
    if (room > this.#words.length) this.#words = grown(this.#words, Uint32Array, room);
    this.#words[row * 2] = low;
    this.#words[row * 2 + 1] = high;
  }

  truncate(length: number): void {
    this.#present.truncate(length);
  }

  at(row: number): number | bigint | null {
    if (!this.#present.has(row)) return null;
    const low = this.#words[row * 2] ?? 0;
    const high = (this.#words[row * 2 + 1] ?? 0) | 0;
    const value = high * TWO_32 + low;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) + BigInt(low);
  }

  sizeOf(rows: Uint32Array): number {
    return rows.length * 8;
  }

  gather(rows: Uint32Array): Data<Int64> | Data<TimestampMillisecond> {
    const words = this.#words;
    const gathered = new Uint32Array(rows.length * 2);
    const validity = this.#present.gather(rows, (place, row) => {
      gathered[place * 2] = words[row * 2] ?? 0;
      gathered[place * 2 + 1] = words[row * 2 + 1] ?? 0;
    });
    const common = { length: rows.length, data: new BigInt64Array(gathered.buffer), ...validity };
    // One call a type: makeData is overloaded by it.
    return this.type instanceof Int64
      ? makeData({ type: this.type, ...common })
      : makeData({ type: this.type, ...common });
  }
}

/** 32-bit integers. */
export class Int32Column implements ColumnBuffer {
  readonly type = new Int32();
  readonly #present = new Presence();
  #values = new Int32Array(0);

  put(row: number, value: Value): void {
    if (typeof value !== 'number' || (value | 0) !== value) {
      throw new RangeError(`not a 32-bit integer: ${String(value)}`);
    }
    const room = this.#present.set(row);
    if (room > this.#values.length) this.#values = grown(this.#values, Int32Array, room);
    this.#values[row] = value;
  }

  truncate(length: number): void {
    this.#present.truncate(length);
  }

  at(row: number): number | null {
    return this.#present.has(row) ? (this.#values[row] ?? null) : null;
  }

  sizeOf(rows: Uint32Array): number {
    return rows.length * 4;
  }

  gather(rows: Uint32Array): Data<Int32> {
    const values = this.#values;
    const data = new Int32Array(rows.length);
    const validity = this.#present.gather(rows, (place, row) => {
      data[place] = values[row] ?? 0;
    });
    return makeData({ type: this.type, length: rows.length, data, ...validity });
  }
}

/** 64-bit floating point numbers. */
export class DoubleColumn implements ColumnBuffer {
  readonly type = new Float64();
  readonly #present = new Presence();
  #values = new Float64Array(0);

  put(row: number, value: Value): void {
    if (typeof value !== 'number') throw new TypeError(`not a number: ${String(value)}`);
    const room = this.#present.set(row);
    if (room > this.#values.length) this.#values = grown(this.#values, Float64Array, room);
    this.#values[row] = value;
  }

  truncate(length: number): void {
    this.#present.truncate(length);
  }

  at(row: number): number | null {
    return this.#present.has(row) ? (this.#values[row] ?? null) : null;
  }

  sizeOf(rows: Uint32Array): number {
    return rows.length * 8;
  }

  gather(rows: Uint32Array): Data<Float64> {
    const values = this.#values;
    const data = new Float64Array(rows.length);
    const validity = this.#present.gather(rows, (place, row) => {
      data[place] = values[row] ?? 0;
    });
    return makeData({ type: this.type, length: rows.length, data, ...validity });
  }
}
