/**
 * settle: a finished day of a table becomes one deduplicated, sorted, compacted generation, and the partition switches to
 * it. Inputs are named by immutable location, outputs have a location of their own each time.
 */

import { concurrently } from '../concurrently.ts';
import { DAY_MS, startOfDay } from '../days.ts';
import type { Input, Ports } from '../ports.ts';
import { type LiveAttempt, liveDays, lostFiles, unseenAttempts } from '../protocol/day-files.ts';
import { generationKey, liveFolder, settledFolder } from '../protocol/keys.ts';
import type { OpenUnit } from '../protocol/open-units.ts';
import { Outcomes } from '../protocol/outcomes.ts';
import { heal, pointAtNewest } from '../protocol/readers.ts';
import { createState, type Generation, newestGeneration } from '../protocol/records.ts';
import type { Settings } from '../settings.ts';
import { SETTLED_TABLES } from '../tables/index.ts';
import { checkOutput } from './settle/check.ts';
import { settleSelect } from './settle/select.ts';
import { heldBackBy, isFinished, LONGEST_WAIT_MS, UnplannedHours } from './settle/watermark.ts';

export type SettlePorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'engine' | 'clock'>;

/** Days older than this are settled at most once a day. */
const OLD_DAYS = 7;
/** Days settled side by side: most of the time goes by in waiting for the store and the engine. */
const DAYS_AT_ONCE = 4;
const LOOKS_AT_ONCE = 16;
/** Attempts that one round takes in. */
const MOST_ATTEMPTS = 1000;

export interface TableDay {
  table: string;
  dt: string;
}

export interface Settled extends TableDay {
  generation: number;
  rows: number;
  duplicates: number;
}

export interface DaysOptions {
  settings: Settings;
  open: readonly OpenUnit[];
  /** settle days that are not finished, or held back by what is on its way, too */
  includeUnfinished?: boolean;
  /** only this day */
  day?: string;
}

export interface DayOptions {
  /** settle old days more than once a day, where someone waits for the answer */
  ignorePace?: boolean;
  /** what else must be planned first; left out: nothing */
  unplanned?: Pick<UnplannedHours, 'holdBack'>;
  /** for many days: neighbours are made of the same units */
  outcomes?: Outcomes;
}

export interface SettleOptions extends DaysOptions {
  ignorePace?: boolean;
  onDay?: (done: number, all: number) => void;
}

/**
 * Settles every day and table that has unseen units and may be settled; heals what it looks at. A day that fails leaves
 * the others alone.
 * @throws Error of the first day that failed, when all others are done
 */
export async function settle(ports: SettlePorts, options: SettleOptions): Promise<Settled[]> {
  const { ignorePace = false, includeUnfinished = false, onDay } = options;
  const outcomes = new Outcomes(ports.lake);
  const unplanned = new UnplannedHours(ports, options.settings);
  const dayOptions: DayOptions = { ignorePace, outcomes, ...(includeUnfinished ? {} : { unplanned }) };
  const looks = await concurrently(daysToSettle(ports, options), LOOKS_AT_ONCE, async (day) => {
    const look = await lookAt(ports, day, dayOptions);
    return look.isDue ? [{ day, look }] : [];
  });
  const work = looks.flat();
  const failures: unknown[] = [];
  let done = 0;
  const rounds = await concurrently(work, DAYS_AT_ONCE, async ({ day, look }): Promise<Settled[]> => {
    try {
      return await settleRounds(ports, day, look, dayOptions);
    } catch (error) {
      failures.push(error);
      return [];
    } finally {
      onDay?.(++done, work.length);
    }
  });
  if (failures.length > 0) throw failures[0];
  return rounds.flat();
}

/**
 * The days of tables that may have something to settle and are not held back by open units, in order of day. To be handed
 * to `settleDay`, one by one or each to a worker. Costs a listing of folders for each table.
 */
export async function* daysToSettle(
  { lake, clock }: Pick<Ports, 'lake' | 'clock'>,
  { settings, open, includeUnfinished = false, day }: DaysOptions,
): AsyncGenerator<TableDay> {
  const found: TableDay[] = [];
  for (const { name } of SETTLED_TABLES) {
    for (const dt of await liveDays(lake, name)) found.push({ table: name, dt });
  }
  const mayBeSettled = new Map<string, boolean>();
  const isHeldBack = heldBackBy(open, settings, clock.now());
  for (const tableDay of found.sort((a, b) => (a.dt < b.dt ? -1 : a.dt > b.dt ? 1 : 0))) {
    const { dt } = tableDay;
    if (day !== undefined && day !== dt) continue;
    const may = mayBeSettled.get(dt) ?? (includeUnfinished || (isFinished(dt, clock.now()) && !isHeldBack(dt)));
    mayBeSettled.set(dt, may);
    if (may) yield tableDay;
  }
}

/**
 * Settles one day of one table: heals, then takes in what the newest generation hasn't seen, in as many rounds as it
 * takes. Nothing if there is nothing to take in, or another settle was quicker.
 * @throws Error if the engine's output breaks a rule; the old generation stays
 */
export async function settleDay(ports: SettlePorts, day: TableDay, options: DayOptions = {}): Promise<Settled[]> {
  return settleRounds(ports, day, await lookAt(ports, day, options), options);
}

