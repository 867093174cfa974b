import type { Place } from './record.ts';

/** The one Place of an object, pointed at record after record. */
export class RecordPlace implements Place {
  #isFresh = true;
  ordinal = 0;
  first = 0;
  offset = 0;
  length = 0;
  hasEscapes = true;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** `bytes[from]…bytes[to - 1]` is what is at hand of the record: all of it, or the beginning if it was too large. */
  point(offset: number, length: number, bytes: Uint8Array, from: number, to: number): void {
    this.offset = offset;
    this.length = length;
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#isFresh = true;
  }

  /** Numbers the next record, which lies where this points. */
  number(ordinal: number): this {
    this.ordinal = ordinal;
    if (this.#isFresh) this.first = ordinal;
    this.#isFresh = false;
    return this;
  }

  raw(limit: number): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(this.#from, Math.min(this.#from + limit, this.#to)));
  }
}
