/**
 * Remembers what a stretch of values makes of columns: values that stand side by side in a record and often come together
 * again, such as the tags of a campaign. All of them are then looked up at once, by the bytes from the first to the last, and
 * texts that are made of them are not made again.
 */
import { DistinctTexts } from '../write/distinct-texts.ts';
import type { InternedColumn } from '../write/interned.ts';
import type { Memory } from '../write/memory.ts';

/** After so many misses it is looked at whether the values come together again. */
const MANY_MISSES = 512;
const MOST_ENTRIES = 1 << 15;

export class Stretch {
  readonly #columns: readonly InternedColumn[];
  readonly #known: DistinctTexts;
  /** by number of the bytes, as many as there are columns: the texts' numbers */
  #texts = new Int32Array(64);
  #learned = 0;
  #hits = 0;
  #isOff = false;

  constructor(columns: readonly InternedColumn[], memory: Memory) {
    this.#columns = columns;
    this.#known = new DistinctTexts(memory);
  }

  /** Fills `count` rows from `row` on. False if that is to be done value by value, and then to be learned. */
  put(bytes: Uint8Array, view: DataView, from: number, to: number, row: number, count: number): boolean {
    if (this.#isOff) return false;
    const number = this.#known.numberOfBytes(bytes, view, from, to);
    if (number >= this.#learned) return false;
    this.#hits++;
    const columns = this.#columns;
    for (let i = 0, at = number * columns.length; i < columns.length; i++, at++) {
      columns[i]?.fill(row, count, this.#texts[at] ?? 0);
    }
    return true;
  }

  /** What `row` holds is what the bytes make that were asked for last. */
  learn(row: number): void {
    if (this.#isOff) return;
    const columns = this.#columns;
    const at = this.#learned * columns.length;
    if (at + columns.length > this.#texts.length) {
      const longer = new Int32Array(2 * (at + columns.length));
      longer.set(this.#texts);
      this.#texts = longer;
    }
    for (const [i, column] of columns.entries()) this.#texts[at + i] = column.code(row) - 1;
    this.#learned++;
    const misses = this.#learned;
    this.#isOff = misses >= MOST_ENTRIES || (misses > MANY_MISSES && misses > this.#hits);
  }
}
