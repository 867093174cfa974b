/** Checks that two engines give the same rows, in any order; numbers with a fraction may differ by a billionth. */
import { expect } from 'vitest';
import type { QueryResult, SqlValue } from '#lake/ports.ts';

export interface Comparison {
  /** columns left out: those that tell of the run, not of the data */
  without?: readonly string[];
  /** columns that are estimates, compared elsewhere */
  estimates?: RegExp;
}

const TOLERANCE = 1e-9;

export function expectSameRows(
  found: QueryResult,
  expected: QueryResult,
  { without = [], estimates = /(?!)/ }: Comparison = {},
): void {
  expect(found.columns).toEqual(expected.columns);
  const kept = found.columns.flatMap(({ name, type }, at) =>
    without.includes(name) || estimates.test(name)
      ? []
      : [{ name, at, isFraction: type === 'double' || type === 'real' }],
  );
  const ordered = ({ rows }: QueryResult): string[] =>
    rows
      .map((row) =>
        JSON.stringify(
          Object.fromEntries(
            kept.map(({ name, at, isFraction }) => [name, isFraction ? rounded(row[at] ?? null) : (row[at] ?? null)]),
          ),
          (_, value) => (typeof value === 'bigint' ? `${value}n` : value),
        ),
      )
      .sort();
  const [ours, theirs] = [ordered(found), ordered(expected)];
  expect({ rows: ours.length, ...difference(ours, theirs) }).toEqual({ rows: theirs.length, only: [], missing: [] });
}

/** The first few rows that the other doesn't have, each as often as it is there too often. */
function difference(ours: readonly string[], theirs: readonly string[]): { only: unknown[]; missing: unknown[] } {
  const left = (rows: readonly string[], taken: readonly string[]): unknown[] => {
    const count = new Map<string, number>();
    for (const row of taken) count.set(row, (count.get(row) ?? 0) + 1);
    return rows
      .filter((row) => {
        const n = count.get(row) ?? 0;
        count.set(row, n - 1);
        return n <= 0;
      })
      .slice(0, 3)
      .map((row): unknown => JSON.parse(row));
  };
  return { only: left(ours, theirs), missing: left(theirs, ours) };
}

/** To nine significant digits, and zero where less than a billionth of a billionth is left of a difference. */
const rounded = (value: SqlValue): SqlValue => {
  if (typeof value !== 'number') return value;
  return Math.abs(value) < TOLERANCE ** 2 * 100 ? 0 : Number(value.toPrecision(Math.round(-Math.log10(TOLERANCE))));
};
