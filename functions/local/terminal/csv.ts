import type { QueryResult } from '#lake/ports.ts';
import { exactText } from './value.ts';

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
