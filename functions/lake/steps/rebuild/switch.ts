/** Switches readers to the days that a rebuild has made, and back. */
import { concurrently } from '../../concurrently.ts';
import { DAY_MS, HOUR_MS } from '../../days.ts';
import type { TableDay } from '../../protocol/day-files.ts';
import { expiredDays } from '../../protocol/expired.ts';
import { generationKey, keptDayKey, rebuiltDayKey } from '../../protocol/keys.ts';
import { heal, pointAtNewest } from '../../protocol/readers.ts';
import { daysMade, decideEnd, endOf, isWanted, type Rebuild, rebuiltDay } from '../../protocol/rebuilds.ts';
import {
  createState,
  type Generation,
  newestGeneration,
  newestReadable,
  readableGeneration,
  readGeneration,
  readState,
} from '../../protocol/records.ts';
import { faultsOf, isWhole } from '../../protocol/settled-files.ts';
import { events, recipientMessages } from '../../tables/index.ts';
import { type MadeDays, makeDays, type RebuildOptions, type RebuildPorts, type UnmadeDay } from '../rebuild.ts';
import { isFrozen } from '../rollup/stale-days.ts';
import { settleFrom } from '../settle.ts';

/** Within this time from the switch there is a way back; the collector leaves what was for a day (collect/rules.ts). */
const WAY_BACK_MS = DAY_MS - 2 * HOUR_MS;
const DAYS_AT_ONCE = 16;

export interface Switched {
  /** days of tables that readers have now */
  days: number;
  /** days that have changed since they were made, and are to be made again; or there was no time for them */
  left: TableDay[];
}

/** What a switch does not do itself, where it has little time. */
export interface SwitchOptions {
  /** what a look at the days has found; left out: looks, and makes what is missing */
  days?: MadeDays;
  /** then the next call goes on */
  isOutOfTime?: () => boolean;
}

/**
 * Switches readers to all days of a rebuild, if all are made: from then on it is decided, and each call goes on with what is
 * left. recipient_messages comes last, as it rests on the others; a send day that doesn't fit any more is for the rollup.
 * @throws Error if days are missing, or the rebuild was dropped
 */
export async function switchToRebuild(
  ports: RebuildPorts,
  rebuild: Rebuild,
  today: Pick<RebuildOptions, 'version'>,
  { days: found, isOutOfTime = () => false }: SwitchOptions = {},
): Promise<Switched> {
  const { lake, clock } = ports;
  const { n } = rebuild;
  const isDecided = (await endOf(lake, n))?.is === 'switched';
  if (!isDecided && rebuild.version !== today.version) {
    throw new Error(`rebuild ${n} was read with other code or settings than today's: rebuild again`);
  }
  const { made, unmade, isRead } = found ?? (await makeDays(ports, rebuild));
  const left = unmade.filter(({ why }) => MISSING.has(why)).map(({ table, dt }) => ({ table, dt }));
  if (!isDecided && (left.length > 0 || !isRead)) {
    const why = unmade.find((day) => MISSING.has(day.why))?.why ?? 'not read yet';
    throw new Error(
      `rebuild ${n} is not whole, ${left.length} days of tables are missing (${why}): run it again, or drop it and begin a new one`,
    );
  }
  const end = await decideEnd(lake, n, { is: 'switched', why: '', decided_at: clock.now(), days: byTable(made) });
  if (end.is === 'dropped') throw new Error(`rebuild ${n} was dropped: begin a new one`);
  // Nobody can make them any more: else the switch would never be finished.
  for (const { table, dt, why, keys } of isDecided ? unmade : []) {
    if (KEPT.has(why)) await createState(lake, keptDayKey(n, table, dt), { table_name: table, dt, why, keys });
  }
  let days = 0;
  const wanted = made.filter(({ table_name: table, dt }) => isWanted(end, { table, dt }));
  await concurrently(wanted, DAYS_AT_ONCE, async (generation) => {
    if (!isOutOfTime() && (await adopt(ports, generation))) days++;
    else left.push({ table: generation.table_name, dt: generation.dt });
  });
  const expired = await expiredDays(lake);
  const sendDays = (await daysMade(lake, n)).filter(
    ({ table, dt }) => table === recipientMessages.name && !isFrozen(expired, dt),
  );
  await concurrently(sendDays, DAYS_AT_ONCE, async (day) => {
    const rolledUp = isOutOfTime() ? null : await rebuiltDay(lake, n, day);
    if (rolledUp && (await isOfSwitched(lake, n, rolledUp)) && (await adopt(ports, rolledUp))) days++;
  });
  if (isDecided && !isOutOfTime()) await healDays(ports, n);
  return { days, left };
}

const byTable = (made: readonly Generation[]): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(made, ({ table_name }) => table_name)].map(([table, days]) => [table, days.map(({ dt }) => dt)]),
  );

