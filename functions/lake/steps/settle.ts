/**
 * settle: a finished day of a table becomes one deduplicated, sorted, compacted generation, and the partition switches to
 * it. Inputs are named by immutable location, outputs have a location of their own each time. design: "The protocol".
 */
import type { Input, Ports } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { SETTLED_TABLES, TABLES } from '../tables/index.ts';
import { concurrently } from './concurrent.ts';
import { DAY_MS, HOUR_MS, startOfDay } from './day.ts';
import { generationKey, liveFolder, settledFolder } from './layout.ts';
import { type LiveAttempt, liveDays, Outcomes, unseenAttempts } from './live.ts';
import type { OpenUnit } from './open-units.ts';
import { hourOfPrefix } from './raw-prefix.ts';
import { settleChecks, settleSelect } from './settle-select.ts';
import { createState, type Generation, newestGeneration } from './state.ts';

export type SettlePorts = Pick<Ports, 'lake' | 'catalog' | 'engine' | 'clock'>;

/** Hours after midnight UTC at which a day counts as finished. */
const FINISHED_AFTER_HOURS = 3;
/** Days older than this are settled at most once a day. */
const OLD_DAYS = 7;
/** Days settled side by side: most of the time goes by in waiting for the store and the engine. */
const DAYS_AT_ONCE = 4;
const LOOKS_AT_ONCE = 16;
/** Attempts that one round takes in. */
const MOST_ATTEMPTS = 1000;

export const isFinished = (dt: string, now: number): boolean =>
  now >= startOfDay(dt) + DAY_MS + FINISHED_AFTER_HOURS * HOUR_MS;

/**
 * Does an open unit hold the day back? Only units from raw hours D−1 00:00 to D+1 03:00 can hold the day's events; of a
 * layout without hours every unit can. So a backfill settles each day once and not every hour. A unit pending for over a day
 * stops counting (and alarms).
 */
export function isHeldBack(dt: string, open: readonly OpenUnit[], settings: Settings, now: number): boolean {
  const { rawTemplate, objectNameOffsetHours } = settings;
  const [from, to] = [startOfDay(dt) - DAY_MS, startOfDay(dt) + DAY_MS + FINISHED_AFTER_HOURS * HOUR_MS];
  return open.some(({ rawPrefix, plannedAt }) => {
    if (now - plannedAt > DAY_MS) return false;
    const hour = rawTemplate && hourOfPrefix(rawTemplate, rawPrefix, objectNameOffsetHours);
    return typeof hour !== 'number' || (hour >= from && hour <= to);
  });
}

export interface Settled {
  table: string;
  dt: string;
  generation: number;
  rows: number;
  duplicates: number;
}

export interface SettleOptions {
  settings: Settings;
  open: readonly OpenUnit[];
  /** settle days that are not finished, or held back by open units, too */
  includeUnfinished?: boolean;
  /** settle old days more than once a day, where someone waits for the answer */
  ignorePace?: boolean;
  /** only this day */
  day?: string;
  onDay?: (done: number, all: number) => void;
}

/** Settles every day and table that has unseen units and may be settled; heals what it looks at. */
export async function settle(ports: SettlePorts, options: SettleOptions): Promise<Settled[]> {
  const outcomes = new Outcomes(ports.lake);
  const now = ports.clock.now();
  const candidates: TableDay[] = [];
  for (const { name } of SETTLED_TABLES) {
    for (const dt of await liveDays(ports.lake, name)) {
      if (options.day !== undefined && options.day !== dt) continue;
      if (!options.includeUnfinished && (!isFinished(dt, now) || isHeldBack(dt, options.open, options.settings, now)))
        continue;
      candidates.push({ table: name, dt });
    }
  }
  const ignorePace = options.ignorePace ?? false;
  const looks = await concurrently(candidates, LOOKS_AT_ONCE, async (day) => {
    const look = await lookAt(ports, outcomes, day, ignorePace);
    return look.unseen.length > 0 ? [day] : [];
  });
  const work = looks.flat();
  let done = 0;
  const rounds = await concurrently(work, DAYS_AT_ONCE, async (day) => {
    const settled: Settled[] = [];
    for (;;) {
      const round = await settleDay(ports, outcomes, day, ignorePace);
      if (!round) break;
      settled.push(round);
    }
    options.onDay?.(++done, work.length);
    return settled;
  });
  return rounds.flat();
}

interface TableDay {
  table: string;
  dt: string;
}

interface Look {
  before: Generation | null;
  /** what a round is to take in */
  unseen: LiveAttempt[];
}

