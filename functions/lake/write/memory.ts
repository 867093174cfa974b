/**
 * Memory of columns: blocks of a fixed size, cut from slabs. What grows by copying needs three times its size while it
 * grows; blocks need their size. The garbage collector counts every buffer and runs for each 32 MB of them: slabs are
 * few, and given back at once when the columns have been written.
 */

/** Rows of a block of numbers. */
export const ROW_BITS = 13;
export const BLOCK_ROWS = 1 << ROW_BITS;
export const ROW_MASK = BLOCK_ROWS - 1;

/** Bytes of a block of texts. */
export const TEXT_BITS = 17;
export const BLOCK_BYTES = 1 << TEXT_BITS;
export const TEXT_MASK = BLOCK_BYTES - 1;

export interface TextBlock {
  bytes: Buffer;
  view: DataView;
}

/** Never written to: blocks of rows that are all null. */
export const NO_INTS = new Int32Array(BLOCK_ROWS);
export const NO_DOUBLES = new Float64Array(BLOCK_ROWS).fill(Number.NaN);

const LEAST_SLAB = 1 << 20;
const MOST_SLAB = 1 << 24;

/** The blocks of one table's columns. */
export class Memory {
  #slabs: ArrayBuffer[] = [];
  #slab: ArrayBuffer = new ArrayBuffer(0);
  #cut = 0;
  #ints: Int32Array[] = [];
  #doubles: Float64Array[] = [];

  /** A block of zeros. */
  ints(): Int32Array {
    const used = this.#ints.pop();
    if (used) return used.fill(0);
    const at = this.#take(BLOCK_ROWS * 4);
    return new Int32Array(this.#slab, at, BLOCK_ROWS).fill(0);
  }

  /** A block of NaN. */
  doubles(): Float64Array {
    const used = this.#doubles.pop();
    if (used) return used.fill(Number.NaN);
    const at = this.#take(BLOCK_ROWS * 8);
    return new Float64Array(this.#slab, at, BLOCK_ROWS).fill(Number.NaN);
  }

  /** A block for texts; one text that needs more has a block of its own. */
  text(needed: number): TextBlock {
    const size = Math.max(needed, BLOCK_BYTES);
    const at = this.#take(size);
    return { bytes: Buffer.from(this.#slab, at, size), view: new DataView(this.#slab, at, size) };
  }

  /** Takes blocks back that rows were taken back from. */
  giveInts(blocks: readonly Int32Array[]): void {
    for (const block of blocks) if (block !== NO_INTS) this.#ints.push(block);
  }

  giveDoubles(blocks: readonly Float64Array[]): void {
    for (const block of blocks) if (block !== NO_DOUBLES) this.#doubles.push(block);
  }

  /** Gives everything back to the system. No block may be looked at any more. */
  free(): void {
    for (const slab of this.#slabs) slab.transfer(0);
    this.#slabs = [];
    this.#slab = new ArrayBuffer(0);
    this.#cut = 0;
    this.#ints = [];
    this.#doubles = [];
  }

  /** Sets `#slab` to one that has room for so many bytes, and returns where in it they begin. */
  #take(bytes: number): number {
    const size = (bytes + 7) & ~7;
    if (this.#cut + size > this.#slab.byteLength) {
      const wanted = Math.min(Math.max(this.#slab.byteLength * 2, LEAST_SLAB), MOST_SLAB);
      // Not zeroed, as a new ArrayBuffer is: numbers are when their block is cut, and of texts nothing is read that wasn't written.
      this.#slab = Buffer.allocUnsafeSlow(Math.max(size, wanted)).buffer;
      this.#slabs.push(this.#slab);
      this.#cut = 0;
    }
    this.#cut += size;
    return this.#cut - size;
  }
}

/** Frees a buffer at once, if it is large and not shared. It must not be used after that. */
export function release({ buffer, byteLength }: Uint8Array | Uint32Array | Int32Array): void {
  if (byteLength > 1 << 14 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Copies bytes eight at a time: most texts are so short that a call out of JavaScript would take longer. */
export function copyBytes(
  source: Uint8Array,
  sourceView: DataView,
  from: number,
  to: number,
  target: Uint8Array,
  targetView: DataView,
  at: number,
): void {
  if (to - from > 1024) {
    target.set(source.subarray(from, to), at);
    return;
  }
  let i = from;
  let j = at;
  for (; i + 8 <= to; i += 8, j += 8) {
    targetView.setInt32(j, sourceView.getInt32(i, true), true);
    targetView.setInt32(j + 4, sourceView.getInt32(i + 4, true), true);
  }
  for (; i < to; i++, j++) target[j] = source[i] ?? 0;
}

/** The order of their bytes, which for UTF-8 is that of their code points. Four at a time, as many begin alike. */
export function compareBytes(
  a: Uint8Array,
  aView: DataView,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bView: DataView,
  bFrom: number,
  bTo: number,
): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  let i = 0;
  while (i + 4 <= length && aView.getInt32(aFrom + i) === bView.getInt32(bFrom + i)) i += 4;
  for (; i < length; i++) {
    const order = (a[aFrom + i] ?? 0) - (b[bFrom + i] ?? 0);
    if (order !== 0) return order;
  }
  return aTo - aFrom - (bTo - bFrom);
}

/**
 * Room for what is gathered while one column is encoded, used again for each: encoding is synchronous, so that nobody
 * else uses it meanwhile. Its old content means nothing.
 */
class Scratch {
  #doubles = new Float64Array(0);
  #ints = [new Int32Array(0), new Int32Array(0), new Int32Array(0)];
  #uints = [new Uint32Array(0), new Uint32Array(0)];

  doubles(length: number): Float64Array {
    if (length > this.#doubles.length) this.#doubles = new Float64Array(roomOf(length));
    return this.#doubles.subarray(0, length);
  }

  ints(which: 0 | 1 | 2, length: number): Int32Array {
    let held = this.#ints[which];
    if (!held || length > held.length) held = this.#ints[which] = new Int32Array(roomOf(length));
    return held.subarray(0, length);
  }

  uints(which: 0 | 1 | 2, length: number): Uint32Array {
    let held = this.#uints[which];
    if (!held || length > held.length) held = this.#uints[which] = new Uint32Array(roomOf(length));
    return held.subarray(0, length);
  }
}

const roomOf = (length: number): number => 2 ** Math.ceil(Math.log2(length));

export const scratch = new Scratch();
