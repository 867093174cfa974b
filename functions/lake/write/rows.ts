/** One number for each row, in blocks of memory: what the columns store their values in. */
import { BLOCK_ROWS, ROW_BITS, ROW_MASK } from './memory.ts';

type Numbers = Int32Array | Float64Array;

/**
 * A number for each row, in blocks; rows come in ascending order. Rows that nothing was put into hold what `none` is
 * full of, which stands for their blocks too.
 */
export class Rows<A extends Numbers> {
  blocks: A[] = [];
  /** one behind the last row that was put */
  end = 0;
  /** the last block, and the row that it begins with */
  #block: A;
  #first = -BLOCK_ROWS;
  readonly #none: A;
  readonly #take: () => A;
  readonly #give: (blocks: readonly A[]) => void;

  constructor(none: A, take: () => A, give: (blocks: readonly A[]) => void) {
    this.#none = none;
    this.#block = none;
    this.#take = take;
    this.#give = give;
  }

  put(row: number, value: number): void {
    if (row - this.#first >= BLOCK_ROWS) this.#open(row);
    this.#block[row - this.#first] = value;
    this.end = row + 1;
  }

  at(row: number): number {
    const block = this.blocks[row >> ROW_BITS] ?? this.#none;
    return block[row & ROW_MASK] ?? 0;
  }

  truncate(length: number): void {
    if (length >= this.end) return;
    this.#give(this.blocks.splice((length + ROW_MASK) >> ROW_BITS));
    const last = this.blocks.at(-1);
    if (last && last !== this.#none && this.blocks.length > length >> ROW_BITS) {
      last.fill(this.#none[0] ?? 0, length & ROW_MASK);
    }
    while (this.blocks.at(-1) === this.#none) this.blocks.pop();
    this.#block = this.blocks.at(-1) ?? this.#none;
    this.#first = (this.blocks.length - 1) << ROW_BITS;
    this.end = length;
  }

  /** The numbers of these rows, in their order. */
  select(rows: Uint32Array, into: A): void {
    const { blocks } = this;
    const none = this.#none;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      const block = blocks[row >> ROW_BITS] ?? none;
      into[i] = block[row & ROW_MASK] ?? 0;
    }
  }

  /** How many of these rows something was put into. */
  filled(rows: Uint32Array): number {
    const none = this.#none[0];
    return rows.reduce((count, row) => (Object.is(this.at(row), none) ? count : count + 1), 0);
  }

  #open(row: number): void {
    const number = row >> ROW_BITS;
    while (this.blocks.length < number) this.blocks.push(this.#none);
    this.#block = this.#take();
    this.blocks.push(this.#block);
    this.#first = number << ROW_BITS;
  }
}