/** Heals: readers are pointed at the newest generation. Then says what that generation hasn't seen and may be settled now. */
async function lookAt(ports: SettlePorts, outcomes: Outcomes, day: TableDay, ignorePace: boolean): Promise<Look> {
  const { lake, clock } = ports;
  const { table, dt } = day;
  const before = await newestGeneration(lake, table, dt);
  if (before) await pointAt(ports, table, before);
  const isTooSoon = before && !ignorePace && isOld(dt, clock.now()) && clock.now() - before.created_at < DAY_MS;
  if (isTooSoon) return { before, unseen: [] };
  const unseen = await unseenAttempts(lake, outcomes, table, dt, new Set(before?.attempt_list));
  return { before, unseen: unseen.slice(0, MOST_ATTEMPTS) };
}

/**
 * One round for one day of one table: heal, then take in what the newest generation hasn't seen. Null when there is
 * nothing to take in, or another settle was quicker.
 * @throws Error if the engine's output breaks a rule; the old generation stays
 */
export async function settleDay(
  ports: SettlePorts,
  outcomes: Outcomes,
  day: TableDay,
  ignorePace: boolean,
): Promise<Settled | null> {
  const { lake, engine, clock } = ports;
  const { table, dt } = day;
  const { before, unseen } = await lookAt(ports, outcomes, day, ignorePace);
  if (unseen.length === 0) return null;

  const n = before ? before.generation + 1 : 0;
  const location = settledFolder(table, dt, `${n}-${clock.nonce()}`);
  const inputs = settleInputs(table, dt, before, unseen);
  const files = await engine.write({
    select: settleSelect(table, inputs),
    table,
    inputs,
    location,
    partitioned: false,
  });
  const rowsIn = (before?.rows_out ?? 0) + unseen.reduce((sum, { rows }) => sum + rows, 0);
  const rowsOut = files.reduce((sum, { rows }) => sum + rows, 0);
  await check(ports, { table, dt, location, files, rowsIn, rowsOut, rowsBefore: before?.rows_out ?? 0 });

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

/** Heals: readers are pointed at this generation, unless they are already. */
async function pointAt(
  { catalog }: Pick<Ports, 'catalog'>,
  table: string,
  { dt, location }: Generation,
): Promise<void> {
  const [current] = await catalog.locations(table, [dt]);
  if (current?.location !== location) await catalog.switchPartition(table, { dt, location });
}

/** Switches to a generation just made, and again if a newer one has come meanwhile: the catalog has no compare-and-swap. */
export async function pointAtNewest(
  ports: Pick<Ports, 'lake' | 'catalog'>,
  table: string,
  made: Generation,
): Promise<void> {
  for (let target = made; ; ) {
    await ports.catalog.switchPartition(table, { dt: target.dt, location: target.location });
    const newest = await newestGeneration(ports.lake, table, target.dt);
    if (!newest || newest.generation === target.generation) return;
    target = newest;
  }
}

function settleInputs(table: string, dt: string, before: Generation | null, unseen: readonly LiveAttempt[]): Input[] {
  const live: Input = { table, stage: 'live', dt, keys: unseen.flatMap(({ files }) => files.map(({ key }) => key)) };
  if (!before || before.file_list.length === 0) return [live];
  return [{ ...settledInput(before), table }, live];
}

/** A generation as an engine's input. */
export const settledInput = ({ table_name, dt, location, file_list }: Generation): Input => ({
  table: table_name,
  stage: 'settled',
  dt,
  generation: location.split('/').at(-2) ?? '',
  keys: file_list.map(({ key }) => key),
});

interface Output {
  table: string;
  dt: string;
  location: string;
  files: readonly { key: string; rows: number }[];
  rowsBefore: number;
  rowsIn: number;
  rowsOut: number;
}

/** As many rows as distinct keys, no fewer than there were, no more than went in. */
async function check({ engine }: SettlePorts, output: Output): Promise<void> {
  const { table, dt, location, files, rowsBefore, rowsIn, rowsOut } = output;
  const input: Input = {
    table,
    stage: 'settled',
    dt,
    generation: location.split('/').at(-2) ?? '',
    keys: files.map(({ key }) => key),
  };
  const { rows } = await engine.query(settleChecks(table, input), [input]);
  const [count, distinct] = (rows[0] ?? []).map(Number);
  const problem =
    count !== rowsOut
      ? `the engine reported ${rowsOut} rows and the files hold ${count}`
      : distinct !== rowsOut
        ? `${rowsOut} rows have only ${distinct} distinct ${TABLES[table]?.key.join(', ')}`
        : rowsOut < rowsBefore && table !== 'headers'
          ? `${rowsOut} rows, but the generation before had ${rowsBefore}`
          : rowsOut > rowsIn
            ? `${rowsOut} rows, but only ${rowsIn} went in`
            : null;
  if (problem) {
    throw new Error(
      `settling ${table} dt=${dt} gave a wrong result, which was not published (${location}): ${problem}; the old state stays, look at the inputs under ${liveFolder(table, dt)}`,
    );
  }
}
