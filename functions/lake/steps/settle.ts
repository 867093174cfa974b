/**
 * settle: a finished day of a table becomes one deduplicated, sorted, compacted generation, and the partition switches to
 * it. Inputs are named by immutable location, outputs have a location of their own each time.
 */

import { concurrently } from '../concurrently.ts';
import { DAY_MS, startOfDay } from '../days.ts';
import type { Engine, Input, Ports, WrittenFile } from '../ports.ts';
import { type LiveAttempt, liveDays, lostFiles, type TableDay, unseenAttempts } from '../protocol/day-files.ts';
import { ErasureState } from '../protocol/erasures.ts';
import { type ExpiredDays, expiredDays } from '../protocol/expired.ts';
import { generationKey, generationOfLocation, liveFolder, settledFolder } from '../protocol/keys.ts';
import type { OpenUnit } from '../protocol/open-units.ts';
import { Outcomes } from '../protocol/outcomes.ts';
import { unionOf } from '../protocol/published.ts';
import { heal, pointAtNewest } from '../protocol/readers.ts';
import {
  createState,
  DamagedRecord,
  type Generation,
  nextGeneration,
  readableGeneration,
} from '../protocol/records.ts';
import { faultsOf, isWhole, sealFiles } from '../protocol/settled-files.ts';
import type { Settings } from '../settings.ts';
import { SETTLED_TABLES } from '../tables/index.ts';
import { checkOutputs, type SettleOutput } from './settle/check.ts';
import {
  attemptsBeyond,
  type DayInputs,
  inputsOfDamagedDay,
  inputsOfUnreadableDay,
  isSameReading,
} from './settle/damaged-day.ts';
import { outdatedDays } from './settle/outdated.ts';
import { settleDaysSelect, settleRecipe, settleSelect } from './settle/select.ts';
import { heldBackCheck, isFarAhead, isFinished, LONGEST_WAIT_MS, UnplannedHours } from './settle/watermark.ts';

export type SettlePorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'engine' | 'clock'>;

/** Days older than this are settled at most once a day. */
const OLD_DAYS = 7;
/** Days settled at once: most of the time is spent waiting for the store and the engine. */
const DAYS_AT_ONCE = 4;
const LOOKS_AT_ONCE = 16;
/** The most attempts that one round adds. */
const MOST_ATTEMPTS = 1000;

export interface Settled extends TableDay {
  generation: number;
  rows: number;
  duplicates: number;
}

export interface DaysOptions {
  settings: Settings;
  open: readonly OpenUnit[];
  /** also settle days that are not finished, or that open units hold back */
  includeUnfinished?: boolean;
  /** only this day */
  day?: string;
  /** days computed with other rules than today's, newest first, that are handed out at once; left out: all there are */
  mostOutdated?: number;
}

export interface DayOptions {
  /** settle old days more than once a day, for a person who waits for the result */
  ignorePace?: boolean;
  /** an audit has found the newest generation's files damaged */
  isDamaged?: boolean;
  /** other raw objects that must be planned first; left out: none */
  unplanned?: Pick<UnplannedHours, 'holdBack'>;
  /** for many days: neighbours are made of the same units */
  outcomes?: Outcomes;
  /** days that are left alone; left out: they are looked up */
  expired?: ExpiredDays;
}

export interface SettleOptions extends DaysOptions {
  ignorePace?: boolean;
  onDay?: (done: number, all: number) => void;
}

/**
 * Settles every day and table that has unseen units and may be settled, and heals each day that it reads. A day that
 * fails doesn't keep the others from being settled.
 * @throws Error of the first day that failed, when all others are done
 */
export async function settle(ports: SettlePorts, options: SettleOptions): Promise<Settled[]> {
  const { ignorePace = false, includeUnfinished = false, onDay } = options;
  const outcomes = new Outcomes(ports.lake);
  const unplanned = new UnplannedHours(ports, options.settings);
  const expired = await expiredDays(ports.lake);
  const dayOptions: DayOptions = { ignorePace, outcomes, expired, ...(includeUnfinished ? {} : { unplanned }) };
  // A day that fails, by damage that nobody can mend here, holds up no other.
  const failures: unknown[] = [];
  const looks = await concurrently(daysToSettle(ports, options), LOOKS_AT_ONCE, async (day) => {
    try {
      const look = await lookAt(ports, day, dayOptions);
      return look.isDue ? [{ day, look }] : [];
    } catch (error) {
      failures.push(error);
      return [];
    }
  });
  const work = looks.flat();
  let done = 0;
  const settleOne = async ({ day, look }: DayLook): Promise<Settled[]> => {
    try {
      return await settleRounds(ports, day, look, dayOptions);
    } catch (error) {
      failures.push(error);
      return [];
    } finally {
      onDay?.(++done, work.length);
    }
  };
  const rounds = await concurrently(groupsOf(ports.engine, work), DAYS_AT_ONCE, async (group): Promise<Settled[]> => {
    if (group.length > 1) {
      try {
        const settled = await settleTogether(ports, group);
        done += group.length;
        onDay?.(done, work.length);
        return settled;
      } catch {
        // Day by day it comes out which one fails.
      }
    }
    return (await concurrently(group, DAYS_AT_ONCE, settleOne)).flat();
  });
  if (failures.length > 0) throw failures[0];
  const nameOf = ({ table, dt }: TableDay): string => `${table} ${dt}`;
  const settled = Map.groupBy(rounds.flat(), nameOf);
  return work.flatMap(({ day }) => settled.get(nameOf(day)) ?? []);
}

