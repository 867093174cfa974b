/** A hash table of texts that gives each distinct text a number. */
import { type Memory, release } from './memory.ts';
import { Bytes } from './pages/bytes.ts';
import { Texts } from './texts.ts';

/** Distinct texts, each with a number from 0 in order of arrival: an open-addressing table by their bytes. */
export class DistinctTexts {
  size = 0;
  readonly texts: Texts;
  /** by number: where it begins in `texts`, and its bytes */
  starts = new Uint32Array(64);
  sizes = new Uint32Array(64);
  #hashes = new Int32Array(64);
  /** number of the text that hashed here, plus one; at most half full */
  #slots = new Int32Array(128);
  #last = -1;

  constructor(memory: Memory) {
    this.texts = new Texts(memory);
  }

  /** The number of a text given as UTF-8, which it gets now if it has none. */
  numberOfBytes(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    const size = to - from;
    if (this.#last >= 0 && this.#is(this.#last, bytes, view, from, size)) return this.#last;
    const hash = hashOf(bytes, view, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) {
        this.#last = this.#add(bytes, view, from, to, hash, slot);
        return this.#last;
      }
      if (this.#hashes[number] === hash && this.#is(number, bytes, view, from, size)) {
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
    if (number === this.#hashes.length) {
      this.#hashes = doubled(this.#hashes, Int32Array);
      this.starts = doubled(this.starts, Uint32Array);
      this.sizes = doubled(this.sizes, Uint32Array);
    }
    this.texts.addBytes(bytes, view, from, to);
    this.#hashes[number] = hash;
    this.starts[number] = this.texts.last;
    this.sizes[number] = to - from;
    this.#slots[slot] = number + 1;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      let slot = (this.#hashes[number] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    release(this.#slots);
    this.#slots = slots;
  }
}

/** A text on its way into a table. */
const written = new Bytes();

function doubled<A extends Int32Array | Uint32Array>(array: A, make: new (length: number) => A): A {
  const twice = new make(array.length * 2);
  twice.set(array);
  release(array);
  return twice;
}

/** Four bytes at a time; the multipliers are those of MurmurHash3 and xxHash. */
function hashOf(bytes: Uint8Array, view: DataView, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash ^= hash >>> 13;
  return Math.imul(hash, 0xc2b2ae35) ^ (hash >>> 16);
}
