import { safeText } from '#host/safe-text.ts';
import type { QueryResult, SqlValue } from '#lake/ports.ts';

/** Types in Presto's words whose values stand right-aligned. */
const NUMERIC = /^(tinyint|smallint|integer|int|bigint|hugeint|real|double|float|decimal)/i;

export const isNumericType = (type: string): boolean => NUMERIC.test(type);
export const isTimestampType = (type: string): boolean => /^timestamp/i.test(type);

/** Digits beyond these are noise on a screen; csv, json and parquet are exact. */
const SIGNIFICANT_DIGITS = 6;

/** A value for a table on a screen: rates rounded to six significant digits, instants in UTC, text made safe. */
export function shownValue(value: SqlValue, type: string): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return safeText(value);
  if (isTimestampType(type))
    return instant(Number(value))
      .replace('T', ' ')
      .replace(/(\.000)?Z$/, '');
  if (typeof value === 'number' && !Number.isInteger(value))
    return String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  return String(value);
}

/** A value for csv: exact, instants as ISO 8601; null is nothing. */
export function exactText(value: SqlValue, type: string): string | null {
  if (value === null) return null;
  return isTimestampType(type) && typeof value !== 'string' ? instant(Number(value)) : String(value);
}

/** A value as JSON text: integers beyond 2^53 keep all their digits, instants are ISO 8601 strings. */
export function jsonValue(value: SqlValue, type: string): string {
  if (typeof value === 'bigint' && !isTimestampType(type)) return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return 'null';
  if ((typeof value === 'number' || typeof value === 'bigint') && isTimestampType(type)) {
    return JSON.stringify(instant(Number(value)));
  }
  return typeof value === 'string' ? jsonText(value) : JSON.stringify(value);
}

/** Characters that act on a terminal are escaped, which JSON allows for any character: the data stays what it is. */
const jsonText = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

/** ISO 8601 UTC; the number itself where no calendar reaches. */
function instant(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

// Spreadsheets run a cell that begins so as a formula (OWASP: CSV Injection).
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/**
 * RFC 4180, one header line, lines end with CRLF. NULL is empty, the empty string is `""`. Text that a spreadsheet would
 * take for a formula gets an apostrophe in front, and quotes; numbers, dates and times stay as they are.
 */
export function* csvLines({ columns, rows }: QueryResult): Generator<string> {
  yield `${columns.map(({ name }) => csvCell(name)).join(',')}\r\n`;
  for (const row of rows) {
    const cells = columns.map(({ type }, i) => {
      const value = row[i] ?? null;
      const text = exactText(value, type);
      return text === null ? '' : typeof value === 'string' ? csvCell(text) : text;
    });
    yield `${cells.join(',')}\r\n`;
  }
}

function csvCell(text: string): string {
  if (FORMULA.test(text)) return quoted(`'${text}`);
  return text === '' || NEEDS_QUOTES.test(text) ? quoted(text) : text;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** An array of rows, one a line, as data is: nothing is escaped but what JSON asks for. */
export function* jsonLines({ columns, rows }: QueryResult): Generator<string> {
  const names = columns.map(({ name }) => JSON.stringify(name));
  if (rows.length === 0) return yield '[]\n';
  for (const [i, row] of rows.entries()) {
    const fields = columns.map(({ type }, column) => `${names[column]}:${jsonValue(row[column] ?? null, type)}`);
    yield `${i === 0 ? '[' : ' '}{${fields.join(',')}}${i === rows.length - 1 ? ']' : ','}\n`;
  }
}
