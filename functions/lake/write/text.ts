import { type Data, makeData, Utf8 } from 'apache-arrow';
import { bitmap, grown, roomFor, setBit } from './capacity.ts';
import type { ColumnBuffer, Value } from './column.ts';

const EMPTY = Buffer.alloc(0);

/** Where a text begins is 32 bits wide. */
const MOST_BYTES = 2 ** 32 - 1;

/** Arrow's offsets have 31 bits, and what is gathered is copied twice before it is written: so much less. */
const MOST_GATHERED_BYTES = 1 << 25;

/** The texts of several rows are too much to gather at once; those of fewer rows may not be. */
export class TooMuchText extends RangeError {
  override name = 'TooMuchText';
}

/** Strings as UTF-8, one after another in one buffer. A lone surrogate becomes U+FFFD. */
export class TextColumn implements ColumnBuffer {
  readonly type = new Utf8();
  #bytes: Buffer = EMPTY;
  #used = 0;
  /** where a row's text begins */
  #starts = new Uint32Array(0);
  /** bytes of a row's text, plus one; 0 is null */
  #sizes = new Uint32Array(0);
  #end = 0;

  put(row: number, value: Value): void {
    if (typeof value !== 'string') throw new TypeError(`not a string: ${String(value)}`);
    if (row >= this.#sizes.length) this.#growRows(row + 1);
    // UTF-16 to UTF-8 makes at most three bytes of a unit, and Buffer.write would cut what doesn't fit.
    if (this.#used + value.length * 3 > this.#bytes.length) this.#growBytes(this.#used + value.length * 3);
    const size = this.#bytes.write(value, this.#used, 'utf8');
    this.#starts[row] = this.#used;
    this.#sizes[row] = size + 1;
    this.#used += size;
    this.#end = row + 1;
  }

  truncate(length: number): void {
    for (let row = length; row < this.#end; row++) {
      if (this.#sizes[row] === 0) continue;
      this.#used = this.#starts[row] ?? 0;
      this.#sizes.fill(0, row, this.#end);
      break;
    }
    this.#end = Math.min(this.#end, length);
  }

  at(row: number): string | null {
    const size = this.#sizes[row] ?? 0;
    if (size === 0) return null;
    const start = this.#starts[row] ?? 0;
    return this.#bytes.toString('utf8', start, start + size - 1);
  }

  sizeOf(rows: Uint32Array): number {
    return this.#end === 0 ? 0 : (this.#used / this.#end) * rows.length;
  }

  gather(rows: Uint32Array): Data<Utf8> {
    const length = rows.length;
    const sizes = this.#sizes;
    const starts = this.#starts;
    const offsets = new Int32Array(length + 1);
    const bits = bitmap(length);
    let nullCount = 0;
    let size = 0;
    for (let i = 0; i < length; i++) {
      const row = rows[i] ?? 0;
      const sized = row < this.#end ? (sizes[row] ?? 0) : 0;
      if (sized === 0) nullCount++;
      else {
        size += sized - 1;
        setBit(bits, i);
      }
      offsets[i + 1] = size;
    }
    if (size > MOST_GATHERED_BYTES && length > 1) throw new TooMuchText(`${size} bytes of text in ${length} rows`);
    const data = Buffer.allocUnsafe(size);
    // Rows that were appended one after another have their bytes side by side: they are copied in one go.
    let at = 0;
    let from = 0;
    let to = 0;
    for (let i = 0; at + to - from < size; i++) {
      const length = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
      if (length === 0) continue;
      const start = starts[rows[i] ?? 0] ?? 0;
      if (start !== to) {
        at += copy(this.#bytes, from, to, data, at);
        from = start;
      }
      to = start + length;
    }
    copy(this.#bytes, from, to, data, at);
    return makeData({ type: this.type, length, nullCount, nullBitmap: bits, valueOffsets: offsets, data });
  }

  #growRows(needed: number): void {
    const room = roomFor(needed, this.#sizes.length);
    this.#starts = grown(this.#starts, Uint32Array, room);
    this.#sizes = grown(this.#sizes, Uint32Array, room);
  }

  /** @throws RangeError if the column holds 4 GB: a unit so large was never planned */
  #growBytes(needed: number): void {
    if (needed > MOST_BYTES) throw new RangeError('a column of texts may not hold 4 GB');
    const longer = Buffer.allocUnsafeSlow(roomFor(needed, this.#bytes.length));
    this.#bytes.copy(longer, 0, 0, this.#used);
    this.#bytes = longer;
  }
}

/** Short copies are quicker byte by byte than by a call out of JavaScript. */
function copy(source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  if (to - from > 48) return source.copy(target, at, from, to);
  for (let i = from, j = at; i < to; i++, j++) target[j] = source[i] ?? 0;
  return to - from;
}
