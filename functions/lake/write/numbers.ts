/** Columns of numbers in memory: integers, doubles and timestamps. */
import type { ColumnBuffer, Value } from './column.ts';
import { type Memory, scratch } from './memory.ts';
import { type Chunk, ENCODING } from './pages/chunk.ts';
import { canBeDeltas, writeDeltas } from './pages/encodings.ts';
import { DoubleRows } from './rows.ts';

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

type Bytes = 4 | 8;

/** Whole numbers by row, as doubles; NaN is null. */
abstract class WholeNumbers implements ColumnBuffer {
  protected readonly rows: DoubleRows;
  /** of a value in a file */
  protected abstract readonly width: Bytes;

  constructor(memory: Memory) {
    this.rows = new DoubleRows(memory);
  }

  abstract put(row: number, value: Value): void;

  /** The same for `count` rows. The number must be of the column's type: it is not looked at. */
  fill(row: number, count: number, value: number): void {
    this.rows.fill(row, count, value);
  }

  /** One for each row from `row` on. */
  copy(row: number, values: Int32Array): void {
    this.rows.copy(row, values);
  }

  truncate(length: number): void {
    this.rows.truncate(length);
  }

  /** NaN for null; of an integer that no double holds, the nearest. */
  number(row: number): number {
    return this.rows.at(row);
  }

  at(row: number): number | bigint | null {
    const value = this.rows.at(row);
    return Number.isNaN(value) ? null : value;
  }

  compare(a: number, b: number): number {
    const x = this.rows.at(a);
    const y = this.rows.at(b);
    if (x < y) return -1;
    if (x > y) return 1;
    return x === y ? 0 : Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  }

  sizeOf(rows: Uint32Array): number {
    return this.rows.filled(rows) * this.width;
  }

  get bytes(): number {
    return this.rows.end * this.width;
  }

  encode(rows: Uint32Array, chunk: Chunk): void {
    const length = rows.length;
    const values = scratch.doubles(length);
    const present = scratch.ints(2, length);
    const { isEmpty } = this.rows;
    if (!isEmpty) this.rows.select(rows, values);
    const count = isEmpty ? 0 : compact(values, present);
    if (count === 0) {
      chunk.allNull(length, chunk.isPlain ? ENCODING.PLAIN : ENCODING.DELTA_BINARY_PACKED);
      return;
    }
    const [min, max] = [leastOf(values, count), mostOf(values, count)];
    const page = chunk.begin(present, length, length - count);
    if (!chunk.isPlain && canBeDeltas(min, max, this.width)) {
      writeDeltas(values, count, page);
      chunk.end(length, ENCODING.DELTA_BINARY_PACKED);
    } else {
      page.need(count * this.width);
      for (let i = 0; i < count; i++, page.at += this.width) write(page.view, page.at, this.width, values[i] ?? 0);
      chunk.end(length, ENCODING.PLAIN);
    }
    chunk.min = { bytes: fixed(this.width, min), isExact: true };
    chunk.max = { bytes: fixed(this.width, max), isExact: true };
  }
}

/** Moves the numbers to the front. @returns how many there are */
function compact(values: Float64Array, present: Int32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const isThere = Number.isNaN(value) ? 0 : 1;
    present[i] = isThere;
    values[count] = value;
    count += isThere;
  }
  return count;
}

function leastOf(values: Float64Array, count: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) least = Math.min(least, values[i] ?? 0);
  return least;
}

function mostOf(values: Float64Array, count: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) most = Math.max(most, values[i] ?? 0);
  return most;
}

function write(view: DataView, at: number, width: Bytes, value: number): void {
  if (width === 4) {
    view.setInt32(at, value, true);
    return;
  }
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(at, value - high * 2 ** 32, true);
  view.setInt32(at + 4, high, true);
}

function fixed(width: Bytes, value: number): Uint8Array {
  const made = new Uint8Array(width);
  write(new DataView(made.buffer), 0, width, value);
  return made;
}