interface Look {
  before: Generation | null;
  /** is there a round to be done? */
  isDue: boolean;
  /** what it is to take in; may be nothing (see `visibleOrphans`) */
  unseen: LiveAttempt[];
  /** there is more than one round takes */
  hasMore: boolean;
}

async function settleRounds(ports: SettlePorts, day: TableDay, first: Look, options: DayOptions): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (let look = first; look.isDue; ) {
    const round = await settleRound(ports, day, look);
    if (!round) break;
    settled.push(round);
    if (!look.hasMore) break;
    look = await lookAt(ports, day, { ...options, ignorePace: true });
  }
  return settled;
}

/** Heals: readers are pointed at the newest generation. Then says what that generation hasn't seen and may be settled now. */
async function lookAt(
  ports: SettlePorts,
  { table, dt }: TableDay,
  { ignorePace = false, unplanned, outcomes = new Outcomes(ports.lake) }: DayOptions,
): Promise<Look> {
  const { lake, clock } = ports;
  const before = await newestGeneration(lake, table, dt);
  if (before) await heal(ports, table, before);
  const nothing: Look = { before, isDue: false, unseen: [], hasMore: false };
  const now = clock.now();
  if (before && !ignorePace && isOld(dt, now) && now - before.created_at < DAY_MS) return nothing;
  const unseen = await unseenAttempts(lake, outcomes, table, dt, new Set(before?.attempt_list), MOST_ATTEMPTS + 1);
  const writtenAt = unseen.map((attempt) => attempt.writtenAt);
  if (unseen.length === 0 && !before) writtenAt.push(...(await visibleOrphans(ports, outcomes, table, dt)));
  if (writtenAt.length === 0) return nothing;
  // A raw hour that nobody plans is no reason to wait for ever.
  const isPatient = writtenAt.every((at) => now - at <= LONGEST_WAIT_MS);
  if (isPatient && (await unplanned?.holdBack(dt))) return nothing;
  return { before, isDue: true, unseen: unseen.slice(0, MOST_ATTEMPTS), hasMore: unseen.length > MOST_ATTEMPTS };
}

/**
 * When files were written that readers of an open day see although nobody will ever take them in: of attempts that lost
 * against one which has no rows of the day. Nothing else would end their being seen, so the day becomes an empty
 * generation. Asks for nothing more than the catalog on any day that readers don't see open.
 */
async function visibleOrphans(
  { lake, catalog }: SettlePorts,
  outcomes: Outcomes,
  table: string,
  dt: string,
): Promise<number[]> {
  const [partition] = await catalog.locations(table, [dt]);
  return partition?.location === liveFolder(table, dt) ? lostFiles(lake, outcomes, table, dt) : [];
}

/** One round; null if another settle was quicker. */
async function settleRound(
  ports: SettlePorts,
  { table, dt }: TableDay,
  { before, unseen }: Look,
): Promise<Settled | null> {
  const { lake, engine, clock } = ports;
  const n = before ? before.generation + 1 : 0;
  const location = settledFolder(table, dt, `${n}-${clock.nonce()}`);
  const inputs = settleInputs(table, dt, before, unseen);
  const hasRows = inputs.length > 0;
  const files = hasRows
    ? await engine.write({ select: settleSelect(table, inputs), table, inputs, location, partitioned: false })
    : [];
  const rowsIn = (before?.rows_out ?? 0) + unseen.reduce((sum, { rows }) => sum + rows, 0);
  const rowsOut = files.reduce((sum, { rows }) => sum + rows, 0);
  if (hasRows) {
    await checkOutput(engine, { table, dt, location, files, rowsIn, rowsOut, rowsBefore: before?.rows_out ?? 0 });
  }

  const attempts = [...(before?.attempt_list ?? []), ...unseen.map(({ attempt }) => attempt)];
  const generation: Generation = {
    table_name: table,
    dt,
    generation: n,
    location,
    files: files.length,
    attempts: attempts.length,
    rows_in: rowsIn,
    rows_out: rowsOut,
    duplicates: rowsIn - rowsOut,
    created_at: clock.now(),
    file_list: files.map(({ key, rows, bytes }) => ({ key, rows, bytes })),
    attempt_list: attempts,
    send_days: [...new Set([before?.send_days ?? [], ...unseen.map(({ send_days }) => send_days)].flat())].sort(),
  };
  // Lost: ours stays behind, unnamed, for the collector.
  if (!(await createState(lake, generationKey(table, dt, n), generation))) return null;
  await pointAtNewest(ports, table, generation);
  return { table, dt, generation: n, rows: rowsOut, duplicates: rowsIn - rowsOut };
}

const isOld = (dt: string, now: number): boolean => now - startOfDay(dt) > (OLD_DAYS + 1) * DAY_MS;

function settleInputs(table: string, dt: string, before: Generation | null, unseen: readonly LiveAttempt[]): Input[] {
  const live: Input = { table, stage: 'live', dt, keys: unseen.flatMap(({ files }) => files.map(({ key }) => key)) };
  if (live.keys.length === 0) return [];
  if (!before || before.file_list.length === 0) return [live];
  return [settledInput(before), live];
}

/** A generation as an engine's input. */
export const settledInput = ({ table_name, dt, location, file_list }: Generation): Input => ({
  table: table_name,
  stage: 'settled',
  dt,
  generation: location.split('/').at(-2) ?? '',
  keys: file_list.map(({ key }) => key),
});
