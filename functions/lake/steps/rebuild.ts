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
import { DAY_MS, HOUR_MS } from '../days.ts';
import type { Ports } from '../ports.ts';
import { type TableDay, unseenAttempts } from '../protocol/day-files.ts';
import { generationKey, keptDayKey, numberOf, plannedUnitOf, rebuildPlanKey, rebuiltDayKey } from '../protocol/keys.ts';
import { type OpenUnit, openUnits } from '../protocol/open-units.ts';
import { leafOutcomes, Outcomes } from '../protocol/outcomes.ts';
import { pointAtNewest } from '../protocol/readers.ts';
import { RebuildStore } from '../protocol/rebuild-store.ts';
import {
  createRebuild,
  daysMade,
  decideEnd,
  endOf,
  includesDay,
  isAdopted,
  leftOf,
  type Rebuild,
  rebuilds,
  rebuiltDay,
} from '../protocol/rebuilds.ts';
import {
  createState,
  type Generation,
  newestGeneration,
  type Outcome,
  type PlannedUnit,
  type RebuildPlan,
  rawPlans,
  readableGeneration,
  readGeneration,
  readPlan,
  readState,
} from '../protocol/records.ts';
import { faultsOf, isWhole } from '../protocol/settled-files.ts';
import { events, recipientMessages, SETTLED_TABLES } from '../tables/index.ts';
import { makeDay, type RebuiltAttempt } from './rebuild/day.ts';
import { type Survey, survey, unitAsRead } from './rebuild/survey.ts';
import { isFinished } from './settle/watermark.ts';
import { settleFrom } from './settle.ts';

export type RebuildPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'engine' | 'clock'>;

export interface RebuildOptions {
  /** today's code and settings, as transform names its attempts by them */
  version: string;
  /** first and last day; null: all there are */
  from: string | null;
  to: string | null;
}

/** Objects of one plan, at most. */
const MOST_OBJECTS = 50_000;
const DAYS_AT_ONCE = 4;
const READS_AT_ONCE = 16;
/** Within this time from the switch there is a way back; the collector leaves what was for a day (collect/rules.ts). */
const WAY_BACK_MS = DAY_MS - 2 * HOUR_MS;

/** The rebuild that is under way, if there is one; it is the newest, and nothing has been decided about it. */
export async function rebuildUnderWay(lake: RebuildPorts['lake']): Promise<Rebuild | null> {
  const newest = (await rebuilds(lake)).at(-1);
  return newest && !(await endOf(lake, newest.n)) ? newest : null;
}

/**
 * The rebuild of these days by this version: the one that is under way, or a new one. One under way by another version or of
 * other days is dropped.
 */
export async function beginRebuild({ lake, clock }: RebuildPorts, options: RebuildOptions): Promise<Rebuild> {
  for (;;) {
    const newest = (await rebuilds(lake)).at(-1);
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
    const { version, from, to } = options;
    const rebuild: Rebuild = { n: (newest?.n ?? -1) + 1, from, to, version, created_at: clock.now() };
    if (await createRebuild(lake, rebuild)) return rebuild;
  }
}

/** Was the switch cut off, and is all there that it still needs? Else a new rebuild makes those days, too. */
async function canGoOn(lake: RebuildPorts['lake'], n: number): Promise<boolean> {
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
    const { units: planned, next } = await plannedFor(own);
    let k = next;
    let isOurs = true;
    let batch: PlannedUnit[] = [];
    const seal = async (): Promise<void> => {
      if (batch.length === 0 || !isOurs) return;
      const ids = new Set(batch.map(({ id }) => id));
      const known = [...replays].filter(([, units]) => units.some((unit) => ids.has(unit))).map(([attempt]) => attempt);
      const plan: RebuildPlan = { prefix: '', units: batch, replays: known };
      isOurs = await createState(own, rebuildPlanKey(k++), plan);
      batch = [];
    };
    for await (const { key } of rawPlans(lake)) {
      const left = (await readPlan(lake, key)).units.filter(({ id }) => wanted.has(id) && !planned.has(id));
      for (const unit of await concurrently(left, READS_AT_ONCE, (one) => unitAsRead(ports, outcomes, one))) {
        batch.push(unit);
        if (batch.reduce((sum, { objects }) => sum + objects.length, 0) >= MOST_OBJECTS) await seal();
      }
    }
    await seal();
    // Somebody else plans, too: what their plan has must be in no other.
    if (isOurs) return openUnits(own, { everything: true });
  }
}

/** What the plans of a rebuild have so far. */
interface PlannedFor {
  units: Set<string>;
  /** attempts of replays that were known by then */
  replays: Set<string>;
  /** number of the next plan */
  next: number;
}

