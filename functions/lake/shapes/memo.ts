/** Remembers, for values that repeat, what each puts into columns, so that it is decoded once. */
import type { ColumnBuffer, Value } from '../write/column.ts';
import type { Columns } from '../write/columns.ts';
import { DistinctTexts } from '../write/distinct-texts.ts';
import { InternedColumn } from '../write/interned.ts';
import { Memory } from '../write/memory.ts';
import { isMarked } from './kinds.ts';
import type { Row, Rows } from './teacher.ts';

/** Values that are put into rows again and again: for texts that repeat, their numbers. */
export interface Puts {
  /** `row`: into which of the rows that are put together, from 0 */
  codes: { column: InternedColumn; number: number; row: number }[];
  values: { column: ColumnBuffer; value: Value; row: number }[];
}

export const TABLES = ['events', 'clicks', 'headers'] as const;
export type TableName = (typeof TABLES)[number];

/** What one value makes of rows of each table, in their order: by number, since V8 looks up names that differ from call to call. */
export type Entry = readonly [events: Puts, clicks: Puts, headers: Puts];
export const EVENTS = 0;
export const CLICKS = 1;
export const HEADERS = 2;
export type TableNumber = typeof EVENTS | typeof CLICKS | typeof HEADERS;
export type Names = Readonly<Record<TableName, readonly string[]>>;

/** What a text makes of columns, by their names. */
export type Parse = (text: string) => Row;

const MOST_ENTRIES = 1 << 15;

/** After so many misses it is looked at whether values repeat: to ask costs more than to decode the record. */
const MANY_MISSES = 512;

/**
 * What the decoder makes of a kind of value, such as the program and device of a user agent. It is asked once for each
 * text: what it says of the columns that rest on this value is put into the rows of every record that has it.
 */
export class Memo {
  readonly #names: Names;
  readonly #columns: Readonly<Record<TableName, Columns>>;
  readonly #parse: Parse | null;
  #known = new DistinctTexts(new Memory());
  #entries: (Entry | null)[] = [];
  #hits = 0;
  #misses = 0;

  /** @param parse the decoder's own function for these columns, for values that seldom repeat */
  constructor(names: Names, columns: Readonly<Record<TableName, Columns>>, parse: Parse | null) {
    this.#parse = parse;
    this.#names = names;
    this.#columns = columns;
  }

  /**
   * @param ask what rows a record of the shape has with this text in place of the value; null if none
   * @returns null if records with this text are to be read by the decoder
   */
  entryOf(bytes: Buffer, view: DataView, from: number, to: number, ask: (text: string) => Rows | null): Entry | null {
    if (this.#known.size >= MOST_ENTRIES) {
      this.#known = new DistinctTexts(new Memory());
      this.#entries = [];
    }
    const number = this.#known.numberOfBytes(bytes, view, from, to);
    let entry = this.#entries[number];
    if (entry !== undefined) this.#hits++;
    else {
      this.#misses++;
      if (!this.#parse && this.#misses > MANY_MISSES && this.#misses > this.#hits) return null;
      const raw = bytes.toString('utf8', from, to);
      const text = raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw;
      const row = this.#parse?.(text);
      const rows = row ? { events: [row], clicks: [row], headers: [] } : ask(text);
      entry = rows && this.#entryFrom(rows);
      this.#entries[number] = entry;
    }
    return entry;
  }

  #entryFrom(rows: Readonly<Record<TableName, readonly Row[]>>): Entry | null {
    const puts = (table: TableName): Puts | null => {
      const made: Puts = { codes: [], values: [] };
      const [row] = rows[table];
      if (row === undefined) return made;
      for (const name of this.#names[table]) {
        const value = row[name];
        if (value === null || value === undefined) continue;
        // It rests on another value as well.
        if (typeof value === 'string' && isMarked(value)) return null;
        addPut(made, this.#columns[table].column(name), value, 0);
      }
      return made;
    };
    const [events, clicks, headers] = [puts('events'), puts('clicks'), puts('headers')];
    return events && clicks && headers && [events, clicks, headers];
  }
}

export function addPut(puts: Puts, column: ColumnBuffer, value: Value, row: number): void {
  if (!(column instanceof InternedColumn) || typeof value !== 'string') puts.values.push({ column, value, row });
  else puts.codes.push({ column, number: column.distinct.numberOf(value), row });
}

/** Puts the values into `count` rows from `first` on, each at its place from there. */
export function putAll({ codes, values }: Puts, first: number, count: number): void {
  for (let i = 0; i < codes.length; i++) {
    const one = codes[i];
    if (one) one.column.fill(first + one.row, count, one.number);
  }
  for (let i = 0; i < values.length; i++) {
    const one = values[i];
    if (!one) continue;
    const from = first + one.row;
    for (let row = from; row < from + count; row++) one.column.put(row, one.value);
  }
}