interface DayLook {
  day: TableDay;
  look: Look;
}

/** Bytes of inputs that are settled together: what a statement takes whatever its size is then a small part. */
const TOGETHER_BYTES = 1024 * 1024;
/** As many days as one job may write. */
const TOGETHER_DAYS = 100;

/** Neighbouring small days of a table as groups, in order of their first days, for an engine that writes such together. */
function groupsOf({ writeDays }: Pick<Engine, 'writeDays'>, work: readonly DayLook[]): DayLook[][] {
  const groups: DayLook[][] = [];
  const open = new Map<string, { group: DayLook[]; bytes: number }>();
  for (const one of work) {
    const { table } = one.day;
    const bytes = bytesOf(one.look);
    const before = open.get(table);
    const hasRoom = before && before.group.length < TOGETHER_DAYS && before.bytes + bytes <= TOGETHER_BYTES;
    if (writeDays && hasRoom && !one.look.hasMore) {
      before.group.push(one);
      before.bytes += bytes;
    } else {
      const group = [one];
      groups.push(group);
      open.set(table, { group, bytes: one.look.hasMore ? Number.POSITIVE_INFINITY : bytes });
    }
  }
  return groups;
}

const bytesOf = ({ base, unseen }: Look): number =>
  [base?.file_list ?? [], ...unseen.map(({ files }) => files)].flat().reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * The days of tables that may have something to settle and are not held back by open units, in order of day. To be
 * handed to `settleDay`, one by one or each to a worker. Costs a listing of folders for each table, and what
 * `outdatedDays` says.
 */
export async function* daysToSettle(
  { lake, clock }: Pick<Ports, 'lake' | 'clock'>,
  { settings, open, includeUnfinished = false, day, mostOutdated = Number.POSITIVE_INFINITY }: DaysOptions,
): AsyncGenerator<TableDay> {
  const days = new Map<string, TableDay>();
  const expired = await expiredDays(lake);
  for (const { name } of SETTLED_TABLES) {
    for (const dt of await liveDays(lake, name)) {
      if (!expired.has(name, dt)) days.set(`${name} ${dt}`, { table: name, dt });
    }
  }
  for (const outdated of await outdatedDays(lake, mostOutdated, expired)) {
    days.set(`${outdated.table} ${outdated.dt}`, outdated);
  }
  const found = [...days.values()];
  const mayBeSettled = new Map<string, boolean>();
  const now = clock.now();
  const isHeldBack = heldBackCheck(open, settings, now);
  // Persons are to be forgotten soon, and not once a day has come by whose date an event is wrong.
  const isErasing = found.some(({ dt }) => isFarAhead(dt, now)) && (await ErasureState.of(lake)).isOpen;
  const isOver = (dt: string): boolean => isFinished(dt, now) || (isErasing && isFarAhead(dt, now));
  for (const tableDay of found.sort((a, b) => (a.dt < b.dt ? -1 : a.dt > b.dt ? 1 : 0))) {
    const { dt } = tableDay;
    if (day !== undefined && day !== dt) continue;
    const may = mayBeSettled.get(dt) ?? (includeUnfinished || (isOver(dt) && !isHeldBack(dt)));
    mayBeSettled.set(dt, may);
    if (may) yield tableDay;
  }
}

/**
 * Settles one day of one table: heals, then adds attempts that the newest generation hasn't seen, in as many rounds as
 * needed. Does nothing if there are none, or if another settle was first.
 * @throws Error if the engine's output breaks a rule; the old generation stays
 */
export async function settleDay(ports: SettlePorts, day: TableDay, options: DayOptions = {}): Promise<Settled[]> {
  return settleRounds(ports, day, await lookAt(ports, day, options), options);
}