async function plannedFor(own: RebuildStore): Promise<PlannedFor> {
  const found: PlannedFor = { units: new Set(), replays: new Set(), next: 0 };
  for await (const { key } of rawPlans(own)) {
    found.next = Math.max(found.next, (numberOf(key) ?? -1) + 1);
    const plan = await readState<RebuildPlan>(own, key);
    for (const { id } of plan?.units ?? []) found.units.add(id);
    for (const attempt of plan?.replays ?? []) found.replays.add(attempt);
  }
  return found;
}

/** Why a day can't be made yet, or at all. */
export interface UnmadeDay extends TableDay {
  why:
    | 'not read yet'
    | 'not over yet'
    | 'raw objects are gone or were rewritten'
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
}

/**
 * Makes every day that is not made yet, or has changed since. A day whose raw data is no longer as it was read stays as it
 * is: rows would be lost that the lake has.
 */
export async function makeDays(
  ports: RebuildPorts,
  rebuild: Rebuild,
  onDay?: (done: number, all: number) => void,
): Promise<MadeDays> {
  const { lake, clock } = ports;
  const found = await survey(ports, rebuild);
  const readings = await Readings.of(lake, rebuild, found);
  const days = daysOf(rebuild, found, readings);
  const outcomes = new Outcomes(lake);
  const result: MadeDays = { made: [], unmade: [] };
  let done = 0;
  await concurrently(days, DAYS_AT_ONCE, async (day) => {
    const made = await madeDay(day);
    if (made && 'why' in made) result.unmade.push(made);
    else if (made) result.made.push(made);
    onDay?.(++done, days.length);
  });
  const inOrder = (a: { dt: string }, b: { dt: string }): number => (a.dt < b.dt ? -1 : a.dt > b.dt ? 1 : 0);
  return { made: result.made.sort(inOrder), unmade: result.unmade.sort(inOrder) };

  /** Null if readers have it already. */
  async function madeDay(day: TableDay): Promise<Generation | UnmadeDay | null> {
    const { table, dt } = day;
    if (await isAdopted(lake, rebuild.n, day)) return null;
    const leave = (why: UnmadeDay['why'], keys: string[] = []): UnmadeDay => ({ ...day, why, keys });
    if (!isFinished(dt, clock.now())) return leave('not over yet');
    const attempts = found.attempts.get(table)?.get(dt) ?? [];
    const replaced = attempts.filter((attempt) => readings.replaces(attempt));
    // What is still to be read may have rows of any day.
    if (!readings.isWhole) return leave('not read yet');
    const lost = readings.lostFor(replaced);
    if (lost.length > 0) return leave('raw objects are gone or were rewritten', lost);
    const before = await rebuiltDay(lake, rebuild.n, day);
    if (before) return isWhole(await faultsOf(lake, before, 'content')) ? before : leave('made, and damaged since');
    // What came since is taken as it is, while its files are there.
    const live = await unseenAttempts(lake, outcomes, table, dt, new Set(replaced));
    const taken = new Set([...replaced, ...live.map(({ attempt }) => attempt)]);
    if (!attempts.every((attempt) => taken.has(attempt))) return leave('records were replayed since');
    const made = await makeDay(ports, rebuild.n, day, replaced, readings.of(day), live);
    return made ?? leave('made by somebody else meanwhile');
  }
}

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

/** What the rebuild has read so far. */
class Readings {
  readonly #leaves = new Map<string, Outcome[]>();
  readonly #survey: Survey;
  readonly #planned: PlannedFor;
  /** by unit, objects that the lake has read and the rebuild could not */
  readonly #lost = new Map<string, string[]>();

  private constructor(found: Survey, planned: PlannedFor) {
    this.#survey = found;
    this.#planned = planned;
  }

