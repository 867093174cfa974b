/** Reads the table of faults in test/README.md. */
import { readFileSync } from 'node:fs';

/** What goes wrong, row by row: each has tests that name it in their titles, as `fault 12: …`. */
export interface FaultRow {
  row: string;
  words: string;
  /** where what happens can't be shown without AWS, or not wholly without its SQL engine */
  beyond?: 'AWS' | 'engines';
}

/** The table of test/README.md: `| 55 | answer to PUT lost | … | AWS |` */
const ROW = /^\| (\d+[ab]?) \| ([^|]+) \| [^|]+ \| (AWS|engines)? ?\|$/gm;

export const FAULT_ROWS: readonly FaultRow[] = Array.from(
  readFileSync(`${import.meta.dirname}/README.md`, 'utf8').matchAll(ROW),
  ([, row = '', words = '', beyond]) => ({
    row,
    words,
    ...(beyond === 'AWS' || beyond === 'engines' ? { beyond } : {}),
  }),
);

/** Those that are (also) shown on the engines: every one must hold there. */
export const ENGINE_ROWS: readonly FaultRow[] = FAULT_ROWS.filter(
  ({ row }) => Number(row) >= 55 && Number(row) <= 67,
).map(({ row, words }) => ({ row, words }));

/** The row that a test's title names, or null. */
export const faultOf = (title: string): string | null => /^fault 0*(\d+[ab]?): /.exec(title)?.[1] ?? null;