interface Look extends DayInputs {
  /** number of the newest generation; −1: there is none */
  after: number;
  /** the newest generation; null also if its record can't be read */
  before: Generation | null;
  /** whether there is a round to be done */
  isDue: boolean;
  /** there are more attempts than one round can add */
  hasMore: boolean;
}

const dueTo = (after: number, before: Generation | null, inputs: DayInputs): Look => ({
  after,
  before,
  ...inputs,
  isDue: true,
  hasMore: false,
});

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

/**
 * Heals: points readers at the newest generation. Then returns what that generation hasn't seen and may be settled now. Of a day
 * that has expired that is nothing, whatever came late for it.
 */
async function lookAt(
  ports: SettlePorts,
  { table, dt }: TableDay,
  { ignorePace = false, isDamaged = false, unplanned, outcomes = new Outcomes(ports.lake), expired }: DayOptions,
): Promise<Look> {
  const { lake, clock } = ports;
  if ((expired ?? (await expiredDays(lake))).has(table, dt)) {
    return { after: -1, before: null, base: null, isDue: false, unseen: [], hasMore: false };
  }
  const after = (await nextGeneration(lake, table, dt)) - 1;
  const before = after < 0 ? null : await readableGeneration(lake, generationKey(table, dt, after));
  if (after >= 0 && !before) {
    const key = generationKey(table, dt, after);
    // It takes a look at every outcome: that is left to who repairs.
    if (!isDamaged) throw new DamagedRecord(key);
    return dueTo(after, null, await inputsOfUnreadableDay(lake, { table, dt }, after, outcomes));
  }
  if (before) await heal(ports, table, before);
  if (before && (isDamaged || !isWhole(await faultsOf(lake, before, 'listing')))) {
    return dueTo(after, before, await inputsOfDamagedDay(lake, before, outcomes));
  }
  const nothing: Look = { after, before, base: before, isDue: false, unseen: [], hasMore: false };
  const now = clock.now();
  const isOutdated = before !== null && before.recipe !== settleRecipe(table);
  if (before && !ignorePace && isOld(dt, now) && now - before.created_at < DAY_MS) return nothing;
  const unseen = await unseenAttempts(lake, outcomes, table, dt, new Set(before?.attempt_list), MOST_ATTEMPTS + 1);
  const writtenAt = unseen.map((attempt) => attempt.writtenAt);
  if (unseen.length === 0 && !before) writtenAt.push(...(await visibleOrphans(ports, outcomes, table, dt)));
  if (writtenAt.length === 0 && !isOutdated) return nothing;
  // A raw hour that is never planned does not hold a day back for ever.
  const isPatient = writtenAt.every((at) => now - at <= LONGEST_WAIT_MS);
  if (isPatient && (await unplanned?.holdBack(dt))) return nothing;
  // An error in it would pass into the next generation, where no check would find it.
  if (before && !isWhole(await faultsOf(lake, before, 'content')))
    return dueTo(after, before, await inputsOfDamagedDay(lake, before, outcomes));
  const hasMore = unseen.length > MOST_ATTEMPTS;
  return { after, before, base: before, isDue: true, unseen: unseen.slice(0, MOST_ATTEMPTS), hasMore };
}

/**
 * Makes the next generation of a day from an older one and what came since: readers get back what they had before a rebuild.
 * False if rows of it are gone, or somebody else was first.
 */
export async function settleFrom(ports: SettlePorts, before: Generation, base: Generation): Promise<boolean> {
  const { table_name: table, dt } = before;
  const { unseen, lost } = await attemptsBeyond(ports.lake, before, base, new Outcomes(ports.lake));
  if (lost.length > 0 || !isWhole(await faultsOf(ports.lake, base, 'content'))) return false;
  return (await settleRound(ports, { table, dt }, dueTo(before.generation, before, { base, unseen }))) !== null;
}

/**
 * When files were written that readers of an open day see although no generation will include them: files of attempts
 * that lost against one without rows of the day. Only an empty generation hides them, so the day gets one. On a day whose
 * partition does not point at live files this asks only the catalog.
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

/** What a round is going to make of a day. */
interface Draft extends DayLook {
  n: number;
  location: string;
  inputs: Input[];
}

function draftOf({ clock }: Pick<Ports, 'clock'>, { day, look }: DayLook): Draft {
  const { table, dt } = day;
  const n = look.after + 1;
  const location = settledFolder(table, dt, `${n}-${clock.nonce()}`);
  return { day, look, n, location, inputs: dayInputs(table, dt, look.base, look.unseen) };
}

