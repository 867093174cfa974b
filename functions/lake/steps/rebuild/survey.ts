/**
 * What a rebuild has to replace and to read: the attempts that each day's rows come from, and the units of raw objects whose
 * records these were. Replays have no units of their own here: what they read again lies in a first unit's objects.
 */
import { concurrently } from '../../concurrently.ts';
import { addDays, utcDate } from '../../days.ts';
import type { Ports } from '../../ports.ts';
import { asReadIn } from '../../protocol/contents.ts';
import { expiredDays } from '../../protocol/expired.ts';
import { decidedLeaves, leafOutcomes, Outcomes, unreadIn } from '../../protocol/outcomes.ts';
import { includesDay, type Rebuild } from '../../protocol/rebuilds.ts';
import { type Outcome, type PlannedUnit, rawPlans, readPlan, replayPlans } from '../../protocol/records.ts';
import { SETTLED_TABLES } from '../../tables/index.ts';

const PLANS_AT_ONCE = 16;

export interface Survey {
  /** units to be read, in order of plan */
  units: ReadonlySet<string>;
  /** by table, then by day: attempts that have rows of it, in order */
  attempts: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** attempts of parts of units that were split, of which others are still to be read */
  unfinished: ReadonlySet<string>;
  /** attempts of replays, each with the units that its records lie in */
  replays: ReadonlyMap<string, readonly string[]>;
  /** raw objects that replays have read, also where the first reading could not */
  replayed: ReadonlySet<string>;
  /** units with raw objects that have expired: days that have rows of them stay as they are */
  expired: ReadonlySet<string>;
}

/**
 * Costs a read of each plan and outcome. Units without an outcome are no part of it: the code of today is going to read
 * them, and their rows are taken in as those of any late unit. A day with rows of a part waits for the other parts.
 */
export async function survey(
  { lake }: Pick<Ports, 'lake'>,
  rebuild: Pick<Rebuild, 'from' | 'to' | 'raw_from'>,
): Promise<Survey> {
  const outcomes = new Outcomes(lake);
  const expired = await expiredDays(lake);
  const [lastGone = ''] = SETTLED_TABLES.map(({ name }) => expired.lastOf(name)).sort();
  const tables = new Set<string>(SETTLED_TABLES.map(({ name }) => name));
  const attempts = new Map<string, Map<string, string[]>>([...tables].map((name) => [name, new Map()]));
  const note = (leaves: readonly Outcome[]): boolean => {
    let isOfDays = false;
    for (const { attempt, files } of leaves) {
      for (const { table, dt } of files) {
        if (!includesDay(rebuild, dt) || expired.has(table, dt)) continue;
        isOfDays = true;
        const days = attempts.get(table);
        const ofDay = days?.get(dt);
        if (!ofDay) days?.set(dt, [attempt]);
        else if (ofDay.at(-1) !== attempt) ofDay.push(attempt);
      }
    }
    return isOfDays;
  };
  const unfinished = new Set<string>();
  const noteUnfinished = async (unit: string): Promise<void> => {
    const leaves = await decidedLeaves(outcomes, unit);
    note(leaves);
    for (const { attempt } of leaves) unfinished.add(attempt);
  };
  const replayed = new Map<string, string[]>();
  const readByReplays = new Set<string>();
  for await (const { key } of replayPlans(lake)) {
    for (const unit of (await readPlan(lake, key)).units) {
      const leaves = await leafOutcomes(outcomes, unit.id);
      if (!leaves) await noteUnfinished(unit.id);
      if (!leaves || !note(leaves)) continue;
      const named = leaves.map(({ attempt }) => attempt);
      const unread = new Set(leaves.flatMap(unreadIn));
      for (const { key: object } of unit.objects) {
        replayed.set(object, [...(replayed.get(object) ?? []), ...named]);
        if (!unread.has(object)) readByReplays.add(object);
      }
    }
  }
  const units = new Set<string>();
  const gone = new Set<string>();
  const replays = new Map<string, string[]>();
  await concurrently(rawPlans(lake), PLANS_AT_ONCE, async ({ key }) => {
    for (const unit of (await readPlan(lake, key)).units) {
      const leaves = await leafOutcomes(outcomes, unit.id);
      if (!leaves) {
        await noteUnfinished(unit.id);
        continue;
      }
      const again = new Set(replayed.size === 0 ? [] : unit.objects.flatMap((one) => replayed.get(one.key) ?? []));
      for (const attempt of again) replays.set(attempt, [...(replays.get(attempt) ?? []), unit.id]);
      const isNamed = note(leaves) || again.size > 0;
      if (unit.objects.some(({ modified }) => modified < (rebuild.raw_from ?? 0))) gone.add(unit.id);
      else if (isNamed || mayHold(rebuild, lastGone, unit)) units.add(unit.id);
    }
  });
  for (const days of attempts.values()) for (const ofDay of days.values()) ofDay.sort();
  return { units, attempts, unfinished, replays, replayed: readByReplays, expired: gone };
}

/**
 * Raw data of the days themselves, which today's code may read more in: events mostly come within a day.
 * @param lastGone the last day that has expired of every table
 */
function mayHold({ from, to }: Pick<Rebuild, 'from' | 'to'>, lastGone: string, { objects }: PlannedUnit): boolean {
  return objects.some(({ modified }) => {
    const dt = utcDate(modified);
    const isOld = dt < lastGone || (from !== null && dt < addDays(from, -1));
    return !isOld && (to === null || dt <= addDays(to, 1));
  });
}

/** A unit with its objects as they were read first: only the same bytes may be read for it again. */
export async function unitAsRead(
  ports: Pick<Ports, 'raw' | 'lake'>,
  outcomes: Outcomes,
  { id, objects }: PlannedUnit,
): Promise<PlannedUnit> {
  const leaves = (await leafOutcomes(outcomes, id)) ?? [];
  const halves = await concurrently(leaves, PLANS_AT_ONCE, (leaf) => asReadIn(ports, leaf));
  // Leaves come in the order of their objects.
  const left = [...objects];
  return { id, objects: halves.flatMap((asRead, i) => left.splice(0, leaves[i]?.objects ?? 0).map(asRead)) };
}
