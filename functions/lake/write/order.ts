import { DAY_MS } from '../days.ts';
import { dayOf } from '../decode/time.ts';
import type { Value } from './column.ts';
import type { Columns } from './columns.ts';
import { InternedColumn } from './interned.ts';

export interface RowOrder {
  /** the timestamp column whose UTC day is the row's `dt` */
  day: string;
  /** columns to sort by, ascending, nulls first; the first is text of `storage` dictionary or delta */
  keys: readonly [string, ...string[]];
}

export interface DayRows {
  /** `YYYY-MM-DD` */
  dt: string;
  /** indexes of the day's rows, in order */
  rows: Uint32Array;
}

/**
 * The days that these rows fall on, ascending, each with its rows in order. Rows alike in all keys keep the order of
 * `rows`.
 */
export function orderByDay(columns: Columns, { day, keys }: RowOrder, rows: Uint32Array): DayRows[] {
  const sorted = sortRows(columns, keys, rows);
  const times = columns.column(day);
  const dts: string[] = [];
  const counts: number[] = [];
  const indexOf = new Map<string, number>();
  const indexOfNumber = new Map<number, number>();
  const dayIndex = (row: number): number => {
    const time = Number(times.at(row) ?? 0);
    const number = Math.floor(time / DAY_MS);
    let index = indexOfNumber.get(number);
    if (index === undefined) {
      // Many days may be one partition: the one of absurd times.
      const dt = dayOf(time);
      index = indexOf.get(dt) ?? dts.push(dt) - 1;
      indexOf.set(dt, index);
      indexOfNumber.set(number, index);
    }
    return index;
  };

  const indexes = new Uint32Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) {
    const index = dayIndex(sorted[i] ?? 0);
    indexes[i] = index;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  const days = dts.map((dt, index) => ({ dt, rows: new Uint32Array(counts[index] ?? 0), filled: 0 }));
  for (let i = 0; i < sorted.length; i++) {
    const ofDay = days[indexes[i] ?? 0];
    if (ofDay) ofDay.rows[ofDay.filled++] = sorted[i] ?? 0;
  }
  return days.map(({ dt, rows }) => ({ dt, rows })).sort((a, b) => (a.dt < b.dt ? -1 : 1));
}

/**
 * Counting sort by the first key, whose equal values are many and few (the events of a mail), then each run of equals by
 * the other keys.
 */
function sortRows(columns: Columns, [first, ...others]: RowOrder['keys'], rows: Uint32Array): Uint32Array {
  const column = columns.column(first);
  if (!(column instanceof InternedColumn)) throw new TypeError(`rows are sorted by interned text first, not: ${first}`);
  const ranks = column.ranks(rows);
  const starts = new Uint32Array(ranks.reduce((most, rank) => Math.max(most, rank), 0) + 2);
  for (const rank of ranks) starts[rank + 1] = (starts[rank + 1] ?? 0) + 1;
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
  const ends = starts.slice();
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const rank = ranks[i] ?? 0;
    const at = ends[rank] ?? 0;
    sorted[at] = rows[i] ?? 0;
    ends[rank] = at + 1;
  }

  const buffers = others.map((name) => columns.column(name));
  const compare = (a: number, b: number): number => {
    for (const buffer of buffers) {
      const order = compareValues(buffer.at(a), buffer.at(b));
      if (order !== 0) return order;
    }
    return 0;
  };
  for (let rank = 0; rank + 1 < starts.length; rank++) {
    sortRun(sorted.subarray(starts[rank], starts[rank + 1]), compare);
  }
  return sorted;
}

const LONG_RUN = 32;

/** In place and stable. Most runs are short, and in order already. */
function sortRun(run: Uint32Array, compare: (a: number, b: number) => number): void {
  if (run.length > LONG_RUN) {
    run.sort(compare);
    return;
  }
  for (let i = 1; i < run.length; i++) {
    const row = run[i] ?? 0;
    let j = i;
    for (; j > 0; j--) {
      const before = run[j - 1] ?? 0;
      if (compare(before, row) <= 0) break;
      run[j] = before;
    }
    run[j] = row;
  }
}

function compareValues(a: Value | null, b: Value | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
