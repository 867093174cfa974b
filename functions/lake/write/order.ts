/** Groups the rows of a table by day, and sorts those of each day. */
import { DAY_MS, partitionDay } from '../days.ts';
import type { ColumnBuffer } from './column.ts';
import type { Columns } from './columns.ts';
import { InternedColumn } from './interned.ts';
import { Int64Column } from './numbers.ts';
import { slicesOf } from './rows.ts';

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
  const times = columns.columnOf(day, Int64Column);
  const indexes = new Uint32Array(sorted.length);
  const dts: string[] = [];
  const indexOf = new Map<number, number>();
  let done = 0;
  for (const slice of slicesOf(sorted)) {
    fillDayIndexes(times, slice, indexes.subarray(done), dts, indexOf);
    done += slice.length;
  }
  if (dts.length === 1 && dts[0] !== undefined) return [{ dt: dts[0], rows: sorted }];
  const counts = new Uint32Array(dts.length);
  for (let i = 0; i < indexes.length; i++) counts[indexes[i] ?? 0] = (counts[indexes[i] ?? 0] ?? 0) + 1;
  const days = dts.map((dt, index) => ({ dt, rows: new Uint32Array(counts[index] ?? 0), filled: 0 }));
  for (let i = 0; i < sorted.length; i++) {
    const ofDay = days[indexes[i] ?? 0];
    if (ofDay) ofDay.rows[ofDay.filled++] = sorted[i] ?? 0;
  }
  return days.map(({ dt, rows }) => ({ dt, rows })).sort((a, b) => (a.dt < b.dt ? -1 : 1));
}

/** Gives each row the index of its day in `dts`; a day that isn't there is added. @param indexOf that of a day's number */
function fillDayIndexes(
  times: Int64Column,
  rows: Uint32Array,
  indexes: Uint32Array,
  dts: string[],
  indexOf: Map<number, number>,
): void {
  let number = Number.NaN;
  let index = 0;
  for (let i = 0; i < rows.length; i++) {
    const time = times.number(rows[i] ?? 0);
    const next = Math.floor((Number.isNaN(time) ? 0 : time) / DAY_MS);
    if (next !== number) {
      number = next;
      const known = indexOf.get(number);
      // Many days may be one partition: the one of absurd times.
      const dt = known === undefined ? partitionDay(number * DAY_MS) : '';
      index = known ?? (dts.includes(dt) ? dts.indexOf(dt) : dts.push(dt) - 1);
      indexOf.set(number, index);
    }
    indexes[i] = index;
  }
}

/**
 * Counting sort by the first key, whose equal values are many and few (the events of a mail), then each run of equals by
 * the other keys.
 */
function sortRows(columns: Columns, [first, ...others]: RowOrder['keys'], rows: Uint32Array): Uint32Array {
  const column = columns.columnOf(first, InternedColumn);
  const ranks = column.ranks(rows);
  const starts = new Uint32Array(ranks.reduce((most, rank) => Math.max(most, rank), 0) + 2);
  const sorted = new Uint32Array(rows.length);
  distribute(rows, ranks, starts, sorted);
  const keys = others.map((name) => columns.column(name));
  for (let rank = 0; rank + 1 < starts.length; rank++) sortRun(sorted, starts[rank] ?? 0, starts[rank + 1] ?? 0, keys);
  return sorted;
}

/** Puts each row where its rank belongs; `starts` says afterwards where each rank begins. */
function distribute(rows: Uint32Array, ranks: Uint32Array, starts: Uint32Array, sorted: Uint32Array): void {
  count(ranks, starts);
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
  place(rows, ranks, starts.slice(), sorted);
}

/** Counts each rank, one further on. */
function count(ranks: Uint32Array, counts: Uint32Array): void {
  for (let i = 0; i < ranks.length; i++) counts[(ranks[i] ?? 0) + 1] = (counts[(ranks[i] ?? 0) + 1] ?? 0) + 1;
}

function place(rows: Uint32Array, ranks: Uint32Array, ends: Uint32Array, sorted: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const rank = ranks[i] ?? 0;
    const at = ends[rank] ?? 0;
    sorted[at] = rows[i] ?? 0;
    ends[rank] = at + 1;
  }
}

const LONG_RUN = 32;

/** Sorts `rows[from…to − 1]` in place, stably. Most runs are short, and in order already. */
function sortRun(rows: Uint32Array, from: number, to: number, keys: readonly ColumnBuffer[]): void {
  if (to - from > LONG_RUN) {
    rows.subarray(from, to).sort((a, b) => compareRows(keys, a, b));
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const row = rows[i] ?? 0;
    let j = i;
    for (; j > from; j--) {
      const before = rows[j - 1] ?? 0;
      if (compareRows(keys, before, row) <= 0) break;
      rows[j] = before;
    }
    rows[j] = row;
  }
}

function compareRows(keys: readonly ColumnBuffer[], a: number, b: number): number {
  for (const key of keys) {
    const order = key.compare(a, b);
    if (order !== 0) return order;
  }
  return 0;
}
