/** Says what a switch to a rebuild would change: rows by table and day, cells by column, and the numbers of each day. */
import { concurrently } from '../../concurrently.ts';
import type { Engine, Input, Ports, SqlValue, Store } from '../../ports.ts';
import { dataDay, type TableDay, unseenAttempts } from '../../protocol/day-files.ts';
import { leafOutcomes, Outcomes } from '../../protocol/outcomes.ts';
import { RebuildStore } from '../../protocol/rebuild-store.ts';
import { type Generation, newestReadable, type Outcome } from '../../protocol/records.ts';
import type { SwitchedLake } from '../../protocol/switched-lake.ts';
import { inlineViews } from '../../sql/views/inline.ts';
import { PRESTO_TYPES, type View } from '../../sql/views/view.ts';
import { recipientMessages } from '../../tables/index.ts';
import { columnNames } from '../../tables/table.ts';
import { declared, inputRows } from '../settle/select.ts';
import { dayInputs } from '../settle.ts';
import { plannedFor } from './readings.ts';

/** One day of a table. */
export interface DayDifference extends TableDay {
  before: number;
  after: number;
  /** rows of keys that only one of the two has */
  gone: number;
  added: number;
  /** by column, rows of the same key with another value */
  columns: Record<string, number>;
}

/** A column that differs. */
export interface ColumnDifference {
  table: string;
  column: string;
  rows: number;
  days: number;
  /** one of the cells: the row's key, and the values as text */
  example: { key: string; before: string | null; after: string | null };
}

/** A count of the view `deliverability_daily`, summed over the days compared. */
export interface CountDifference {
  column: string;
  before: number;
  after: number;
  /** send days on which it differs */
  days: number;
}

/** Records that could not be read, by reason: when their units were read first, and by the rebuild. */
export interface RejectedDifference {
  reason: string;
  before: number;
  after: number;
}

const DAYS_AT_ONCE = 4;
const READS_AT_ONCE = 16;
/** Rows that one query compares, on each side: what an engine on this machine can hold. */
const ROWS_AT_ONCE = 100_000;
/** Days of one query, and files: each is named in it. */
const DAYS_A_QUERY = 64;
const FILES_A_QUERY = 1000;
/** What says who made a row, and when, differs by what a rebuild is. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['attempt', 'as_of']);

/** It only asks: what is written lies in a rebuild's own days. */
export type ComparePorts = Pick<Ports, 'lake'> & { engine: Pick<Engine, 'query'> };

export interface CompareOptions {
  /** rows that one query compares, on each side, and queries that run at once; left out: as an engine on this machine can */
  rowsAtOnce?: number;
  queriesAtOnce?: number;
}

/** A day as it is and as it is going to be. */
interface Sides {
  dt: string;
  former: Input[];
  latter: Input[];
  rows: number;
}

/** In order of table and day; days without any difference are in it, too. */
export async function compareDays(
  { lake, engine }: ComparePorts,
  made: readonly Generation[],
  { rowsAtOnce = ROWS_AT_ONCE, queriesAtOnce = 1 }: CompareOptions = {},
): Promise<DayDifference[]> {
  const outcomes = new Outcomes(lake);
  const found: DayDifference[] = [];
  for (const [table, days] of Map.groupBy(made, ({ table_name }) => table_name)) {
    const sides = await concurrently(days, DAYS_AT_ONCE, async (generation): Promise<Sides> => {
      const { dt, rows_out } = generation;
      const former = await presentInputs(lake, outcomes, { table, dt });
      return { dt, former, latter: dayInputs(table, dt, generation, []), rows: rows_out };
    });
    const compared = await concurrently(batches(sides, rowsAtOnce), queriesAtOnce, (batch) =>
      compareBatch(engine, table, batch),
    );
    found.push(...compared.flat());
  }
  return found;
}

/** Neighbouring days together, as every query has a cost of its own. */
function batches(sides: readonly Sides[], rowsAtOnce: number): Sides[][] {
  const found: Sides[][] = [];
  let [rows, files] = [0, 0];
  for (const day of sides) {
    const named = [...day.former, ...day.latter].reduce((sum, { keys }) => sum + keys.length, 0);
    const batch = found.at(-1);
    const hasRoom = rows + day.rows <= rowsAtOnce && files + named <= FILES_A_QUERY;
    if (batch && batch.length < DAYS_A_QUERY && hasRoom) {
      batch.push(day);
      rows += day.rows;
      files += named;
    } else {
      found.push([day]);
      [rows, files] = [day.rows, named];
    }
  }
  return found;
}

