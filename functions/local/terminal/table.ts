import type { QueryResult } from '#lake/ports.ts';
import { blocks, sideBySide, sideways } from './blocks.ts';
import { type Palette, plainPalette } from './colour.ts';
import { columnWidths, grid } from './grid.ts';
import { safeText, textWidth } from './text.ts';
import { isNumericType, shownValue } from './value.ts';

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
export function* tableLines(result: QueryResult, width: number, palette: Palette = plainPalette): Generator<string> {
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
