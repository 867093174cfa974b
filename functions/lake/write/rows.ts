/** One number for each row, in blocks of memory: what the columns store their values in. */
import { BLOCK_ROWS, type Memory, NO_DOUBLES, NO_INTS, ROW_BITS, ROW_MASK } from './memory.ts';

type Numbers = Int32Array | Float64Array;

const SLICE_ROWS = 512;

/** Rows in slices so short that V8 compiles what goes over one as a function, once, and not its loop while that is running. */
export function* slicesOf(rows: Uint32Array): Generator<Uint32Array> {
  for (let from = 0; from < rows.length; from += SLICE_ROWS) yield rows.subarray(from, from + SLICE_ROWS);
}

/**
 * A number for each row, in blocks; rows come in ascending order. Rows that nothing was put into hold what `none` is
 * full of, which stands for their blocks too. What is called for each row is in the classes below, once for each kind of
 * numbers: V8 compiles a function that sees one kind of array to a third of the instructions.
 */
abstract class Rows<A extends Numbers> {
  blocks: A[] = [];
  /** one behind the last row that was put */
  end = 0;
  /** the last block, and the row that it begins with */
  protected block: A;
  protected first = -BLOCK_ROWS;
  protected readonly memory: Memory;
  protected readonly none: A;

  constructor(memory: Memory, none: A) {
    this.memory = memory;
    this.none = none;
    this.block = none;
  }

  protected abstract take(): A;
  protected abstract give(blocks: readonly A[]): void;

  abstract put(row: number, value: number): void;
  /** The same for `count` rows, at least one. */
  abstract fill(row: number, count: number, value: number): void;
  /** One for each row from `row` on, at least one. */
  abstract copy(row: number, values: Int32Array): void;
  /** The numbers of these rows, in their order. */
  abstract select(rows: Uint32Array, into: A): void;

  at(row: number): number {
    const block = this.blocks[row >> ROW_BITS] ?? this.none;
    return block[row & ROW_MASK] ?? 0;
  }

  truncate(length: number): void {
    if (length >= this.end) return;
    this.give(this.blocks.splice((length + ROW_MASK) >> ROW_BITS));
    const last = this.blocks.at(-1);
    if (last && last !== this.none && this.blocks.length > length >> ROW_BITS) {
      last.fill(this.none[0] ?? 0, length & ROW_MASK);
    }
    while (this.blocks.at(-1) === this.none) this.blocks.pop();
    this.block = this.blocks.at(-1) ?? this.none;
    this.first = (this.blocks.length - 1) << ROW_BITS;
    this.end = length;
  }

  /** Has nothing been put into any row? */
  get isEmpty(): boolean {
    return this.blocks.every((block) => block === this.none);
  }

  /** How many of these rows something was put into. */
  filled(rows: Uint32Array): number {
    const none = this.none[0];
    return rows.reduce((count, row) => (Object.is(this.at(row), none) ? count : count + 1), 0);
  }

  protected open(row: number): void {
    const number = row >> ROW_BITS;
    while (this.blocks.length < number) this.blocks.push(this.none);
    this.block = this.take();
    this.blocks.push(this.block);
    this.first = number << ROW_BITS;
  }
}

export class IntRows extends Rows<Int32Array> {
  constructor(memory: Memory) {
    super(memory, NO_INTS);
  }

  protected take(): Int32Array {
    return this.memory.ints();
  }

  protected give(blocks: readonly Int32Array[]): void {
    this.memory.giveInts(blocks);
  }

  put(row: number, value: number): void {
    if (row - this.first >= BLOCK_ROWS) this.open(row);
    this.block[row - this.first] = value;
    this.end = row + 1;
  }

  fill(row: number, count: number, value: number): void {
    const from = row - this.first;
    if (from + count > BLOCK_ROWS) {
      for (let i = 0; i < count; i++) this.put(row + i, value);
      return;
    }
    const { block } = this;
    for (let i = from; i < from + count; i++) block[i] = value;
    this.end = row + count;
  }

  copy(row: number, values: Int32Array): void {
    const from = row - this.first;
    if (from + values.length > BLOCK_ROWS) {
      for (let i = 0; i < values.length; i++) this.put(row + i, values[i] ?? 0);
      return;
    }
    const { block } = this;
    for (let i = 0; i < values.length; i++) block[from + i] = values[i] ?? 0;
    this.end = row + values.length;
  }

  select(rows: Uint32Array, into: Int32Array): void {
    const { blocks, none } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      into[i] = (blocks[row >> ROW_BITS] ?? none)[row & ROW_MASK] ?? 0;
    }
  }
}

export class DoubleRows extends Rows<Float64Array> {
  constructor(memory: Memory) {
    super(memory, NO_DOUBLES);
  }

  protected take(): Float64Array {
    return this.memory.doubles();
  }

  protected give(blocks: readonly Float64Array[]): void {
    this.memory.giveDoubles(blocks);
  }

  put(row: number, value: number): void {
    if (row - this.first >= BLOCK_ROWS) this.open(row);
    this.block[row - this.first] = value;
    this.end = row + 1;
  }

  fill(row: number, count: number, value: number): void {
    const from = row - this.first;
    if (from + count > BLOCK_ROWS) {
      for (let i = 0; i < count; i++) this.put(row + i, value);
      return;
    }
    const { block } = this;
    for (let i = from; i < from + count; i++) block[i] = value;
    this.end = row + count;
  }

  copy(row: number, values: Int32Array): void {
    const from = row - this.first;
    if (from + values.length > BLOCK_ROWS) {
      for (let i = 0; i < values.length; i++) this.put(row + i, values[i] ?? 0);
      return;
    }
    const { block } = this;
    for (let i = 0; i < values.length; i++) block[from + i] = values[i] ?? 0;
    this.end = row + values.length;
  }

  select(rows: Uint32Array, into: Float64Array): void {
    const { blocks, none } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      into[i] = (blocks[row >> ROW_BITS] ?? none)[row & ROW_MASK] ?? 0;
    }
  }
}
