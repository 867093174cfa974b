/** Lays rows out as a table for a terminal of limited width. */
import { cutText, padLeft, padRight, safeText, textWidth, wrapText } from '#host/safe-text.ts';
import type { QueryResult } from '#lake/ports.ts';
import { isNumericType, shownValue } from './formats.ts';
import { type Palette, paletteFor } from './palette.ts';

export interface ShownColumn {
  name: string;
  isRight: boolean;
  cells: string[];
  /** columns of its widest cell */
  widest: number;
}

/**
 * A result for people, in lines of at most `width` columns: as a table where it fits, with headers broken at underscores
 * and long text cut; else turned by a quarter, a column a line and rows side by side; else each row as a block of
 * `name  value` lines.
 */
export function* tableLines(
  result: QueryResult,
  width: number,
  palette: Palette = paletteFor(null),
): Generator<string> {
  const rows = result.rows.length;
  const columns = result.columns.map(({ name, type }, i): ShownColumn => {
    const cells = result.rows.map((row) => shownValue(row[i] ?? null, type));
    return { name: safeText(name), isRight: isNumericType(type), cells, widest: widestOf(cells) };
  });
  const widths = columnWidths(columns, width);
  if (widths) return yield* grid(columns, widths, rows, palette);
  const at = sideBySide(columns, rows, width);
  if (at !== null) return yield* sideways(columns, rows, at, width, palette);
  yield* blocks(columns, rows, width, palette);
}

function widestOf(cells: readonly string[]): number {
  let widest = 0;
  for (const cell of cells) widest = Math.max(widest, textWidth(cell));
  return widest;
}

const GAP = '  ';
/** A value gets no less room than this. */
const LEAST_TEXT = 16;
/** Fewer than these rows side by side compare no better than one below the other. */
const LEAST_SIDE_BY_SIDE = 3;

/** How many rows stand side by side, a column of the result a line; null if too few have room for that. */
export function sideBySide(columns: readonly ShownColumn[], rows: number, width: number): number | null {
  const room = width - labelWidth(columns, width);
  const fitting = Math.floor(room / (GAP.length + widestCell(columns)));
  return rows > 1 && fitting >= Math.min(LEAST_SIDE_BY_SIDE, rows) ? Math.min(fitting, rows) : null;
}

/** Rows side by side, `at` a time: what a table would be that is turned by a quarter. Nothing is cut but names. */
export function* sideways(
  columns: readonly ShownColumn[],
  rows: number,
  at: number,
  width: number,
  palette: Palette,
): Generator<string> {
  const label = labelWidth(columns, width);
  const cell = widestCell(columns);
  for (let first = 0; first < rows; first += at) {
    const last = Math.min(first + at, rows);
    const title = `── ${first + 1}${last > first + 1 ? `–${last}` : ''} of ${rows} `;
    yield palette.dim(title.padEnd(label + (GAP.length + cell) * (last - first), '─'));
    for (const { name, cells } of columns) {
      const values = cells.slice(first, last).map((value) => GAP + padLeft(value, cell));
      yield `${palette.bold(padRight(cutText(name, label), label))}${values.join('')}`;
    }
  }
}

const labelWidth = (columns: readonly ShownColumn[], width: number): number =>
  Math.min(Math.max(0, ...columns.map(({ name }) => textWidth(name))), Math.floor(width / 2));

const widestCell = (columns: readonly ShownColumn[]): number => Math.max(0, ...columns.map(({ widest }) => widest));

/** A block a row, a line a column; nothing is cut but names. */
export function* blocks(
  columns: readonly ShownColumn[],
  rows: number,
  width: number,
  palette: Palette,
): Generator<string> {
  const label = labelWidth(columns, width);
  const room = Math.max(width - label - GAP.length, LEAST_TEXT);
  const numbers = Math.min(Math.max(0, ...columns.filter(({ isRight }) => isRight).map(({ widest }) => widest)), room);
  for (let row = 0; row < rows; row++) {
    const title = `── ${row + 1} of ${rows} `;
    yield palette.dim(title.padEnd(Math.min(width, label + GAP.length + 24), '─'));
    for (const { name, isRight, cells } of columns) {
      const cell = cells[row] ?? '';
      const lines = isRight ? [padLeft(cell, numbers)] : wrapText(cell, room);
      for (const [i, text] of lines.entries()) {
        yield `${i === 0 ? palette.bold(padRight(cutText(name, label), label)) : ' '.repeat(label)}${GAP}${text}`.trimEnd();
      }
    }
  }
}

/** A longer text is cut in a table, even where there is room. */
const MOST_TEXT = 60;
/** The name of a column without an alias is its expression, of any length. */
const MOST_HEADER = 24;

/** The width of each column, or null if they don't fit. */
export function columnWidths(columns: readonly ShownColumn[], width: number): number[] | null {
  const room = width - GAP.length * (columns.length - 1);
  const least = columns.map(({ name, isRight, widest }) => {
    const header = Math.max(...headerParts(name).map(textWidth));
    return Math.max(header, isRight ? widest : Math.min(widest, LEAST_TEXT));
  });
  let spare = room - sum(least);
  if (spare < 0) return null;
  const widths = [...least];
  // What room is left goes to cut text first, then to the highest headers, until all stand on one line.
  for (const [i, { widest }] of columns.entries()) {
    const more = Math.min(Math.max(Math.min(widest, MOST_TEXT) - (least[i] ?? 0), 0), spare);
    widths[i] = (least[i] ?? 0) + more;
    spare -= more;
  }
  const headers = columns.map(({ name }, i) => ({ name, i, height: headerLines(name, widths[i] ?? 0).length }));
  for (;;) {
    const highest = headers.filter(({ height }) => height > 1).sort((a, b) => b.height - a.height || a.i - b.i)[0];
    if (!highest) return widths;
    const width = widths[highest.i] ?? 0;
    let wider = width + 1;
    while (headerLines(highest.name, wider).length === highest.height) wider++;
    if (wider - width > spare) return widths;
    spare -= wider - width;
    widths[highest.i] = wider;
    highest.height = headerLines(highest.name, wider).length;
  }
}

/** One line a row; headers broken at underscores stand above. */
export function* grid(
  columns: readonly ShownColumn[],
  fitted: readonly number[],
  rows: number,
  palette: Palette,
): Generator<string> {
  const line = (texts: readonly string[]): string =>
    columns
      .map(({ isRight }, i) => (isRight ? padLeft : padRight)(cutText(texts[i] ?? '', fitted[i] ?? 0), fitted[i] ?? 0))
      .join(GAP)
      .trimEnd();
  const headers = columns.map(({ name }, i) => headerLines(name, fitted[i] ?? 0));
  const height = Math.max(0, ...headers.map(({ length }) => length));
  for (let i = 0; i < height; i++) {
    // Headers stand at the bottom, next to their column.
    yield palette.bold(line(headers.map((lines) => lines[i - (height - lines.length)] ?? '')));
  }
  yield palette.dim(fitted.map((n) => '─'.repeat(n)).join(GAP));
  for (let row = 0; row < rows; row++) yield line(columns.map(({ cells }) => cells[row] ?? ''));
}

/** `unique_open_rate` → `unique_`, `open_`, `rate` */
const headerParts = (name: string): string[] =>
  (name.match(/[^_]*_+|[^_]+$/g) ?? [name]).flatMap((part) => wrapText(part, MOST_HEADER));

function headerLines(name: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of headerParts(name)) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last + part) <= width) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
