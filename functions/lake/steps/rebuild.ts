/**
 * rebuild: raw data that was read before is read again by today's code and settings, beside the lake as it is, which goes on.
 * Its units are those of the lake, with plans, tries and outcomes of the rebuild's own (rebuild-store.ts). Of each day one
 * generation is made (rebuild/day.ts) that waits until readers are switched to it: then it is the next in the day's line, and
 * settle takes in on top of it what comes later. So a rebuild holds up nobody, and whatever of the day changes before the
 * switch only has the day made once more.
 *
 * Each call does what is missing, killed anywhere and run again by anyone. Nothing of it is seen before all days are made, and
 * a decision that is created once says whether readers are switched or the rebuild is dropped. The older generations stay for
 * the collector's time of grace, and until then there is a way back.
 */
import { concurrently } from '../concurrently.ts';
import { DAY_MS } from '../days.ts';
import type { Ports } from '../ports.ts';
import { type TableDay, unseenAttempts } from '../protocol/day-files.ts';
import { ErasureState } from '../protocol/erasures.ts';
import { expiredDays } from '../protocol/expired.ts';
import { generationKey, rebuildPlanKey, rebuiltDayKey } from '../protocol/keys.ts';
import { type OpenUnit, openUnits } from '../protocol/open-units.ts';
import { Outcomes } from '../protocol/outcomes.ts';
import { RebuildStore } from '../protocol/rebuild-store.ts';
import {
  createRebuild,
  decideEnd,
  endOf,
  hasMark,
  includesDay,
  isAdopted,
  isKept,
  leftOf,
  newestRebuild,
  type Rebuild,
  type RebuildEnd,
  rebuiltDay,
  setMark,
} from '../protocol/rebuilds.ts';
import {
  createState,
  type Generation,
  nextGeneration,
  type PlannedUnit,
  type RebuildPlan,
  rawPlans,
  readableGeneration,
  readPlan,
  readState,
} from '../protocol/records.ts';
import { faultsOf, isWhole } from '../protocol/settled-files.ts';
import { SETTLED_TABLES } from '../tables/index.ts';
import { type DayPorts, type DayWork, makeDay } from './rebuild/day.ts';
import { plannedFor, Readings } from './rebuild/readings.ts';
import { type Survey, survey, unitAsRead } from './rebuild/survey.ts';
import { isFinished } from './settle/watermark.ts';

export type RebuildPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'engine' | 'clock'>;

export interface RebuildOptions {
  /** today's code and settings, as transform names its attempts by them */
  version: string;
  /** first and last day; null: all there are */
  from: string | null;
  to: string | null;
  /** days after which raw objects expire; left out: none does */
  rawDays?: number | undefined;
}

/** Objects of one plan, at most. */
const MOST_OBJECTS = 50_000;
const DAYS_AT_ONCE = 4;
const READS_AT_ONCE = 16;

/** The rebuild that is under way, if there is one; it is the newest, and nothing has been decided about it. */
export async function rebuildUnderWay(lake: RebuildPorts['lake']): Promise<Rebuild | null> {
  const newest = await newestRebuild(lake);
  return newest && !(await endOf(lake, newest.n)) ? newest : null;
}

/**
 * The rebuild of these days by this version: the one that is under way, or a new one. One under way by another version or of
 * other days is dropped.
 */
export async function beginRebuild({ lake, clock }: RebuildPorts, options: RebuildOptions): Promise<Rebuild> {
  for (;;) {
    const newest = await newestRebuild(lake);
    const end = newest && (await endOf(lake, newest.n));
    if (newest && !end) {
      const { version, from, to } = newest;
      if (version === options.version && from === options.from && to === options.to) return newest;
      const why = version === options.version ? 'other days were wanted' : 'code or settings have changed';
      await decideEnd(lake, newest.n, { is: 'dropped', why, decided_at: clock.now() });
      continue;
    }
    if (newest && end?.is === 'switched' && newest.version === options.version && (await canGoOn(lake, newest.n))) {
      return newest;
    }
    const { version, from, to, rawDays } = options;
    const now = clock.now();
    const expiring = rawDays === undefined ? {} : { raw_from: now - rawDays * DAY_MS };
    const { n: erasures } = await ErasureState.of(lake);
    const rebuild: Rebuild = {
      n: (newest?.n ?? -1) + 1,
      from,
      to,
      version,
      created_at: now,
      ...(erasures < 0 ? {} : { erasures }),
      ...expiring,
    };
    if (await createRebuild(lake, rebuild)) return rebuild;
  }
}

