/** A hash table of texts that gives each distinct text a number. */
import { type Memory, release } from './memory.ts';
import { Bytes } from './pages/bytes.ts';
import { Texts } from './texts.ts';

/** Slots at first: a power of two, as always. */
const SLOTS = 128;

/** Distinct texts, each with a number from 0 in order of arrival: an open-addressing table by their bytes. */
export class DistinctTexts {
  size = 0;
  readonly texts: Texts;
  /** by number: where it begins in `texts`, and its bytes */
  starts = new Uint32Array(64);
  sizes = new Uint32Array(64);
  /** by slot: number of the text that hashed here, plus one, and its hash, side by side; at most half full */
  #slots = new Int32Array(2 * SLOTS);
  #mask = SLOTS - 1;
  #last = -1;

  constructor(memory: Memory) {
    this.texts = new Texts(memory);
  }

  /** The number of a text given as UTF-8, which it gets now if it has none. */
  numberOfBytes(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    const size = to - from;
    if (this.#last >= 0 && this.#is(this.#last, bytes, view, from, size)) return this.#last;
    const hash = hashOf(bytes, view, from, to);
    const mask = this.#mask;
    const slots = this.#slots;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (slots[2 * slot] ?? 0) - 1;
      if (number < 0) {
        this.#last = this.#add(bytes, view, from, to, hash, slot);
        return this.#last;
      }
      if (slots[2 * slot + 1] === hash && this.#is(number, bytes, view, from, size)) {
        this.#last = number;
        return number;
      }
    }
  }

  /** The number of a text; a lone surrogate becomes U+FFFD. */
  numberOf(text: string): number {
    written.clear();
    written.need(text.length * 3);
    const size = written.buffer.write(text, 0, 'utf8');
    return this.numberOfBytes(written.buffer, written.view, 0, size);
  }

  text(number: number): string {
    return this.texts.text(this.starts[number] ?? 0, this.sizes[number] ?? 0);
  }

  compare(a: number, b: number): number {
    const { starts, sizes } = this;
    return this.texts.compare(starts[a] ?? 0, sizes[a] ?? 0, starts[b] ?? 0, sizes[b] ?? 0);
  }

  #is(number: number, bytes: Uint8Array, view: DataView, from: number, size: number): boolean {
    return this.sizes[number] === size && this.texts.equals(this.starts[number] ?? 0, bytes, view, from, size);
  }

  #add(bytes: Uint8Array, view: DataView, from: number, to: number, hash: number, slot: number): number {
    const number = this.size++;
    if (number === this.starts.length) {
      this.starts = doubled(this.starts);
      this.sizes = doubled(this.sizes);
    }
    this.texts.addBytes(bytes, view, from, to);
    this.starts[number] = this.texts.last;
    this.sizes[number] = to - from;
    this.#slots[2 * slot] = number + 1;
    this.#slots[2 * slot + 1] = hash;
    if (this.size > this.#mask >> 1) this.#rehash();
    return number;
  }

  #rehash(): void {
    const known = this.#slots;
    const slots = new Int32Array(known.length * 2);
    const mask = known.length - 1;
    for (let i = 0; i < known.length; i += 2) {
      const number = known[i] ?? 0;
      if (number === 0) continue;
      const hash = known[i + 1] ?? 0;
      let slot = hash & mask;
      while (slots[2 * slot] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = number;
      slots[2 * slot + 1] = hash;
    }
    release(known);
    this.#slots = slots;
    this.#mask = mask;
  }
}

/** A text on its way into a table. */
const written = new Bytes();

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(array.length * 2);
  twice.set(array);
  release(array);
  return twice;
}

/** Eight bytes at a time, by two sums that don't wait for each other; the multipliers are those of MurmurHash3 and xxHash. */
function hashOf(bytes: Uint8Array, view: DataView, from: number, to: number): number {
  let hash = to - from;
  let other = 0;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    other = Math.imul(other ^ view.getInt32(at + 4, true), 0x85ebca6b);
    hash ^= hash >>> 15;
    other ^= other >>> 13;
  }
  hash = Math.imul(hash ^ other, 0x27d4eb2f);
  hash ^= hash >>> 15;
  if (at + 4 <= to) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
    at += 4;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash ^= hash >>> 13;
  return Math.imul(hash, 0xc2b2ae35) ^ (hash >>> 16);
}
