/** Storage for many texts as UTF-8 in blocks of memory. */
import {
  BLOCK_BYTES,
  compareBytes,
  copyBytes,
  type Memory,
  scratch,
  TEXT_BITS,
  TEXT_MASK,
  type TextBlock,
} from './memory.ts';
import type { Bytes } from './pages/bytes.ts';
import { type Chunk, ENCODING, type Encoding, lowerBound, PAGE_BYTES, upperBound } from './pages/chunk.ts';
import { writeDeltas } from './pages/encodings.ts';

const NO_BLOCK: TextBlock = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)) };

/** Where a text begins is 32 bits wide: 4 GB, less what is left over in blocks. */
const MOST_BLOCKS = 2 ** (32 - TEXT_BITS);

/**
 * Texts as UTF-8, one after another in blocks. Where one begins is a whole number: the number of its block, and behind it
 * the place within. No text runs over the end of its block.
 */
export class Texts {
  blocks: TextBlock[] = [];
  /** bytes in all */
  bytes = 0;
  #block = NO_BLOCK;
  /** bytes used of the last block */
  #used = BLOCK_BYTES;
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Adds a text; a lone surrogate becomes U+FFFD. @returns how many bytes it takes; `last` is where it begins */
  addString(text: string): number {
    // A UTF-16 unit makes three bytes of UTF-8 at most, and Buffer.write would cut what doesn't fit.
    const most = text.length * 3;
    this.#need(this.#used + most < BLOCK_BYTES ? most : Buffer.byteLength(text));
    const size = this.#block.bytes.write(text, this.#used, 'utf8');
    this.#took(size);
    return size;
  }

  /** Adds bytes that are UTF-8. */
  addBytes(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    this.#need(to - from);
    copyBytes(bytes, view, from, to, this.#block.bytes, this.#block.view, this.#used);
    this.#took(to - from);
  }

  /** Where the text added last begins. */
  last = 0;

  text(start: number, size: number): string {
    const from = start & TEXT_MASK;
    return this.#blockOf(start).bytes.toString('utf8', from, from + size);
  }

  /** Not a copy. */
  slice(start: number, size: number): Buffer {
    const from = start & TEXT_MASK;
    return this.#blockOf(start).bytes.subarray(from, from + size);
  }

  compare(a: number, aSize: number, b: number, bSize: number): number {
    const [one, other] = [this.#blockOf(a), this.#blockOf(b)];
    const [i, j] = [a & TEXT_MASK, b & TEXT_MASK];
    return compareBytes(one.bytes, one.view, i, i + aSize, other.bytes, other.view, j, j + bSize);
  }

  equals(start: number, bytes: Uint8Array, view: DataView, from: number, size: number): boolean {
    const own = this.#blockOf(start);
    const ownView = own.view;
    let at = start & TEXT_MASK;
    let other = from;
    const end = from + size;
    for (; other + 8 <= end; at += 8, other += 8) {
      const first = ownView.getInt32(at, true) ^ view.getInt32(other, true);
      if ((first | (ownView.getInt32(at + 4, true) ^ view.getInt32(other + 4, true))) !== 0) return false;
    }
    for (; other < end; at++, other++) if (own.bytes[at] !== bytes[other]) return false;
    return true;
  }

  #blockOf(start: number): TextBlock {
    return this.blocks[start >>> TEXT_BITS] ?? NO_BLOCK;
  }

  /** @throws RangeError if the texts take 4 GB: a unit so large was never planned */
  #need(bytes: number): void {
    // A block is never quite full, so that texts at its end and at the beginning of the next aren't taken for neighbours.
    if (this.#used + bytes < this.#block.bytes.length) return;
    if (this.blocks.length === MOST_BLOCKS) throw new RangeError('a column of texts may not hold 4 GB');
    this.#block = this.#memory.text(bytes + 1);
    this.blocks.push(this.#block);
    this.#used = 0;
  }

  #took(size: number): void {
    this.last = (((this.blocks.length - 1) << TEXT_BITS) | this.#used) >>> 0;
    this.#used += size;
    this.bytes += size;
  }
}

const encodingOf = ({ isPlain }: Chunk): Encoding => (isPlain ? ENCODING.PLAIN : ENCODING.DELTA_LENGTH_BYTE_ARRAY);

/** What `encodeTexts` writes of so many nulls. */
export const encodeNoTexts = (rows: number, chunk: Chunk): void => chunk.allNull(rows, encodingOf(chunk));

/**
 * Writes texts as data pages of about a megabyte each, and their statistics.
 * @param sizes bytes of each text, plus one; 0 is null
 */
export function encodeTexts(texts: Texts, starts: Uint32Array, sizes: Uint32Array, chunk: Chunk): void {
  let least: Buffer | null = null;
  let greatest: Buffer | null = null;
  for (let from = 0; from < sizes.length; ) {
    const to = pageEnd(sizes, from);
    const ofPage = encodePage(texts.blocks, starts.subarray(from, to), sizes.subarray(from, to), chunk);
    from = to;
    if (ofPage === null) continue;
    if (least === null || ofPage.min.compare(least) < 0) least = ofPage.min;
    if (greatest === null || ofPage.max.compare(greatest) > 0) greatest = ofPage.max;
  }
  chunk.min = least && lowerBound(least);
  chunk.max = greatest && upperBound(greatest);
}

function pageEnd(sizes: Uint32Array, from: number): number {
  let to = from;
  for (let total = 0; to < sizes.length && total < PAGE_BYTES; to++) total += sizes[to] ?? 0;
  return to;
}

/** @returns the least and the greatest text of the page; null if there are none */
function encodePage(
  blocks: readonly TextBlock[],
  starts: Uint32Array,
  sizes: Uint32Array,
  chunk: Chunk,
): { min: Buffer; max: Buffer } | null {
  const rows = sizes.length;
  const present = scratch.ints(2, rows);
  const lengths = scratch.doubles(rows);
  const count = lengthsOf(sizes, present, lengths);
  if (count === 0) {
    encodeNoTexts(rows, chunk);
    return null;
  }
  const page = chunk.begin(present, rows, rows - count);
  if (!chunk.isPlain) writeDeltas(lengths, count, page);
  const from = page.at;
  if (chunk.isPlain) writePlain(blocks, starts, sizes, page);
  else {
    page.need(sumOf(lengths, count));
    page.at = joinTexts(blocks, starts, sizes, page.buffer, page.view, page.at);
  }
  const leastAndGreatest = boundsOf(page, from, lengths, count, chunk.isPlain ? 4 : 0);
  chunk.end(rows, encodingOf(chunk));
  return leastAndGreatest;
}

/** Writes texts, each behind its bytes' number. */
export function writePlain(blocks: readonly TextBlock[], starts: Uint32Array, sizes: Uint32Array, page: Bytes): void {
  for (let i = 0; i < sizes.length; i++) {
    const size = (sizes[i] ?? 0) - 1;
    if (size < 0) continue;
    const start = starts[i] ?? 0;
    const { bytes, view } = blocks[start >>> TEXT_BITS] ?? NO_BLOCK;
    const from = start & TEXT_MASK;
    page.uint32(size);
    page.need(size);
    copyBytes(bytes, view, from, from + size, page.buffer, page.view, page.at);
    page.at += size;
  }
}

/** Lengths of the texts that aren't null. @returns how many there are */
function lengthsOf(sizes: Uint32Array, present: Int32Array, lengths: Float64Array): number {
  let count = 0;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] ?? 0;
    const isThere = size === 0 ? 0 : 1;
    present[i] = isThere;
    lengths[count] = size - 1;
    count += isThere;
  }
  return count;
}

