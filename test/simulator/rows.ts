/** Rows of the simulated tables: the real names of the columns that the protocol goes by, and no others. */
import { Buffer } from 'node:buffer';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

const read = new WeakMap<Uint8Array, readonly Row[]>();

/** A file of rows. The same rows give the same bytes. */
export function encodeRows(rows: readonly Row[]): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(rows));
  read.set(bytes, rows);
  return bytes;
}

/** The rows of a file. @throws SyntaxError if it isn't one */
export function decodeRows(bytes: Uint8Array): readonly Row[] {
  const known = read.get(bytes);
  if (known) return known;
  const rows: readonly Row[] = JSON.parse(Buffer.from(bytes).toString());
  read.set(bytes, rows);
  return rows;
}

const texts = new WeakMap<Row, string>();

/** One text for a row, without what says where it came from. */
export function meaningOf(row: Row): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const { attempt: _, ...rest } = row;
  const text = JSON.stringify(rest);
  texts.set(row, text);
  return text;
}

/** Rows as sorted texts, to compare what two parties hold. */
export const meanings = (rows: readonly Row[]): string[] => rows.map(meaningOf).sort();

/** A day of a table. */
export const dayKey = (table: string, dt: string): string => `${table} dt=${dt}`;

const decoder = new TextDecoder();
export const parsed = <T>(bytes: Uint8Array): T => JSON.parse(decoder.decode(bytes));