/** Points readers at the newest generation of each day that was made: who switched them, or took them back, may have died before that. */
async function healDays(ports: RebuildPorts, n: number): Promise<void> {
  const expired = await expiredDays(ports.lake);
  await concurrently(await daysMade(ports.lake, n), DAYS_AT_ONCE, async ({ table, dt }) => {
    const newest = expired.has(table, dt) ? null : await newestReadable(ports.lake, table, dt);
    if (newest) await heal(ports, table, newest);
  });
}

/** Readers keep these days as they are, for good: nobody is switched to them later. */
const KEPT: ReadonlySet<UnmadeDay['why']> = new Set([
  'not over yet',
  'raw objects are gone, were rewritten or could not be read',
  'raw data has expired',
]);

/** Without these days a rebuild is not whole. */
const MISSING: ReadonlySet<UnmadeDay['why']> = new Set([
  'not read yet',
  'records were replayed since',
  'made by somebody else meanwhile',
  'made, and damaged since',
]);

/** Was the send day computed from what readers see now? */
async function isOfSwitched(lake: RebuildPorts['lake'], n: number, { inputs = [] }: Generation): Promise<boolean> {
  for (const { dt, generation } of inputs) {
    if (generation === null) continue;
    const seen = await readableGeneration(lake, generationKey(events.name, dt, generation));
    const made = await readState<Generation>(lake, rebuiltDayKey(n, events.name, dt, generation));
    if (!seen || (made && made.location !== seen.location)) return false;
  }
  return true;
}

/** Makes it the newest of its day, if it is still the next one. */
async function adopt(ports: RebuildPorts, generation: Generation): Promise<boolean> {
  const { table_name: table, dt } = generation;
  if (!isWhole(await faultsOf(ports.lake, generation, 'content'))) return false;
  if (!(await createState(ports.lake, generationKey(table, dt, generation.generation), generation))) return false;
  await pointAtNewest(ports, table, generation);
  return true;
}

export interface WentBack {
  days: number;
  /** days whose former rows are gone, or that have changed just now */
  left: TableDay[];
}

/**
 * Gives readers back what they had before a switch: each day is made once more from the last generation that is not the
 * rebuild's, and from what came since. As long as the collector has left that alone.
 * @throws Error if there was no switch, or the collector may have begun
 */
export async function goBack(ports: RebuildPorts, { n }: Rebuild): Promise<WentBack> {
  const result: WentBack = { days: 0, left: [] };
  await healDays(ports, n);
  for (const day of await daysToTakeBack(ports, n)) {
    if (await takeBack(ports, n, day)) result.days++;
    else result.left.push(day);
  }
  return result;
}

/** Days that readers see of a rebuild. @throws Error if there is no way back */
export async function daysToTakeBack(
  { lake, clock }: Pick<RebuildPorts, 'lake' | 'clock'>,
  n: number,
): Promise<TableDay[]> {
  const end = await endOf(lake, n);
  if (end?.is !== 'switched') throw new Error(`readers were never switched to rebuild ${n}`);
  if (clock.now() - end.decided_at > WAY_BACK_MS) {
    throw new Error(
      `it is too late to go back from rebuild ${n}: what was before is being removed; rebuild with the code and settings of then`,
    );
  }
  const expired = await expiredDays(lake);
  const days = (await daysMade(lake, n)).filter(
    ({ table, dt }) => table !== recipientMessages.name && !expired.has(table, dt),
  );
  const found = await concurrently(days, DAYS_AT_ONCE, async (day) => ((await isSeen(lake, n, day)) ? [day] : []));
  return found.flat();
}

const isSeen = async (lake: RebuildPorts['lake'], n: number, { table, dt }: TableDay): Promise<boolean> =>
  (await newestGeneration(lake, table, dt))?.rebuilt?.rebuild === n;

/** False if the day's former rows are gone, or it has changed just now. */
export async function takeBack(ports: RebuildPorts, n: number, { table, dt }: TableDay): Promise<boolean> {
  const newest = await newestGeneration(ports.lake, table, dt);
  if (!newest || (await expiredDays(ports.lake)).has(table, dt)) return true;
  if (newest.rebuilt?.rebuild !== n) {
    await heal(ports, table, newest);
    return true;
  }
  const before = await lastBefore(ports.lake, newest, n);
  return before !== null && settleFrom(ports, newest, before);
}

async function lastBefore(lake: RebuildPorts['lake'], newest: Generation, n: number): Promise<Generation | null> {
  for (let g = newest.generation - 1; g >= 0; g--) {
    const older = await readGeneration(lake, generationKey(newest.table_name, newest.dt, g));
    if (older && older.rebuilt?.rebuild !== n) return older;
  }
  return null;
}