function sumOf(numbers: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += numbers[i] ?? 0;
  return sum;
}

/**
 * Copies the texts one behind the other. Those that were added one after another lie side by side, and are copied in one
 * go:
 *
 *     for (const i of sizes.keys()) copy(starts[i], sizes[i] - 1);
 */
function joinTexts(
  blocks: readonly TextBlock[],
  starts: Uint32Array,
  sizes: Uint32Array,
  into: Buffer,
  intoView: DataView,
  start: number,
): number {
  let at = start;
  let from = 0;
  let to = 0;
  // where a text would begin that goes with those before it; a block of its own has no neighbours
  let next = -1;
  for (let i = 0; i <= sizes.length; i++) {
    const size = (sizes[i] ?? 0) - 1;
    if (size <= 0 && i < sizes.length) continue;
    const begin = starts[i] ?? 0;
    if (begin !== next || i === sizes.length) {
      const { bytes, view } = blocks[from >>> TEXT_BITS] ?? NO_BLOCK;
      const place = from & TEXT_MASK;
      copyBytes(bytes, view, place, place + to - from, into, intoView, at);
      at += to - from;
      from = begin;
    }
    to = begin + size;
    next = size < BLOCK_BYTES ? to : -1;
  }
  return at;
}

/**
 * Copies of the least and the greatest of texts that lie one behind the other.
 * @param gap bytes before each text
 */
export function boundsOf(
  page: Bytes,
  from: number,
  lengths: Float64Array,
  count: number,
  gap: number,
): { min: Buffer; max: Buffer } {
  findBounds(page, from, lengths, count, gap);
  return {
    min: Buffer.from(page.buffer.subarray(bounds.minAt, bounds.minEnd)),
    max: Buffer.from(page.buffer.subarray(bounds.maxAt, bounds.maxEnd)),
  };
}

/** Where the least and the greatest text of a page begin and end. */
const bounds = { minAt: 0, minEnd: 0, maxAt: 0, maxEnd: 0 };

/** Finds `bounds`. There is no code behind the loop, as in pages/encodings.ts. */
function findBounds({ buffer, view }: Bytes, from: number, lengths: Float64Array, count: number, gap: number): void {
  let minHead = 0xffffffff;
  let maxHead = 0;
  for (let i = 0, at = from + gap; i < count; i++) {
    const end = at + (lengths[i] ?? 0);
    // Nearly always four bytes tell that it is neither.
    const head = end - at >= 4 ? view.getUint32(at) : -1;
    if (
      i === 0 ||
      (head <= minHead && compareBytes(buffer, view, at, end, buffer, view, bounds.minAt, bounds.minEnd) < 0)
    ) {
      bounds.minAt = at;
      bounds.minEnd = end;
      minHead = head < 0 ? 0xffffffff : head;
    }
    const mayBeMost = head < 0 || head >= maxHead;
    if (i === 0 || (mayBeMost && compareBytes(buffer, view, at, end, buffer, view, bounds.maxAt, bounds.maxEnd) > 0)) {
      bounds.maxAt = at;
      bounds.maxEnd = end;
      maxHead = Math.max(head, 0);
    }
    at = end + gap;
  }
}
