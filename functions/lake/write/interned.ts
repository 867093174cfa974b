/** A column of texts that repeat; Parquet stores it with a dictionary. */
import type { ColumnBuffer, Value } from './column.ts';
import { DistinctTexts } from './distinct-texts.ts';
import { type Memory, scratch } from './memory.ts';
import { type Chunk, ENCODING, lowerBound, upperBound } from './pages/chunk.ts';
import { bitsOf, writeHybrid } from './pages/encodings.ts';
import { IntRows } from './rows.ts';
import { boundsOf, encodeNoTexts, encodeTexts, writePlain } from './texts.ts';

/**
 * Strings that repeat: each distinct text once, and its number by row. What is written depends on the rows alone: neither
 * other rows of the column, nor rows that were taken back, change a file.
 */
export class InternedColumn implements ColumnBuffer {
  readonly distinct: DistinctTexts;
  /** number of a row's text, plus one; 0 is null */
  readonly #codes: IntRows;
  #last: string | null = null;
  #lastNumber = 0;

  constructor(memory: Memory) {
    this.distinct = new DistinctTexts(memory);
    this.#codes = new IntRows(memory);
  }

  put(row: number, value: Value): void {
    if (value !== this.#last) {
      if (typeof value !== 'string') throw new TypeError(`not a string: ${String(value)}`);
      this.#lastNumber = this.distinct.numberOf(value);
      this.#last = value;
    }
    this.#codes.put(row, this.#lastNumber + 1);
  }

  /** Keeps a copy of bytes that are UTF-8. */
  putBytes(row: number, bytes: Uint8Array, view: DataView, from: number, to: number): void {
    this.#codes.put(row, this.distinct.numberOfBytes(bytes, view, from, to) + 1);
  }

  /** @param number of a text in `distinct`, which `count` rows hold */
  fill(row: number, count: number, number: number): void {
    this.#codes.fill(row, count, number + 1);
  }

  /** @param codes as `code` gives them, one for each row from `row` on */
  copy(row: number, codes: Int32Array): void {
    this.#codes.copy(row, codes);
  }

  truncate(length: number): void {
    this.#codes.truncate(length);
  }

  at(row: number): string | null {
    const code = this.#codes.at(row);
    return code === 0 ? null : this.distinct.text(code - 1);
  }

  /** The same number for the same text, 0 for null. */
  code(row: number): number {
    return this.#codes.at(row);
  }

  compare(a: number, b: number): number {
    const x = this.#codes.at(a);
    const y = this.#codes.at(b);
    return x === y || x === 0 || y === 0 ? x - y : this.distinct.compare(x - 1, y - 1);
  }

  /** For each of these rows a number that orders it as its text's bytes do; equal for equal texts, 0 for null. */
  ranks(rows: Uint32Array): Uint32Array {
    const codes = this.#select(rows);
    const order = usedCodes(codes, this.distinct.size);
    // Ids often come in order of time, which sorting makes use of in an array, and doesn't in a typed one.
    order.sort((a, b) => this.distinct.compare(a - 1, b - 1));
    const rankOf = new Uint32Array(this.distinct.size + 1);
    for (let rank = 0; rank < order.length; rank++) rankOf[order[rank] ?? 0] = rank + 1;
    const ranks = new Uint32Array(codes.length);
    for (let i = 0; i < ranks.length; i++) ranks[i] = rankOf[codes[i] ?? 0] ?? 0;
    return ranks;
  }

  sizeOf(rows: Uint32Array): number {
    const { count, numbers } = uses(this.#select(rows), this.distinct);
    return count * 4 + bytesOf(numbers, this.distinct.sizes);
  }

  get bytes(): number {
    return this.distinct.texts.bytes + this.#codes.end * 4;
  }

  encode(rows: Uint32Array, chunk: Chunk): void {
    if (this.#codes.isEmpty) {
      encodeNoTexts(rows.length, chunk);
      return;
    }
    const codes = this.#select(rows);
    const { count, plainBytes, numbers, present, indexes } = uses(codes, this.distinct);
    const dictionaryBytes = bytesOf(numbers, this.distinct.sizes);
    // A dictionary is worth it if it halves the texts.
    if (count === 0 || chunk.isPlain || dictionaryBytes > plainBytes / 2) this.#encodePlain(codes, chunk);
    else {
      const width = Math.max(1, bitsOf(numbers.length - 1));
      const page = chunk.begin(present, codes.length, codes.length - count);
      page.byte(width);
      writeHybrid(indexes, count, width, page);
      chunk.end(codes.length, ENCODING.RLE_DICTIONARY);
      this.#encodeDictionary(numbers, dictionaryBytes, chunk);
    }
  }

  #select(rows: Uint32Array): Int32Array {
    const codes = scratch.ints(0, rows.length);
    this.#codes.select(rows, codes);
    return codes;
  }

