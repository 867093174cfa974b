import { type Data, Dictionary, Int32, makeData, makeVector, Utf8, type Vector } from 'apache-arrow';
import { bitmap, grown, roomFor, setBit } from './capacity.ts';
import type { ColumnBuffer, Value } from './column.ts';
import { TextColumn } from './text.ts';

/** Past this many distinct texts, or UTF-16 units in them, a dictionary costs more memory than it saves. */
const MOST_TEXTS = 1 << 18;
const MOST_UNITS = 1 << 25;

/** As many texts are handed over whole with each batch: cheaper than finding out which of them it uses. */
const FEW_TEXTS = 1 << 8;
const ROWS_PER_FEW_TEXT = 8;

/**
 * Strings that repeat: each distinct text once, and its number by row. A column whose texts turn out to be too many goes
 * on as plain text. What it gathers to doesn't tell the difference, so that the order and the company in which rows
 * came, or rows that were taken back, never show in a file.
 */
export class InternedColumn implements ColumnBuffer {
  readonly type: Dictionary<Utf8, Int32> | Utf8;
  #codeOf = new Map<string, number>();
  #texts: string[] = [];
  #units = 0;
  #last: string | null = null;
  #lastCode = 0;
  /** number of a row's text, from 1; 0 is null */
  #codes = new Int32Array(0);
  #end = 0;
  #plain: TextColumn | null = null;
  /** while gathering: by text number, its number among the gathered texts, from 1 */
  #local = new Int32Array(0);
  /** the texts as Arrow has them, while these are few and as many as there were */
  #few: Vector<Utf8> | null = null;

  /**
   * @param id null: it gathers to plain text. Files keep the Arrow types that they were written from, and pyarrow can't read
   * as a dictionary what isn't stored as one or plainly.
   */
  constructor(id: number | null) {
    this.type = id === null ? new Utf8() : new Dictionary(new Utf8(), new Int32(), id);
  }

