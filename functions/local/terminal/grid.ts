import type { Palette } from './colour.ts';
import type { ShownColumn } from './table.ts';
import { cutText, padLeft, padRight, textWidth, wrapText } from './text.ts';

const GAP = '  ';
/** Text columns are cut no narrower than this to make a table fit. */
const LEAST_TEXT = 16;
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
