/** A column of texts that rarely repeat. */
import type { ColumnBuffer, Value } from './column.ts';
import { type Memory, scratch } from './memory.ts';
import type { Chunk } from './pages/chunk.ts';
import { IntRows } from './rows.ts';
import { encodeNoTexts, encodeTexts, Texts } from './texts.ts';

/** Strings as UTF-8. A lone surrogate becomes U+FFFD. */
export class TextColumn implements ColumnBuffer {
  readonly #texts: Texts;
  /** where a row's text begins */
  readonly #starts: IntRows;
  /** bytes of a row's text, plus one; 0 is null */
  readonly #sizes: IntRows;

  constructor(memory: Memory) {
    this.#texts = new Texts(memory);
    this.#starts = new IntRows(memory);
    this.#sizes = new IntRows(memory);
  }

  put(row: number, value: Value): void {
    if (typeof value !== 'string') throw new TypeError(`not a string: ${String(value)}`);
    const size = this.#texts.addString(value);
    this.#starts.put(row, this.#texts.last);
    this.#sizes.put(row, size + 1);
  }

  /** Keeps a copy of bytes that are UTF-8. */
  putBytes(row: number, bytes: Uint8Array, view: DataView, from: number, to: number): void {
    this.#texts.addBytes(bytes, view, from, to);
    this.#starts.put(row, this.#texts.last);
    this.#sizes.put(row, to - from + 1);
  }

  /** The bytes of the rows taken back stay where they are: to be sorted and written, rows need not lie side by side. */
  truncate(length: number): void {
    this.#starts.truncate(length);
    this.#sizes.truncate(length);
  }

  at(row: number): string | null {
    const size = this.#sizes.at(row);
    return size === 0 ? null : this.#texts.text(this.#starts.at(row), size - 1);
  }

  compare(a: number, b: number): number {
    const [aSize, bSize] = [this.#sizes.at(a), this.#sizes.at(b)];
    if (aSize === 0 || bSize === 0) return aSize - bSize;
    return this.#texts.compare(this.#starts.at(a), aSize - 1, this.#starts.at(b), bSize - 1);
  }

  sizeOf(rows: Uint32Array): number {
    let sum = 0;
    for (const row of rows) sum += this.#sizes.at(row);
    return sum;
  }

  get bytes(): number {
    return this.#texts.bytes + this.#sizes.end;
  }

  encode(rows: Uint32Array, chunk: Chunk): void {
    if (this.#sizes.isEmpty) {
      encodeNoTexts(rows.length, chunk);
      return;
    }
    const starts = scratch.uints(0, rows.length);
    const sizes = scratch.uints(1, rows.length);
    this.#starts.select(rows, new Int32Array(starts.buffer, 0, rows.length));
    this.#sizes.select(rows, new Int32Array(sizes.buffer, 0, rows.length));
    encodeTexts(this.#texts, starts, sizes, chunk);
  }
}
