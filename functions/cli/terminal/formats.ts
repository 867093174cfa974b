/** Query results as text: JSON, CSV, and values of a table on a screen. */
import { safeCell, safeText } from '#host/safe-text.ts';
import type { RowStream, SqlValue } from '#lake/ports.ts';

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
  return typeof value === 'string' ? jsonString(value) : JSON.stringify(value);
}

/** Characters that act on a terminal are escaped, which JSON allows for any character: the data stays what it is. */
const jsonString = (text: string): string =>
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
const FORMULA = '=+\\-@\\t\\r＝＋－＠';
const BEGINS_FORMULA = new RegExp(`^[${FORMULA}\\n]`);
/**
 * Where a spreadsheet takes `;` for the separator, only the first cell's quotes mean something to it: behind it, what
 * follows a semicolon, a tab or a line break begins a cell there.
 */
const FORMULA_INSIDE = new RegExp(`([;\\t\\r\\n][ "]*)(?=[${FORMULA}])`, 'g');
const FORMULA_IN_FIRST = new RegExp(`(;[ "]*)(?=[${FORMULA}])`, 'g');
/** Nothing else is left without quotes: in them no text can be a part of a formula that a number before it begins. */
const PLAIN = /^[\p{L}\p{N}_.:/@-][\p{L}\p{N}_.:/@ -]*(?<! )$/u;

/**
 * RFC 4180, one header line, lines end with CRLF. NULL is empty, the empty string is `""`. Text that a spreadsheet would
 * take for a formula, at its beginning or where a spreadsheet separates cells by `;`, gets an apostrophe in front;
 * characters that act on a terminal are escaped as `\x1b`; numbers, dates and times stay as they are. A batch at a time.
 */
export async function* csvText({ columns, batches }: RowStream): AsyncGenerator<string> {
  yield `${columns.map(({ name }, i) => csvCell(name, i)).join(',')}\r\n`;
  for await (const batch of batches) {
    yield batch
      .map((row) => {
        const cells = columns.map(({ type }, i) => {
          const value = row[i] ?? null;
          const text = exactText(value, type);
          return text === null ? '' : typeof value === 'string' ? csvCell(text, i) : text;
        });
        return `${cells.join(',')}\r\n`;
      })
      .join('');
  }
}

function csvCell(raw: string, column: number): string {
  if (PLAIN.test(raw) && !BEGINS_FORMULA.test(raw)) return raw;
  const text = safeCell(raw).replace(column === 0 ? FORMULA_IN_FIRST : FORMULA_INSIDE, "$1'");
  return `"${(BEGINS_FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/** An array of rows, one a line, as data is: nothing is escaped but what JSON asks for. A batch at a time. */
export async function* jsonText({ columns, batches }: RowStream): AsyncGenerator<string> {
  const names = columns.map(({ name }) => jsonString(name));
  let before = '[';
  for await (const batch of batches) {
    let text = '';
    for (const row of batch) {
      const fields = columns.map(({ type }, column) => `${names[column]}:${jsonValue(row[column] ?? null, type)}`);
      text += `${before}{${fields.join(',')}}`;
      before = ',\n ';
    }
    yield text;
  }
  yield before === '[' ? '[]\n' : ']\n';
}