async function compareBatch(
  engine: ComparePorts['engine'],
  table: string,
  days: readonly Sides[],
): Promise<DayDifference[]> {
  const columns = comparedColumns(table);
  const counts = columns.map((name) => `count(case when ${differs(name)} then 1 end)`);
  const [former, latter] = [days.flatMap((day) => day.former), days.flatMap((day) => day.latter)];
  const rows = await askBoth(engine, table, former, latter, [
    'count(former.dt)',
    'count(latter.dt)',
    'count(case when latter.dt is null then 1 end)',
    'count(case when former.dt is null then 1 end)',
    ...counts,
  ]);
  const byDay = new Map(rows.map(([dt, ...of]) => [String(dt), of.map(Number)]));
  return days.map(({ dt }) => {
    const [before = 0, after = 0, gone = 0, added = 0, ...cells] = byDay.get(dt) ?? [];
    const changed = columns.flatMap((name, i): [string, number][] => (cells[i] ? [[name, cells[i]]] : []));
    return { table, dt, before, after, gone, added, columns: Object.fromEntries(changed) };
  });
}

/** Each column that differs on some day, the one with most rows first; a query for each day that an example is from. */
export async function compareColumns(
  { lake, engine }: ComparePorts,
  made: readonly Generation[],
  days: readonly DayDifference[],
): Promise<ColumnDifference[]> {
  const found = new Map<string, Omit<ColumnDifference, 'example'> & { dt: string }>();
  for (const { table, dt, columns } of days) {
    for (const [column, rows] of Object.entries(columns)) {
      const before = found.get(`${table}.${column}`);
      if (before) {
        before.rows += rows;
        before.days++;
      } else found.set(`${table}.${column}`, { table, column, rows, days: 1, dt });
    }
  }
  const outcomes = new Outcomes(lake);
  const byDay = [...Map.groupBy(found.values(), ({ table, dt }) => `${table} ${dt}`).values()];
  const shown = await concurrently(byDay, DAYS_AT_ONCE, async (columns): Promise<ColumnDifference[]> => {
    const [{ table = '', dt = '' } = {}] = columns;
    const latter = made.find((generation) => generation.table_name === table && generation.dt === dt) ?? null;
    const former = await presentInputs(lake, outcomes, { table, dt });
    const examples = columns.map(
      ({ column }) => `min(case when ${differs(column)} then ${exampleText(table, column)} end)`,
    );
    const [row = []] = await askBoth(engine, table, former, dayInputs(table, dt, latter, []), examples);
    return columns.map(({ dt: _, ...rest }, i) => ({ ...rest, example: exampleOf(row[i + 1] ?? null) }));
  });
  return shown.flat().sort((a, b) => b.rows - a.rows);
}

const comparedColumns = (table: string): string[] =>
  columnNames(declared(table)).filter((name) => !declared(table).key.includes(name) && !NOT_COMPARED.has(name));

const differs = (column: string): string =>
  `former.dt is not null and latter.dt is not null and former.${column} is distinct from latter.${column}`;

function exampleText(table: string, column: string): string {
  const text = (of: string): string => `coalesce(cast(${of} as varchar), chr(1))`;
  const key = declared(table).key.map((name) => `cast(latter.${name} as varchar)`);
  return `${key.join(` || ' ' || `)} || chr(2) || ${text(`former.${column}`)} || chr(2) || ${text(`latter.${column}`)}`;
}

/** What readers of a day see now: the newest generation, and the live files that it has not taken in. */
async function presentInputs(
  lake: ComparePorts['lake'],
  outcomes: Outcomes,
  { table, dt }: TableDay,
): Promise<Input[]> {
  const { newest } = await dataDay(lake, table, dt);
  const unseen = await unseenAttempts(lake, outcomes, table, dt, new Set(newest?.attempt_list));
  return dayInputs(table, dt, newest, unseen);
}

/** Stands for NULL in an example, and the character after it between its parts; no text that is shown holds them. */
const NULL = '\u0001';
const SEPARATOR = '\u0002';

