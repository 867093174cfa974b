/** The records of rebuilds: what each of them is to be, and what became of it. */
import { concurrently } from '../concurrently.ts';
import type { Catalog, Clock, Queue, Store } from '../ports.ts';
import { recipientMessages } from '../tables/index.ts';
import type { TableDay } from './day-files.ts';
import { expiredDays } from './expired.ts';
import {
  generationKey,
  generationOfKey,
  handedKey,
  keptDayKey,
  numberOf,
  rebuildEndKey,
  rebuildKey,
  rebuildMarkKey,
  rebuildsRoot,
  rebuiltDayFolder,
  rebuiltDayKey,
  rebuiltDaysRoot,
} from './keys.ts';
import { NO_PARTITIONS, queueOfRebuild, RebuildStore } from './rebuild-store.ts';
import { createState, type Generation, nextGeneration, readableGeneration, readState } from './records.ts';

/** `state/rebuilds/<n>.json`: create-only, and what everybody who works on it goes by. */
export interface Rebuild {
  n: number;
  /** first and last day whose rows are made anew; null: all there are */
  from: string | null;
  to: string | null;
  /** the code and settings that read for it: nobody with others may */
  version: string;
  created_at: number;
  /** number of the erasure that was known to who began it; left out: there was none */
  erasures?: number;
  /** last-modified of the oldest raw objects that had not expired when it was begun, epoch ms; left out: none does */
  raw_from?: number;
}

/** `state/rebuilds/<n>/end.json`: decided once. */
export interface RebuildEnd {
  /** `switched`: readers get its days, which anyone may finish; `dropped`: they never will */
  is: 'switched' | 'dropped';
  why: string;
  decided_at: number;
  /** by table: days that readers get, and no others, whatever is read or made later; left out if it was dropped */
  days?: Readonly<Record<string, readonly string[]>>;
}

/**
 * How far a rebuild has come. `planned`: all units that there were are in its plans. Where workers do it, `made`: all was made once,
 * and what changes since waits for a person; `over`: readers see all of it, or are being taken back.
 */
export type RebuildMark = 'planned' | 'made' | 'over';

export const hasMark = async (lake: Pick<Store, 'get'>, n: number, mark: RebuildMark): Promise<boolean> =>
  (await readState(lake, rebuildMarkKey(n, mark))) !== null;

export const setMark = (lake: Pick<Store, 'create'>, n: number, mark: RebuildMark, now: number): Promise<boolean> =>
  createState(lake, rebuildMarkKey(n, mark), { at: now });

/**
 * Notes that work is handed to a worker, with what it needs to know, and returns where; null if that was done in the same hour. So a
 * call that is made twice hands nothing out twice, and what got lost is handed out again.
 */
export async function handOut(
  { lake, clock }: { lake: Pick<Store, 'create'>; clock: Pick<Clock, 'now'> },
  n: number,
  what: string,
  work: object,
): Promise<string | null> {
  const key = handedKey(n, what, new Date(clock.now()).toISOString().slice(0, 'YYYY-MM-DDTHH'.length));
  return (await createState(lake, key, work)) ? key : null;
}

/**
 * With what a worker reads a unit for a rebuild; null if nobody is to read for it any more: it has been decided about, or it
 * began with other code or settings.
 */
export async function rebuildPorts<P extends { lake: Store; catalog: Catalog; queue: Queue }>(
  ports: P,
  n: number,
  version: string,
): Promise<P | null> {
  const { lake, queue } = ports;
  const rebuild = await readState<Rebuild>(lake, rebuildKey(n));
  if (rebuild?.version !== version || (await endOf(lake, n))) return null;
  return { ...ports, lake: new RebuildStore(lake, n), catalog: NO_PARTITIONS, queue: queueOfRebuild(queue, n) };
}

/** Numbers of all rebuilds there were, in order. */
export async function rebuildNumbers(lake: Pick<Store, 'list'>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { key } of lake.list(rebuildsRoot, { shallow: true })) {
    const n = numberOf(key);
    if (n !== null) numbers.push(n);
  }
  return numbers.sort((a, b) => a - b);
}