/** Was the switch cut off, and is all there that it still needs? Else a new rebuild makes those days, too. */
async function canGoOn(lake: RebuildPorts['lake'], n: number): Promise<boolean> {
  if (await hasMark(lake, n, 'over')) return false;
  const left = await leftOf(lake, n);
  const made = await concurrently(left, READS_AT_ONCE, (day) => rebuiltDay(lake, n, day));
  const faults = await concurrently(made, READS_AT_ONCE, async (one) => (one ? faultsOf(lake, one, 'content') : []));
  return left.length > 0 && faults.every(isWhole);
}

/** What is to be transformed, by `transform` with the rebuild's store: plans what is in no plan of the rebuild yet. */
export async function planRebuild(ports: RebuildPorts, rebuild: Rebuild): Promise<OpenUnit[]> {
  const { lake } = ports;
  const own = new RebuildStore(lake, rebuild.n);
  const { units: wanted, replays } = await survey(ports, rebuild);
  const outcomes = new Outcomes(lake);
  for (;;) {
    const { units: planned, next } = await plannedFor(lake, rebuild.n);
    const unplanned = wanted.difference(planned);
    if (unplanned.size === 0) break;
    let k = next;
    let isOurs = true;
    let batch: PlannedUnit[] = [];
    let objects = 0;
    const seal = async (): Promise<void> => {
      if (batch.length === 0 || !isOurs) return;
      const ids = new Set(batch.map(({ id }) => id));
      const known = [...replays].filter(([, units]) => units.some((unit) => ids.has(unit))).map(([attempt]) => attempt);
      const plan: RebuildPlan = { prefix: '', units: batch, replays: known };
      isOurs = await createState(own, rebuildPlanKey(k++), plan);
      [batch, objects] = [[], 0];
    };
    for await (const { key } of rawPlans(lake)) {
      const left = (await readPlan(lake, key)).units.filter(({ id }) => unplanned.has(id));
      for (const unit of await concurrently(left, READS_AT_ONCE, (one) => unitAsRead(ports, outcomes, one))) {
        batch.push(unit);
        objects += unit.objects.length;
        if (objects >= MOST_OBJECTS) await seal();
      }
    }
    await seal();
    // Somebody else plans, too: what their plan has must be in no other.
    if (isOurs) break;
  }
  await setMark(lake, rebuild.n, 'planned', ports.clock.now());
  return openUnits(own, { everything: true });
}

/** Why a day can't be made yet, or at all. */
export interface UnmadeDay extends TableDay {
  why:
    | 'not read yet'
    | 'not over yet'
    | 'raw objects are gone, were rewritten or could not be read'
    | 'raw data has expired'
    | 'records were replayed since'
    | 'made by somebody else meanwhile'
    | 'made, and damaged since';
  /** such objects */
  keys: string[];
}

export interface MadeDays {
  /** of each day what readers are to be switched to */
  made: Generation[];
  unmade: UnmadeDay[];
  /** has all been planned and read? */
  isRead: boolean;
}

/** What is to be done of each day, and what was. */
export interface DaysFound extends MadeDays {
  /** days that are not made yet, or have changed since */
  due: DayWork[];
}

/**
 * Looks at every day. One whose raw data is no longer as it was read stays as it is: rows would be lost that the lake has.
 * Costs what a survey does, a read of each outcome of the rebuild, and four calls a day.
 */
