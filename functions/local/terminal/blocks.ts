import type { Palette } from './colour.ts';
import type { ShownColumn } from './table.ts';
import { cutText, padLeft, padRight, textWidth, wrapText } from './text.ts';

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
