/** The records of rebuilds: what each of them is to be, and what became of it. */
import { concurrently } from '../concurrently.ts';
import type { Store } from '../ports.ts';
import { recipientMessages } from '../tables/index.ts';
import type { TableDay } from './day-files.ts';
import {
  generationFolder,
  generationKey,
  keptDayKey,
  numberOf,
  rebuildEndKey,
  rebuildKey,
  rebuildsRoot,
  rebuiltDayFolder,
  rebuiltDayKey,
  rebuiltDaysRoot,
} from './keys.ts';
import { createState, type Generation, readableGeneration, readState } from './records.ts';

/** `state/rebuilds/<n>.json`: create-only, and what everybody who works on it goes by. */
export interface Rebuild {
  n: number;
  /** first and last day whose rows are made anew; null: all there are */
  from: string | null;
  to: string | null;
  /** the code and settings that read for it: nobody with others may */
  version: string;
  created_at: number;
}

/** `state/rebuilds/<n>/end.json`: decided once. */
export interface RebuildEnd {
  /** `switched`: readers get its days, which anyone may finish; `dropped`: they never will */
  is: 'switched' | 'dropped';
  why: string;
  decided_at: number;
}

/** All rebuilds there were, in order of number. */
export async function rebuilds(lake: Pick<Store, 'list' | 'get'>): Promise<Rebuild[]> {
  const found: Rebuild[] = [];
  for await (const { key } of lake.list(rebuildsRoot, { shallow: true })) {
    const rebuild = numberOf(key) === null ? null : await readState<Rebuild>(lake, key);
    if (rebuild) found.push(rebuild);
  }
  return found.sort((a, b) => a.n - b.n);
}

/** False if another one has that number. */
export const createRebuild = (lake: Pick<Store, 'create'>, rebuild: Rebuild): Promise<boolean> =>
  createState(lake, rebuildKey(rebuild.n), rebuild);

export const endOf = (lake: Pick<Store, 'get'>, n: number): Promise<RebuildEnd | null> =>
  readState<RebuildEnd>(lake, rebuildEndKey(n));

/** How it ends, which somebody may have decided first. */
export async function decideEnd(
  lake: Pick<Store, 'create' | 'get'>,
  n: number,
  end: RebuildEnd,
): Promise<RebuildEnd['is']> {
  if (await createState(lake, rebuildEndKey(n), end)) return end.is;
  return (await endOf(lake, n))?.is ?? end.is;
}

export const includesDay = ({ from, to }: Pick<Rebuild, 'from' | 'to'>, dt: string): boolean =>
  (from === null || dt >= from) && (to === null || dt <= to);

/** What a rebuild has made of a day as the generation that comes next in the day's line; null if there is none. */
export async function rebuiltDay(
  lake: Pick<Store, 'list' | 'get'>,
  n: number,
  day: TableDay,
): Promise<Generation | null> {
  return readState<Generation>(lake, rebuiltDayKey(n, day.table, day.dt, await nextGeneration(lake, day)));
}

/** Days of tables of which a rebuild has made something, in order. */
export async function daysMade(lake: Pick<Store, 'list'>, n: number): Promise<TableDay[]> {
  const days = new Map<string, TableDay>();
  for await (const { key } of lake.list(rebuiltDaysRoot(n))) {
    const [, dt = '', table = ''] = /dt=(\d{4}-\d\d-\d\d)\/(\w+)\/\d+\.json$/.exec(key) ?? [];
    if (table !== '') days.set(`${dt} ${table}`, { table, dt });
  }
  return [...days.values()];
}

/** The number that the next generation of a day is going to have. One listing; records may be damaged. */
export async function nextGeneration(lake: Pick<Store, 'list'>, { table, dt }: TableDay): Promise<number> {
  let next = 0;
  for await (const { key } of lake.list(generationFolder(table, dt), { shallow: true })) {
    next = Math.max(next, (numberOf(key) ?? -1) + 1);
  }
  return next;
}

/** Has the day's line of generations ever had this rebuild's rows? */
export async function isAdopted(lake: Pick<Store, 'list' | 'get'>, n: number, day: TableDay): Promise<boolean> {
  const made: number[] = [];
  for await (const { key } of lake.list(rebuiltDayFolder(n, day.table, day.dt), { shallow: true })) {
    const generation = numberOf(key);
    if (generation !== null) made.push(generation);
  }
  const first = Math.min(...made);
  for (let g = (await nextGeneration(lake, day)) - 1; g >= first; g--) {
    const generation = await readableGeneration(lake, generationKey(day.table, day.dt, g));
    if (generation?.rebuilt?.rebuild === n) return true;
  }
  return false;
}

/** Days of a rebuild that readers were to be switched to, and were not yet. */
export async function leftOf(lake: Pick<Store, 'list' | 'get'>, n: number): Promise<TableDay[]> {
  const left: TableDay[] = [];
  await concurrently(await daysMade(lake, n), READS_AT_ONCE, async (day) => {
    if (day.table === recipientMessages.name || (await isAdopted(lake, n, day))) return;
    if ((await readState(lake, keptDayKey(n, day.table, day.dt))) === null) left.push(day);
  });
  return left;
}

const READS_AT_ONCE = 16;