/** 64-bit integers, and times in epoch ms. The few that no double holds are kept beside. */
export class Int64Column extends WholeNumbers {
  protected readonly width = 8;
  #large = new Map<number, bigint>();

  override put(row: number, value: Value): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
      this.rows.put(row, value);
      return;
    }
    if (typeof value !== 'bigint') throw new TypeError(`not an integer: ${String(value)}`);
    if (value < LOWEST || value > HIGHEST) throw new RangeError(`not a 64-bit integer: ${value}`);
    this.rows.put(row, Number(value));
    if (!Number.isSafeInteger(Number(value))) this.#large.set(row, value);
  }

  override truncate(length: number): void {
    super.truncate(length);
    for (const row of this.#large.keys()) if (row >= length) this.#large.delete(row);
  }

  override at(row: number): number | bigint | null {
    return (this.#large.size === 0 ? undefined : this.#large.get(row)) ?? super.at(row);
  }

  override compare(a: number, b: number): number {
    if (this.#large.size === 0 || !(this.#large.has(a) || this.#large.has(b))) return super.compare(a, b);
    const [x, y] = [this.at(a), this.at(b)];
    if (x === null || y === null) return Number(x !== null) - Number(y !== null);
    return x < y ? -1 : x > y ? 1 : 0;
  }

  override encode(rows: Uint32Array, chunk: Chunk): void {
    if (this.#large.size === 0 || !rows.some((row) => this.#large.has(row))) {
      super.encode(rows, chunk);
      return;
    }
    const values = Array.from(rows, (row) => this.at(row));
    const present = Int32Array.from(values, (value) => (value === null ? 0 : 1));
    const exact = BigInt64Array.from(values.filter((value) => value !== null).map(BigInt));
    chunk.begin(present, rows.length, rows.length - exact.length).bytes(new Uint8Array(exact.buffer));
    chunk.end(rows.length, ENCODING.PLAIN);
    exact.sort();
    chunk.min = { bytes: new Uint8Array(exact.buffer, 0, 8), isExact: true };
    chunk.max = { bytes: new Uint8Array(exact.buffer, exact.byteLength - 8), isExact: true };
  }
}

/** 32-bit integers. */
export class Int32Column extends WholeNumbers {
  protected readonly width = 4;

  override put(row: number, value: Value): void {
    if (typeof value !== 'number' || (value | 0) !== value) {
      throw new RangeError(`not a 32-bit integer: ${String(value)}`);
    }
    this.rows.put(row, value);
  }
}

/** 64-bit floating point numbers; few columns have any, so they are plain and without statistics of bounds. */
export class DoubleColumn implements ColumnBuffer {
  readonly #values = new Map<number, number>();

  put(row: number, value: Value): void {
    if (typeof value !== 'number') throw new TypeError(`not a number: ${String(value)}`);
    this.#values.set(row, value);
  }

  truncate(length: number): void {
    for (const row of this.#values.keys()) if (row >= length) this.#values.delete(row);
  }

  at(row: number): number | null {
    return this.#values.get(row) ?? null;
  }

  compare(a: number, b: number): number {
    return (this.at(a) ?? Number.NEGATIVE_INFINITY) - (this.at(b) ?? Number.NEGATIVE_INFINITY) || 0;
  }

  sizeOf(rows: Uint32Array): number {
    return rows.filter((row) => this.#values.has(row)).length * 8;
  }

  get bytes(): number {
    return this.#values.size * 8;
  }

  encode(rows: Uint32Array, chunk: Chunk): void {
    const values = Array.from(rows, (row) => this.at(row));
    const present = Int32Array.from(values, (value) => (value === null ? 0 : 1));
    const there = Float64Array.from(values.filter((value) => value !== null));
    chunk.begin(present, rows.length, rows.length - there.length).bytes(new Uint8Array(there.buffer));
    chunk.end(rows.length, ENCODING.PLAIN);
  }
}
