/** A hash table of event ids that finds repeated events in a unit. */
import { hash } from 'node:crypto';
import { release } from './memory.ts';

const SMALLEST = 1 << 10;
const WORDS = 4;
const HEX_32 = 8;

export interface IdsMark {
  readonly count: number;
  readonly moves: number;
}

/**
 * Which row has which event_id. An id is 128 bits, kept as four words in an open-addressing table: 28 bytes an id at
 * most, and nothing that the garbage collector has to visit. Taking back is undoing in reverse order, so that no id
 * ever has to be deleted from the middle of a probe sequence.
 */
export class EventIds {
  #count = 0;
  #words: Uint32Array<ArrayBuffer>;
  #rows: Uint32Array<ArrayBuffer>;
  /** number of the id that hashed here, plus one; at most half full */
  #slots: Uint32Array<ArrayBuffer>;
  /** what `move` overwrote: id number, row it had */
  #moves: [id: number, row: number][] = [];
  readonly #key = new Uint32Array(WORDS);

  /** @param capacity ids that there is room for at first, a power of two */
  constructor(capacity = SMALLEST) {
    this.#words = new Uint32Array(capacity * WORDS);
    this.#rows = new Uint32Array(capacity);
    this.#slots = new Uint32Array(capacity * 2);
  }

  get size(): number {
    return this.#count;
  }

  /** Gives the id to `row` unless it has one. Returns the row it had, or −1. */
  add(id: string, row: number): number {
    this.#read(id);
    return this.#add(row);
  }

  /** The row that the id has, or −1. */
  rowOf(id: string): number {
    this.#read(id);
    const number = this.#slots[this.#find()] ?? 0;
    return number === 0 ? -1 : (this.#rows[number - 1] ?? -1);
  }

  /** The same as `add` for the id that is the beginning of a hash, given as a character a byte. */
  addHashed(hashed: string, row: number): number {
    this.#readHashed(hashed);
    return this.#add(row);
  }

  #add(row: number): number {
    const slot = this.#find();
    const number = this.#slots[slot] ?? 0;
    if (number !== 0) return this.#rows[number - 1] ?? -1;
    if (this.#count === this.#rows.length) {
      this.#grow();
      return this.#add(row);
    }
    this.#words.set(this.#key, this.#count * WORDS);
    this.#rows[this.#count] = row;
    this.#slots[slot] = ++this.#count;
    return -1;
  }

  /** Gives an id that has a row to another row. */
  move(id: string, row: number): void {
    this.#read(id);
    this.#move(row, id);
  }

  moveHashed(hashed: string, row: number): void {
    this.#readHashed(hashed);
    this.#move(row, hashed);
  }

  #move(row: number, id: string): void {
    const number = (this.#slots[this.#find()] ?? 0) - 1;
    if (number < 0) throw new RangeError(`event_id is not known: ${id}`);
    this.#moves.push([number, this.#rows[number] ?? 0]);
    this.#rows[number] = row;
  }

  mark(): IdsMark {
    return { count: this.#count, moves: this.#moves.length };
  }

  /** Takes back all that was added and moved since the mark. */
  rollback({ count, moves }: IdsMark): void {
    for (const [number, row] of this.#moves.splice(moves).reverse()) this.#rows[number] = row;
    while (this.#count > count) {
      this.#count--;
      this.#key.set(this.#words.subarray(this.#count * WORDS, this.#count * WORDS + WORDS));
      this.#slots[this.#find()] = 0;
    }
  }

  #readHashed(hashed: string): void {
    for (let w = 0; w < WORDS; w++) {
      let word = 0;
      for (let i = w * 4; i < w * 4 + 4; i++) word = (word << 8) | hashed.charCodeAt(i);
      this.#key[w] = word;
    }
  }

  /** Ids are hex, as the decoder makes them; any other text counts by its SHA-256. */
  #read(id: string): void {
    if (this.#parse(id)) return;
    this.#parse(hash('sha256', id, 'hex').slice(0, WORDS * HEX_32));
  }

  #parse(id: string): boolean {
    if (id.length !== WORDS * HEX_32) return false;
    for (let w = 0; w < WORDS; w++) {
      let word = 0;
      for (let i = w * HEX_32; i < (w + 1) * HEX_32; i++) {
        const c = id.charCodeAt(i);
        // '0'…'9' are 48…57, 'a'…'f' 97…102
        const digit = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1;
        if (digit < 0) return false;
        word = (word << 4) | digit;
      }
      this.#key[w] = word;
    }
    return true;
  }

  /** The slot that holds the key, or the free one where it belongs. */
  #find(): number {
    const key = this.#key;
    return this.#slotOf(key[0] ?? 0, key[1] ?? 0, key[2] ?? 0, key[3] ?? 0);
  }

  #slotOf(a: number, b: number, c: number, d: number): number {
    const mask = this.#slots.length - 1;
    const words = this.#words;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? 0;
      if (number === 0) return slot;
      const at = (number - 1) * WORDS;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
    }
  }

  #grow(): void {
    const room = this.#rows.length * 2;
    this.#words = grown(this.#words, room * WORDS);
    this.#rows = grown(this.#rows, room);
    release(this.#slots);
    this.#slots = new Uint32Array(room * 2);
    const words = this.#words;
    for (let number = 0, at = 0; number < this.#count; number++, at += WORDS) {
      const slot = this.#slotOf(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0);
      this.#slots[slot] = number + 1;
    }
  }
}

function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(array);
  release(array);
  return longer;
}