  static async of(lake: RebuildPorts['lake'], { n }: Rebuild, found: Survey): Promise<Readings> {
    const store = new RebuildStore(lake, n);
    const readings = new Readings(found, await plannedFor(store));
    const [own, first] = [new Outcomes(store), new Outcomes(lake)];
    await concurrently(readings.#planned.units, READS_AT_ONCE, async (unit) => {
      const leaves = await leafOutcomes(own, unit);
      if (!leaves) return;
      readings.#leaves.set(unit, leaves);
      const problems = leaves.flatMap((leaf) => leaf.problems.filter(({ etag }) => etag === undefined));
      if (problems.length === 0) return;
      const then = ((await leafOutcomes(first, unit)) ?? []).flatMap((leaf) => leaf.problems.map(({ key }) => key));
      const keys = problems.map(({ key }) => key).filter((key) => !then.includes(key));
      if (keys.length > 0) readings.#lost.set(unit, keys);
    });
    return readings;
  }

  /** Do the rebuild's rows stand for those of the attempt? */
  replaces(attempt: string): boolean {
    return this.#survey.replays.has(attempt)
      ? this.#planned.replays.has(attempt)
      : this.#planned.units.has(plannedUnitOf(attempt));
  }

  /** Has all been read that was planned? */
  get isWhole(): boolean {
    return this.#leaves.size === this.#planned.units.size;
  }

  lostFor(attempts: readonly string[]): string[] {
    const units = new Set(attempts.flatMap((attempt) => this.#unitsOf(attempt)));
    return [...new Set([...units].flatMap((unit) => this.#lost.get(unit) ?? []))].sort();
  }

  #unitsOf(attempt: string): readonly string[] {
    return this.#survey.replays.get(attempt) ?? [plannedUnitOf(attempt)];
  }

  daysOf(table: string): string[] {
    const leaves = [...this.#leaves.values()].flat();
    return leaves.flatMap(({ files }) => files.filter((file) => file.table === table).map(({ dt }) => dt));
  }

  /** In order of attempt, with their files of the day. */
  of({ table, dt }: TableDay): RebuiltAttempt[] {
    return [...this.#leaves.values()]
      .flat()
      .map((outcome) => ({ outcome, files: outcome.files.filter((file) => file.table === table && file.dt === dt) }))
      .filter(({ files }) => files.length > 0)
      .sort((a, b) => (a.outcome.attempt < b.outcome.attempt ? -1 : 1));
  }
}

export interface Switched {
  /** days of tables that readers have now */
  days: number;
  /** days that have changed since they were made: they are to be made again */
  left: TableDay[];
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
): Promise<Switched> {
  const { lake, clock } = ports;
  const { n } = rebuild;
  const isDecided = (await endOf(lake, n))?.is === 'switched';
  if (!isDecided && rebuild.version !== today.version) {
    throw new Error(`rebuild ${n} was read with other code or settings than today's: rebuild again`);
  }
  const { made, unmade } = await makeDays(ports, rebuild);
  const left = unmade.filter(({ why }) => MISSING.has(why)).map(({ table, dt }) => ({ table, dt }));
  if (left.length > 0 && !isDecided) {
    const why = unmade.find((day) => MISSING.has(day.why))?.why;
    throw new Error(
      `rebuild ${n} is not whole, ${left.length} days of tables are missing (${why}): run it again, or drop it and begin a new one`,
    );
  }
  const end = await decideEnd(lake, n, { is: 'switched', why: '', decided_at: clock.now() });
  if (end === 'dropped') throw new Error(`rebuild ${n} was dropped: begin a new one`);
  // Nobody is going to make them: else the switch would never be finished.
  for (const { table, dt, why, keys } of unmade) {
    if (KEPT.has(why)) await createState(lake, keptDayKey(n, table, dt), { table_name: table, dt, why, keys });
  }
  let days = 0;
  for (const generation of made) {
    if (await adopt(ports, generation)) days++;
    else left.push({ table: generation.table_name, dt: generation.dt });
  }
  for (const { table, dt } of await daysMade(lake, n)) {
    if (table !== recipientMessages.name) continue;
    const rolledUp = await rebuiltDay(lake, n, { table, dt });
    if (rolledUp && (await isOfSwitched(lake, n, rolledUp)) && (await adopt(ports, rolledUp))) days++;
  }
  return { days, left };
}

const KEPT: ReadonlySet<UnmadeDay['why']> = new Set(['raw objects are gone or were rewritten']);

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

/** Nobody is ever switched to it; the collector removes its files. */
export const dropRebuild = ({ lake, clock }: Pick<RebuildPorts, 'lake' | 'clock'>, n: number): Promise<string> =>
  decideEnd(lake, n, { is: 'dropped', why: 'a person said so', decided_at: clock.now() });

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
  const { lake, clock } = ports;
  const end = await endOf(lake, n);
  if (end?.is !== 'switched') throw new Error(`readers were never switched to rebuild ${n}`);
  if (clock.now() - end.decided_at > WAY_BACK_MS) {
    throw new Error(
      `it is too late to go back from rebuild ${n}: what was before is being removed; rebuild with the code and settings of then`,
    );
  }
  const result: WentBack = { days: 0, left: [] };
  for (const day of await daysMade(lake, n)) {
    const newest = await newestGeneration(lake, day.table, day.dt);
    if (day.table === recipientMessages.name || newest?.rebuilt?.rebuild !== n) continue;
    const before = await lastBefore(lake, newest, n);
    if (before && (await settleFrom(ports, newest, before))) result.days++;
    else result.left.push(day);
  }
  return result;
}

async function lastBefore(lake: RebuildPorts['lake'], newest: Generation, n: number): Promise<Generation | null> {
  for (let g = newest.generation - 1; g >= 0; g--) {
    const older = await readGeneration(lake, generationKey(newest.table_name, newest.dt, g));
    if (older && older.rebuilt?.rebuild !== n) return older;
  }
  return null;
}