  #encodePlain(codes: Int32Array, chunk: Chunk): void {
    const starts = scratch.uints(0, codes.length);
    const sizes = scratch.uints(1, codes.length);
    selectTexts(codes, this.distinct, starts, sizes);
    encodeTexts(this.distinct.texts, starts, sizes, chunk);
  }

  #encodeDictionary(numbers: Uint32Array, bytes: number, chunk: Chunk): void {
    const count = numbers.length;
    const [starts, sizes, lengths] = [new Uint32Array(count), new Uint32Array(count), new Float64Array(count)];
    lookUp(numbers, this.distinct, starts, sizes, lengths);
    const page = chunk.beginDictionary();
    page.need(bytes + 4 * count);
    writePlain(this.distinct.texts.blocks, starts, sizes, page);
    const { min, max } = boundsOf(page, 0, lengths, count, 4);
    chunk.endDictionary(count);
    chunk.min = lowerBound(min);
    chunk.max = upperBound(max);
  }
}

/** The codes in use, ascending, without 0. */
function usedCodes(codes: Int32Array, most: number): number[] {
  const used = new Uint8Array(most + 1);
  for (let i = 0; i < codes.length; i++) used[codes[i] ?? 0] = 1;
  const found: number[] = [];
  for (let code = 1; code <= most; code++) if (used[code] === 1) found.push(code);
  return found;
}

/** By number, where its text begins, its bytes, plus one, and its bytes. */
function lookUp(
  numbers: Uint32Array,
  distinct: DistinctTexts,
  starts: Uint32Array,
  sizes: Uint32Array,
  lengths: Float64Array,
): void {
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] ?? 0;
    const size = distinct.sizes[number] ?? 0;
    starts[i] = distinct.starts[number] ?? 0;
    sizes[i] = size + 1;
    lengths[i] = size;
  }
}

/** By row, where its text begins, and its bytes, plus one. */
function selectTexts(codes: Int32Array, distinct: DistinctTexts, starts: Uint32Array, sizes: Uint32Array): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    starts[i] = distinct.starts[code - 1] ?? 0;
    sizes[i] = code === 0 ? 0 : (distinct.sizes[code - 1] ?? 0) + 1;
  }
}

/** By code, its number among the codes in use, from 1; all zero between uses. */
let placeOf = new Int32Array(0);

interface Uses {
  /** of those that aren't null */
  count: number;
  /** of their texts, one after another */
  plainBytes: number;
  /** the texts in use, in order of first use */
  numbers: Uint32Array;
  present: Int32Array;
  /** by value that isn't null, where in `numbers` it stands */
  indexes: Int32Array;
}

/** Numbers the texts that these codes use by first use, so that what else the column holds never shows in a file. */
function uses(codes: Int32Array, { size, sizes }: DistinctTexts): Uses {
  if (size >= placeOf.length) placeOf = new Int32Array(size * 2);
  const present = scratch.ints(2, codes.length);
  const indexes = scratch.ints(1, codes.length);
  const numbers = scratch.uints(1, Math.min(size, codes.length));
  let found = 0;
  let count = 0;
  let plainBytes = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    present[i] = code === 0 ? 0 : 1;
    if (code === 0) continue;
    let place = placeOf[code] ?? 0;
    if (place === 0) {
      numbers[found++] = code - 1;
      place = found;
      placeOf[code] = place;
    }
    indexes[count++] = place - 1;
    plainBytes += sizes[code - 1] ?? 0;
  }
  for (let i = 0; i < found; i++) placeOf[(numbers[i] ?? 0) + 1] = 0;
  return { count, plainBytes, numbers: numbers.subarray(0, found), present, indexes };
}

function bytesOf(numbers: Uint32Array, sizes: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += sizes[numbers[i] ?? 0] ?? 0;
  return sum;
}