export async function lookAtDays(ports: Pick<RebuildPorts, 'lake' | 'clock'>, rebuild: Rebuild): Promise<DaysFound> {
  const { lake, clock } = ports;
  const { n } = rebuild;
  const found = await survey(ports, rebuild);
  const readings = await Readings.of(lake, rebuild, found);
  const result: DaysFound = { made: [], unmade: [], due: [], isRead: readings.isWhole };
  const [expired, end] = [await expiredDays(lake), await endOf(lake, n)];
  const days = daysOf(rebuild, found, readings).filter(({ table, dt }) => !expired.has(table, dt));
  await concurrently(days, READS_AT_ONCE, async (day) => {
    const { table, dt } = day;
    // Readers have it already, or never will.
    if ((await isAdopted(lake, n, day)) || (await isKept(lake, n, day, end))) return;
    const leave = (why: UnmadeDay['why'], keys: string[] = []) => void result.unmade.push({ ...day, why, keys });
    // What is still to be read may have rows of any day.
    if (!result.isRead) return leave('not read yet');
    if (!isFinished(dt, clock.now())) return leave('not over yet');
    const attempts = found.attempts.get(table)?.get(dt) ?? [];
    if (attempts.some((attempt) => found.unfinished.has(attempt))) return leave('not read yet');
    if (attempts.some((attempt) => readings.hasExpired(attempt))) return leave('raw data has expired');
    const insteadOf = attempts.filter((attempt) => readings.replaces(attempt));
    const lost = readings.lostFor(insteadOf);
    if (lost.length > 0) return leave('raw objects are gone, were rewritten or could not be read', lost);
    const generation = await nextGeneration(lake, table, dt);
    const before = await readState<Generation>(lake, rebuiltDayKey(n, table, dt, generation));
    if (!before) {
      const beside = attempts.filter((attempt) => !readings.replaces(attempt));
      result.due.push({ ...day, generation, insteadOf, beside, read: readings.of(day) });
    } else if (isWhole(await faultsOf(lake, before, 'content'))) result.made.push(before);
    else leave('made, and damaged since');
  });
  for (const list of [result.made, result.unmade, result.due]) list.sort(byDay);
  return result;
}

/** Makes a day, unless it can't be. What came since is taken as it is, while its files are there. */
export async function makeDue(
  ports: DayPorts,
  n: number,
  work: DayWork,
  outcomes = new Outcomes(ports.lake),
): Promise<Generation | UnmadeDay> {
  const { lake } = ports;
  const { table, dt, insteadOf, beside } = work;
  const leave = (why: UnmadeDay['why']): UnmadeDay => ({ table, dt, why, keys: [] });
  // The number first: what a settle takes in from here on has the day made again.
  const generation = await nextGeneration(lake, table, dt);
  const newest = generation === 0 ? null : await readableGeneration(lake, generationKey(table, dt, generation - 1));
  const there = await unseenAttempts(lake, outcomes, table, dt, new Set());
  const replaced = new Set(insteadOf);
  const live = there.filter(({ attempt }) => !replaced.has(attempt));
  const taken = new Set([...insteadOf, ...live.map(({ attempt }) => attempt)]);
  const wanted = [...beside, ...(newest?.attempt_list ?? [])];
  if (!wanted.every((attempt) => taken.has(attempt))) return leave('records were replayed since');
  // Those that lose their last row are to be computed once more, too.
  const sendDays = [newest?.send_days ?? [], ...there.map(({ send_days }) => send_days)].flat();
  const made = await makeDay(ports, n, { ...work, generation }, live, sendDays);
  return made ?? leave('made by somebody else meanwhile');
}

/** Makes every day that is not made yet, or has changed since. */
export async function makeDays(
  ports: RebuildPorts,
  rebuild: Rebuild,
  onDay?: (done: number, all: number) => void,
): Promise<MadeDays> {
  const { made, unmade, due, isRead } = await lookAtDays(ports, rebuild);
  const outcomes = new Outcomes(ports.lake);
  let done = 0;
  await concurrently(due, DAYS_AT_ONCE, async (work) => {
    const day = await makeDue(ports, rebuild.n, work, outcomes);
    if ('why' in day) unmade.push(day);
    else made.push(day);
    onDay?.(++done, due.length);
  });
  return { made: made.sort(byDay), unmade: unmade.sort(byDay), isRead };
}

const byDay = (a: { dt: string }, b: { dt: string }): number => (a.dt < b.dt ? -1 : a.dt > b.dt ? 1 : 0);

/** Every day that has rows now, or gets some. */
function daysOf(rebuild: Rebuild, { attempts }: Survey, readings: Readings): TableDay[] {
  return SETTLED_TABLES.flatMap(({ name: table }) => {
    const dts = new Set([...(attempts.get(table)?.keys() ?? []), ...readings.daysOf(table)]);
    return [...dts]
      .filter((dt) => includesDay(rebuild, dt))
      .sort()
      .map((dt) => ({ table, dt }));
  });
}

/** Nobody is ever switched to it; the collector removes its files. */
export const dropRebuild = async (
  { lake, clock }: Pick<RebuildPorts, 'lake' | 'clock'>,
  n: number,
): Promise<RebuildEnd['is']> =>
  (await decideEnd(lake, n, { is: 'dropped', why: 'a person said so', decided_at: clock.now() })).is;