/** Asks expressions of both sides' rows, joined by day and key; a row for each day, which begins with the day. */
async function askBoth(
  engine: ComparePorts['engine'],
  table: string,
  former: readonly Input[],
  latter: readonly Input[],
  expressions: readonly string[],
): Promise<SqlValue[][]> {
  const inputs = [...former, ...latter];
  if (inputs.length === 0) return [];
  const { key, columns } = declared(table);
  const nothing = Object.entries(columns).map(([name, { type }]) => `cast(null as ${PRESTO_TYPES[type]}) as ${name}`);
  const none = `select ${nothing.join(', ')}, cast(null as varchar) as dt where false`;
  const rows = (of: readonly Input[]): string => (of.length > 0 ? inputRows(table, of) : none);
  const sql = `with former as (
${rows(former)}
),
latter as (
${rows(latter)}
)
select coalesce(former.dt, latter.dt),
${expressions.join(',\n')}
from former
full join latter on ${['dt', ...key].map((name) => `former.${name} = latter.${name}`).join(' and ')}
group by coalesce(former.dt, latter.dt)`;
  return (await engine.query(sql, inputs)).rows;
}

function exampleOf(value: SqlValue): ColumnDifference['example'] {
  const [key = '', before = '', after = ''] = String(value).split(SEPARATOR);
  const shown = (text: string): string | null => (text === NULL ? null : text);
  return { key, before: shown(before), after: shown(after) };
}

/**
 * The counts of `deliverability_daily` before and after, over send days that a rollup has computed for both; of all other
 * days they are the same.
 */
export async function compareDaily(
  { lake, engine }: ComparePorts,
  switched: SwitchedLake,
  views: readonly View[],
  sendDays: readonly string[],
): Promise<CountDifference[]> {
  const columns = (views.find(({ name }) => name === 'deliverability_daily')?.columns ?? []).filter(
    ({ type }) => type === 'bigint',
  );
  const names = columns.map(({ name }) => name);
  const [before, after] = await Promise.all(
    [lake, switched].map((store) => dailyCounts(engine, store, views, names, sendDays)),
  );
  return names.flatMap((column, i) => {
    const total = (counts: ReadonlyMap<string, readonly number[]> | undefined): number =>
      [...(counts?.values() ?? [])].reduce((sum, ofDay) => sum + (ofDay[i] ?? 0), 0);
    const days = sendDays.filter((dt) => (before?.get(dt)?.[i] ?? 0) !== (after?.get(dt)?.[i] ?? 0)).length;
    return days > 0 ? [{ column, before: total(before), after: total(after), days }] : [];
  });
}

async function dailyCounts(
  engine: Pick<Engine, 'query'>,
  store: Pick<ComparePorts['lake'], 'list' | 'get'>,
  views: readonly View[],
  columns: readonly string[],
  sendDays: readonly string[],
): Promise<Map<string, number[]>> {
  const newest = await concurrently(sendDays, DAYS_AT_ONCE, (dt) => newestReadable(store, recipientMessages.name, dt));
  const inputs = newest.flatMap((one) => (one ? dayInputs(recipientMessages.name, one.dt, one, []) : []));
  if (inputs.length === 0) return new Map();
  const select = `select dt, ${columns.join(', ')} from deliverability_daily`;
  const sql = inlineViews(select, views, { recipient_messages: inputRows(recipientMessages.name, inputs) });
  const { rows } = await engine.query(sql, inputs);
  return new Map(rows.map(([dt, ...counts]) => [String(dt), counts.map(Number)]));
}

/** Of the units that a rebuild has read; only reasons that differ, in order. A read of two outcomes a unit. */
export async function compareRejected(lake: Store, n: number): Promise<RejectedDifference[]> {
  const own = new RebuildStore(lake, n);
  const { units } = await plannedFor(lake, n);
  const sums = new Map<string, RejectedDifference>();
  const add = (leaves: readonly Outcome[] | null, side: 'before' | 'after'): void => {
    for (const { quarantined_by_reason: reasons } of leaves ?? []) {
      for (const [reason, count] of Object.entries(reasons)) {
        const sum = sums.get(reason) ?? { reason, before: 0, after: 0 };
        sum[side] += count;
        sums.set(reason, sum);
      }
    }
  };
  const [first, again] = [new Outcomes(lake), new Outcomes(own)];
  await concurrently(units, READS_AT_ONCE, async (unit) => {
    const read = await leafOutcomes(again, unit);
    if (!read) return;
    add(read, 'after');
    add(await leafOutcomes(first, unit), 'before');
  });
  return [...sums.values()]
    .filter(({ before, after }) => before !== after)
    .sort((a, b) => (a.reason < b.reason ? -1 : 1));
}
