import { type Data, Dictionary, Int32, makeData, makeVector, Utf8 } from 'apache-arrow';
import { Bitmap, grown, roomFor } from './capacity.ts';
import type { ColumnBuffer, Value } from './column.ts';
import { TextColumn } from './text.ts';

/** Past this many distinct texts, or UTF-16 units in them, a dictionary costs more memory than it saves. */
const MOST_TEXTS = 1 << 18;
const MOST_UNITS = 1 << 25;

/**
 * Strings that repeat: each distinct text once, and its number by row. A column whose texts turn out to be too many goes
 * on as plain text. What it gathers to doesn't tell the difference, so that the order and the company in which rows
 * came, or rows that were taken back, never show in a file.
 */
export class InternedColumn implements ColumnBuffer {
  readonly type: Dictionary<Utf8, Int32>;
  #codeOf = new Map<string, number>();
  #texts: string[] = [];
  #units = 0;
  #last: string | null = null;
  #lastCode = 0;
  /** number of a row's text, plus one; 0 is null */
  #codes = new Int32Array(0);
  #end = 0;
  #plain: TextColumn | null = null;
  /** while gathering: by text number, its number among the gathered texts, plus one */
  #local = new Int32Array(0);

  constructor(id: number) {
    this.type = new Dictionary(new Utf8(), new Int32(), id);
  }

  put(row: number, value: Value): void {
    if (this.#plain) {
      this.#plain.put(row, value);
      return;
    }
    if (value !== this.#last) {
      if (typeof value !== 'string') throw new TypeError(`not a string: ${String(value)}`);
      this.#lastCode = this.#codeOf.get(value) ?? this.#add(value);
      this.#last = value;
    }
    if (row >= this.#codes.length) this.#codes = grown(this.#codes, Int32Array, roomFor(row + 1, this.#codes.length));
    this.#codes[row] = this.#lastCode;
    this.#end = row + 1;
    if (this.#texts.length > MOST_TEXTS || this.#units > MOST_UNITS) this.#degrade();
  }

  truncate(length: number): void {
    this.#plain?.truncate(length);
    if (length >= this.#end) return;
    this.#codes.fill(0, length, this.#end);
    this.#end = length;
  }

  at(row: number): string | null {
    if (this.#plain) return this.#plain.at(row);
    const code = this.#codes[row] ?? 0;
    return code === 0 ? null : (this.#texts[code - 1] ?? null);
  }

  /**
   * Numbers that order rows as their texts do (by UTF-16 units), for each of `rows`; nulls first.
   */
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

  gather(rows: Uint32Array): Data<Dictionary<Utf8, Int32>> {
    const length = rows.length;
    const { codes, texts } = this.#compact(rows);
    const valid = new Bitmap(length);
    for (let i = 0; i < length; i++) {
      const code = codes[i] ?? 0;
      if (code === 0) continue;
      codes[i] = code - 1;
      valid.set(i);
    }
    const values = new TextColumn();
    for (let i = 0; i < texts.length; i++) values.put(i, texts[i] ?? '');
    return makeData({
      type: this.type,
      length,
      nullCount: valid.nulls,
      nullBitmap: valid.bytes,
      data: codes,
      dictionary: makeVector(values.gather(Uint32Array.from(texts.keys()))),
    });
  }

  /** The texts of these rows in order of first use, and by row the text's place among them, plus one (0 is null). */
  #compact(rows: Uint32Array): { codes: Int32Array; texts: string[] } {
    const codes = new Int32Array(rows.length);
    const texts: string[] = [];
    if (this.#plain) {
      for (let i = 0; i < rows.length; i++) {
        const text = this.#plain.at(rows[i] ?? 0);
        if (text !== null) codes[i] = texts.push(text);
      }
      return { codes, texts };
    }
    if (this.#end === 0) return { codes, texts };
    if (this.#local.length <= this.#texts.length) this.#local = new Int32Array(this.#texts.length * 2 + 1);
    const used: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const code = this.#codes[rows[i] ?? 0] ?? 0;
      if (code === 0) continue;
      let local = this.#local[code] ?? 0;
      if (local === 0) {
        local = texts.push(this.#texts[code - 1] ?? '');
        this.#local[code] = local;
        used.push(code);
      }
      codes[i] = local;
    }
    for (const code of used) this.#local[code] = 0;
    return { codes, texts };
  }

  #add(text: string): number {
    const code = this.#texts.push(text);
    this.#codeOf.set(text, code);
    this.#units += text.length;
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
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