/** One round; null if another settle was first. */
async function settleRound(ports: SettlePorts, day: TableDay, look: Look): Promise<Settled | null> {
  const { engine } = ports;
  const draft = draftOf(ports, { day, look });
  const { location, inputs } = draft;
  if (inputs.length === 0) return publish(ports, draft, []);
  const { table } = day;
  const select = settleSelect(table, inputs);
  const written = await engine.write({ select, table, inputs, location, partitioned: false });
  await checkOutputs(engine, [outputOf(draft, written)]);
  return publish(ports, draft, written);
}

/**
 * A round of several days of one table, whose rows one statement writes: of small days nearly all time is what each
 * statement takes whatever its size is. Each day is published by itself.
 */
async function settleTogether(ports: SettlePorts, group: readonly DayLook[]): Promise<Settled[]> {
  const { engine } = ports;
  const drafts = group.map((one) => draftOf(ports, one));
  const [{ table } = { table: '' }] = group.map(({ day }) => day);
  const inputs = drafts.flatMap((draft) => draft.inputs);
  const locations = new Map(drafts.map(({ day, location }) => [day.dt, location]));
  const written =
    (await engine.writeDays?.({ select: settleDaysSelect(table, inputs), table, inputs, locations })) ?? [];
  const filesOf = ({ location }: Draft) => written.filter(({ key }) => key.startsWith(location));
  const withRows = drafts.filter((draft) => draft.inputs.length > 0);
  await checkOutputs(
    engine,
    withRows.map((draft) => outputOf(draft, filesOf(draft))),
  );
  const settled = await concurrently(drafts, DAYS_AT_ONCE, (draft) => publish(ports, draft, filesOf(draft)));
  return settled.filter((day) => day !== null);
}

const rowsOf = (files: readonly { rows: number }[]): number => files.reduce((sum, { rows }) => sum + rows, 0);
const rowsInto = ({ look: { base, unseen } }: Draft): number => (base?.rows_out ?? 0) + rowsOf(unseen);

function outputOf(draft: Draft, files: readonly WrittenFile[]): SettleOutput {
  const { day, look, location } = draft;
  const { before, base } = look;
  return {
    ...day,
    location,
    files,
    rowsIn: rowsInto(draft),
    rowsOut: rowsOf(files),
    // Other rules may keep fewer.
    rowsBefore: before?.recipe === settleRecipe(day.table) && isSameReading(before, base) ? before.rows_out : 0,
  };
}

/** Makes the generation of what was written and checked, and switches to it; null if another settle was first. */
async function publish(ports: SettlePorts, draft: Draft, written: readonly WrittenFile[]): Promise<Settled | null> {
  const { lake, clock } = ports;
  const { day, look, n, location } = draft;
  const { table, dt } = day;
  const { base, unseen } = look;
  const rowsIn = rowsInto(draft);
  const rowsOut = rowsOf(written);
  const files = await sealFiles(lake, written);
  const attempts = [...(base?.attempt_list ?? []), ...unseen.map(({ attempt }) => attempt)];
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
    erased: 0,
    file_list: files,
    attempt_list: attempts,
    send_days: distinct([base?.send_days ?? [], ...unseen.map(({ send_days }) => send_days)].flat()),
    published: unionOf([base?.published ?? [], ...unseen.map(({ published }) => published)]),
    recipe: settleRecipe(table),
    meanings: distinct([...(base?.meanings ?? []), ...unseen.flatMap(({ meaning }) => meaning ?? [])]),
    ...(await ErasureState.of(lake)).knownInAll(base, unseen),
    ...(base?.rebuilt ? { rebuilt: base.rebuilt } : {}),
  };
  // Another settle was first: our files stay, no generation names them, and the collector removes them.
  if (!(await createState(lake, generationKey(table, dt, n), generation))) return null;
  await pointAtNewest(ports, table, generation);
  return { table, dt, generation: n, rows: rowsOut, duplicates: rowsIn - rowsOut };
}

export const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

const isOld = (dt: string, now: number): boolean => now - startOfDay(dt) > (OLD_DAYS + 1) * DAY_MS;

/** A day as an engine's inputs: a generation, and attempts that it has not seen. */
export function dayInputs(table: string, dt: string, base: Generation | null, unseen: readonly LiveAttempt[]): Input[] {
  const keys = unseen.flatMap(({ files }) => files.map(({ key }) => key));
  const live: Input[] = keys.length > 0 ? [{ table, stage: 'live', dt, keys }] : [];
  return base && base.file_list.length > 0 ? [settledInput(base), ...live] : live;
}

/** A generation as an engine's input. */
export const settledInput = ({ table_name, dt, location, file_list }: Generation): Input => ({
  table: table_name,
  stage: 'settled',
  dt,
  generation: generationOfLocation(location),
  keys: file_list.map(({ key }) => key),
});