/** The one that was begun last; null if none was. */
export async function newestRebuild(lake: Pick<Store, 'list' | 'get'>): Promise<Rebuild | null> {
  const n = (await rebuildNumbers(lake)).at(-1);
  return n === undefined ? null : readState<Rebuild>(lake, rebuildKey(n));
}

/** False if another one has that number. */
export const createRebuild = (lake: Pick<Store, 'create'>, rebuild: Rebuild): Promise<boolean> =>
  createState(lake, rebuildKey(rebuild.n), rebuild);

export const endOf = (lake: Pick<Store, 'get'>, n: number): Promise<RebuildEnd | null> =>
  readState<RebuildEnd>(lake, rebuildEndKey(n));

/** How it ends, which somebody may have decided first. */
export async function decideEnd(lake: Pick<Store, 'create' | 'get'>, n: number, end: RebuildEnd): Promise<RebuildEnd> {
  if (await createState(lake, rebuildEndKey(n), end)) return end;
  return (await endOf(lake, n)) ?? end;
}

/** Was it decided that readers get the day? */
export const isWanted = ({ days }: RebuildEnd, { table, dt }: TableDay): boolean =>
  !days || days[table]?.includes(dt) === true;

export const includesDay = ({ from, to }: Pick<Rebuild, 'from' | 'to'>, dt: string): boolean =>
  (from === null || dt >= from) && (to === null || dt <= to);

/** What a rebuild has made of a day as the generation that comes next in the day's line; null if there is none. */
export async function rebuiltDay(
  lake: Pick<Store, 'list' | 'get'>,
  n: number,
  day: TableDay,
): Promise<Generation | null> {
  return readState<Generation>(
    lake,
    rebuiltDayKey(n, day.table, day.dt, await nextGeneration(lake, day.table, day.dt)),
  );
}

/** Days of tables of which a rebuild has made something, in order. */
export async function daysMade(lake: Pick<Store, 'list'>, n: number): Promise<TableDay[]> {
  const days = new Map<string, TableDay>();
  for await (const { key } of lake.list(rebuiltDaysRoot(n))) {
    const made = generationOfKey(key);
    if (made) days.set(`${made.dt} ${made.table}`, { table: made.table, dt: made.dt });
  }
  return [...days.values()];
}

/** Has the day's line of generations ever had this rebuild's rows? */
export async function isAdopted(lake: Pick<Store, 'list' | 'get'>, n: number, day: TableDay): Promise<boolean> {
  const made: number[] = [];
  for await (const { key } of lake.list(rebuiltDayFolder(n, day.table, day.dt), { shallow: true })) {
    const generation = numberOf(key);
    if (generation !== null) made.push(generation);
  }
  const first = Math.min(...made);
  for (let g = (await nextGeneration(lake, day.table, day.dt)) - 1; g >= first; g--) {
    const generation = await readableGeneration(lake, generationKey(day.table, day.dt, g));
    if (generation?.rebuilt?.rebuild === n) return true;
  }
  return false;
}

/** Do readers keep the day as it is, for good: it was not decided about, or could not be made any more since? */
export async function isKept(
  lake: Pick<Store, 'get'>,
  n: number,
  day: TableDay,
  end: RebuildEnd | null,
): Promise<boolean> {
  if (end === null) return false;
  return !isWanted(end, day) || (await readState(lake, keptDayKey(n, day.table, day.dt))) !== null;
}

/** Days of a rebuild that readers were to be switched to, and were not yet; but for those that have expired since. */
export async function leftOf(lake: Pick<Store, 'list' | 'get' | 'prefixes'>, n: number): Promise<TableDay[]> {
  const left: TableDay[] = [];
  const [expired, end] = [await expiredDays(lake), await endOf(lake, n)];
  await concurrently(await daysMade(lake, n), READS_AT_ONCE, async (day) => {
    if (day.table === recipientMessages.name || expired.has(day.table, day.dt)) return;
    if (await isAdopted(lake, n, day)) return;
    if (!(await isKept(lake, n, day, end))) left.push(day);
  });
  return left;
}

const READS_AT_ONCE = 16;