  put(row: number, value: Value): void {
    const code = value === this.#last ? this.#lastCode : this.#codeFor(value);
    if (this.#plain) {
      this.#plain.put(row, value);
      return;
    }
    if (row >= this.#codes.length) this.#codes = grown(this.#codes, Int32Array, roomFor(row + 1, this.#codes.length));
    this.#codes[row] = code;
    this.#end = row + 1;
  }

  truncate(length: number): void {
    this.#plain?.truncate(length);
    if (length >= this.#end) return;
    this.#codes.fill(0, length, this.#end);
    this.#end = length;
  }

  at(row: number): string | null {
    if (this.#plain) return this.#plain.at(row);
    const code = row < this.#end ? (this.#codes[row] ?? 0) : 0;
    return code === 0 ? null : (this.#texts[code - 1] ?? null);
  }

  /** For each of these rows a number that orders it as its text does, by UTF-16 units; equal for equal texts, 0 for null. */
  ranks(rows: Uint32Array): Uint32Array {
    const { codes, texts } = this.#compact(rows);
    const order = Uint32Array.from(texts.keys()).sort((a, b) => compare(texts[a] ?? '', texts[b] ?? ''));
    const rankOf = new Uint32Array(texts.length + 1);
    let rank = 0;
    let previous: string | undefined;
    for (const index of order) {
      const text = texts[index];
      if (text !== previous) rank++;
      previous = text;
      rankOf[index + 1] = rank;
    }
    const ranks = new Uint32Array(rows.length);
    for (let i = 0; i < ranks.length; i++) ranks[i] = rankOf[codes[i] ?? 0] ?? 0;
    return ranks;
  }

  sizeOf(rows: Uint32Array): number {
    if (this.#plain) return this.#plain.sizeOf(rows) + rows.length * 4;
    return rows.length * 4 + Math.min(this.#units, (this.#units / (this.#texts.length || 1)) * rows.length);
  }

  gather(rows: Uint32Array): Data<Dictionary<Utf8, Int32>> | Data<Utf8> {
    return this.type instanceof Dictionary ? this.#gatherCodes(rows, this.type) : this.#gatherText(rows);
  }

  #gatherText(rows: Uint32Array): Data<Utf8> {
    if (this.#plain) return this.#plain.gather(rows);
    const { codes, texts } = this.#compact(rows);
    // Code 0, which is null, becomes a row past the end.
    return textsOf(texts).gather(Uint32Array.from(codes, (code) => code - 1));
  }

  #gatherCodes(rows: Uint32Array, type: Dictionary<Utf8, Int32>): Data<Dictionary<Utf8, Int32>> {
    const length = rows.length;
    const isFew = !this.#plain && this.#texts.length <= Math.min(FEW_TEXTS, length / ROWS_PER_FEW_TEXT);
    const { codes, texts } = isFew ? this.#select(rows) : this.#compact(rows);
    const bits = bitmap(length);
    let nullCount = 0;
    for (let i = 0; i < length; i++) {
      const code = codes[i] ?? 0;
      if (code === 0) nullCount++;
      else {
        codes[i] = code - 1;
        setBit(bits, i);
      }
    }
    if (isFew && this.#few?.length !== texts.length) this.#few = vectorOf(texts);
    const dictionary = isFew && this.#few ? this.#few : vectorOf(texts);
    return makeData({ type, length, nullCount, nullBitmap: bits, data: codes, dictionary });
  }

  /** The numbers of these rows' texts among all texts, from 1 (0 is null). */
  #select(rows: Uint32Array): { codes: Int32Array; texts: readonly string[] } {
    const all = this.#codes;
    const codes = new Int32Array(rows.length);
    if (this.#end === 0) return { codes, texts: this.#texts };
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      codes[i] = row < this.#end ? (all[row] ?? 0) : 0;
    }
    return { codes, texts: this.#texts };
  }

  /** The texts of these rows in order of first use, and their numbers among these, from 1 (0 is null). */
  #compact(rows: Uint32Array): { codes: Int32Array; texts: readonly string[] } {
    const texts: string[] = [];
    if (this.#plain) {
      const plain = this.#plain;
      const codes = new Int32Array(rows.length);
      for (let i = 0; i < rows.length; i++) {
        const text = plain.at(rows[i] ?? 0);
        if (text !== null) codes[i] = texts.push(text);
      }
      return { codes, texts };
    }
    const { codes } = this.#select(rows);
    if (this.#local.length <= this.#texts.length) this.#local = new Int32Array(this.#texts.length * 2 + 1);
    const local = this.#local;
    const used: number[] = [];
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] ?? 0;
      if (code === 0) continue;
      if (local[code] === 0) {
        local[code] = texts.push(this.#texts[code - 1] ?? '');
        used.push(code);
      }
      codes[i] = local[code] ?? 0;
    }
    for (const code of used) local[code] = 0;
    return { codes, texts };
  }

  #codeFor(value: Value): number {
    if (typeof value !== 'string') throw new TypeError(`not a string: ${String(value)}`);
    if (this.#plain) return 0;
    let code = this.#codeOf.get(value);
    if (code === undefined) {
      code = this.#texts.push(value);
      this.#codeOf.set(value, code);
      this.#units += value.length;
      if (code > MOST_TEXTS || this.#units > MOST_UNITS) this.#degrade();
    }
    this.#last = value;
    this.#lastCode = code;
    return code;
  }

  #degrade(): void {
    const plain = new TextColumn();
    for (let row = 0; row < this.#end; row++) {
      const text = this.at(row);
      if (text !== null) plain.put(row, text);
    }
    this.#plain = plain;
    this.#codeOf = new Map();
    this.#texts = [];
    this.#codes = new Int32Array(0);
    this.#end = 0;
    this.#few = null;
  }
}

const vectorOf = (texts: readonly string[]): Vector<Utf8> =>
  makeVector(textsOf(texts).gather(Uint32Array.from(texts.keys())));

function textsOf(texts: readonly string[]): TextColumn {
  const column = new TextColumn();
  for (let i = 0; i < texts.length; i++) column.put(i, texts[i] ?? '');
  return column;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
