/**
 * A seeded source of numbers (sfc32 by Chris Doty-Humphrey, 128 bits of state). Each message, person and object has its own,
 * made from the seed and its place in the plan, so nothing depends on the order in which things are made.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  /** @param path what the numbers are for: the same path gives the same numbers */
  constructor(seed: number, ...path: readonly number[]) {
    this.a = mixed(seed);
    this.b = mixed(Math.floor(seed / 4294967296) ^ 0x9e3779b9);
    this.c = path.length;
    for (const step of path) {
      this.c = mixed(this.c ^ step);
      this.b = mixed(this.b + Math.floor(step / 4294967296) + this.c);
    }
    for (let round = 0; round < 12; round++) this.word();
  }

  /** 32 random bits as an integer from 0 */
  word(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** from 0, below 1 */
  unit(): number {
    return this.word() / 4294967296;
  }

  /** an integer from 0, below `n` */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** an integer from `low` to `high`, both included */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** exponentially distributed, an integer from 0 */
  wait(mean: number): number {
    return Math.floor(-Math.log(1 - this.unit()) * mean);
  }

  /** @throws RangeError if the list is empty */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError('nothing to pick from: the list is empty');
    return found;
  }

  /** One of the list, each as likely as its weight. @throws RangeError if the list is empty */
  weighted<T>(list: readonly Weighted<T>[]): T {
    let total = 0;
    for (const entry of list) total += entry[1];
    let left = this.unit() * total;
    for (const entry of list) {
      left -= entry[1];
      if (left < 0) return entry[0];
    }
    const last = list.at(-1);
    if (last === undefined) throw new RangeError('nothing to pick from: the list is empty');
    return last[0];
  }

  /** `digits` lower-case hex digits */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) {
      const word = this.word();
      text += `${HEX[word >>> 16]}${HEX[word & 0xffff]}`;
    }
    return text.slice(0, digits);
  }

  /** in the form of a UUID version 4 */
  uuid(): string {
    const hex = this.hex(32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

/** The four digits of each 16 bits, looked up: making ids takes much of the time. */
const HEX = Array.from({ length: 65536 }, (_, value) => value.toString(16).padStart(4, '0'));

export type Weighted<T> = readonly [value: T, weight: number];

/** The finalizer of MurmurHash3: numbers that differ in one bit become numbers that differ in half of theirs. */
const mixed = (number: number): number => {
  let h = number | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};
