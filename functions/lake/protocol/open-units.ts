/**
 * Finds the units that transform still has to do: units of plans that have no outcome. It makes no difference whether their
 * messages were lost.
 */

import { concurrently } from '../concurrently.ts';
import { addDays, DAY_MS, daysBetween, startOfDay, utcDate } from '../days.ts';
import type { Store, StoredObject, UnitMessage } from '../ports.ts';
import { halvesOf, newestOf } from './halves.ts';
import {
  dayOfKey,
  decidedDayKey,
  decidedDaysRoot,
  outcomeFolder,
  planDayOf,
  plannedFolder,
  plannedKey,
  plannedUnits,
  splitFolder,
} from './keys.ts';
import { REACH_HOURS } from './raw-prefixes.ts';
import { allPlans, createState, type Plan, type PlannedUnit, readOutcome, readPlan, readState } from './records.ts';

export interface OpenUnit extends UnitMessage {
  kind: 'first' | 'replay';
  rawPrefix: string;
  /** epoch ms; of a half, when the unit that it is of was planned */
  plannedAt: number;
  /** bytes of its objects as stored */
  bytes: number;
  /** last-modified of its newest object, epoch ms */
  newestModified: number;
}

export interface OpenUnitsOptions {
  /** look at days that are marked as decided, too: for `audit`, which believes no mark */
  everything?: boolean;
}

/** Plans read side by side; a plan has at most 50,000 objects, of which nothing is kept. */
const PLANS_AT_ONCE = 8;

/**
 * Every planned unit, and every half of a split, that has no outcome yet, in order of plan.
 *
 * Costs: a listing of the plans (their keys, 1,000 a call), and for each day on which the store took plans in and that
 * isn't marked as decided its plans, and a listing of the outcomes of their plan days. So what is held and read grows
 * with the days that are open, not with the years there are. `markDecidedDays` makes the marks.
 */
export async function openUnits(
  lake: Pick<Store, 'list' | 'get'>,
  options: OpenUnitsOptions = {},
): Promise<OpenUnit[]> {
  return (await surveyPlans(lake, options)).open;
}

/** What a look at the plans finds. */
export interface PlanSurvey {
  open: OpenUnit[];
  /** days looked at on which the store took plans in, all of whose units have outcomes */
  decidedDays: string[];
  /** when the store took in the newest plan, epoch ms; null while there is none */
  newestPlanAt: number | null;
}

export async function surveyPlans(
  lake: Pick<Store, 'list' | 'get'>,
  { everything = false }: OpenUnitsOptions = {},
): Promise<PlanSurvey> {
  const marked = new Set<string>();
  if (!everything) for await (const { key } of lake.list(decidedDaysRoot)) marked.add(dayOfKey(key));
  const decisions = new Decisions(lake);
  const days = new Map<string, boolean>();
  let newestPlanAt: number | null = null;

  const open = await concurrently(plansToRead(), PLANS_AT_ONCE, async ({ key, modified }) => {
    const found = await decisions.openOf(await readPlan(lake, key), key, modified);
    if (found.length > 0) days.set(utcDate(modified), false);
    return found;
  });
  const decidedDays = [...days].filter(([, isDecided]) => isDecided).map(([dt]) => dt);
  return { open: open.flat(), decidedDays: decidedDays.sort(), newestPlanAt };

  async function* plansToRead(): AsyncGenerator<{ key: string; modified: number }> {
    for await (const { key, modified } of allPlans(lake)) {
      newestPlanAt = Math.max(newestPlanAt ?? 0, modified);
      const dt = utcDate(modified);
      if (marked.has(dt)) continue;
      if (!days.has(dt)) days.set(dt, true);
      yield { key, modified };
    }
  }
}

/** Days back to which `recentlyOpenUnits` looks: as far as planners do, and a day for clocks that differ. */
const RECENT_DAYS = REACH_HOURS.daily / 24 + 1;

/**
 * As `openUnits`, of units planned in the last days, whatever the age of the lake: what is left of older ones is for the
 * daily look. Costs three short listings for each day that isn't marked as decided, and two reads for each plan that has
 * an open unit, or a split one.
 */
export async function recentlyOpenUnits(lake: Pick<Store, 'list' | 'get'>, now: number): Promise<OpenUnit[]> {
  const first = addDays(utcDate(now), -RECENT_DAYS);
  const marked = new Set<string>();
  const after = decidedDayKey(addDays(first, -1));
  for await (const { key } of lake.list(decidedDaysRoot, { after })) marked.add(dayOfKey(key));
  const decisions = new Decisions(lake);
  const days = [...daysBetween(first, addDays(utcDate(now), 1))];
  // Marks go by the day on which the store took a plan in, which may be the one after that of its units.
  const open = days.filter((dt) => !(marked.has(dt) && marked.has(addDays(dt, 1))));
  const plans = await concurrently(open, PLANS_AT_ONCE, async (dt) => {
    const found: StoredObject[] = [];
    for await (const hint of lake.list(plannedFolder(dt))) {
      if (await decisions.mayBeOpen(plannedUnits(hint.key))) found.push(hint);
    }
    return found;
  });
  const units = await concurrently(plans.flat(), PLANS_AT_ONCE, async (hint) => {
    const key = (await readState<PlannedHint>(lake, hint.key))?.plan;
    const plan = key === undefined ? null : await readState<Plan>(lake, key);
    return key === undefined || !plan ? [] : decisions.openOf(plan, key, hint.modified);
  });
  const byId = new Map(units.flat().map((unit) => [unit.unit, unit]));
  return [...byId.values()].sort((a, b) => (a.unit < b.unit ? -1 : 1));
}

/** `state/planned/dt=<plan day>/<plan>-<units>.json` */
interface PlannedHint {
  plan: string;
}

/** To be called before the plan is made. */
export async function announcePlan(
  lake: Pick<Store, 'create'>,
  plan: string,
  units: readonly PlannedUnit[],
): Promise<void> {
  const [first] = units;
  if (!first) return;
  const hint: PlannedHint = { plan };
  await createState(lake, plannedKey(first.id, units.length), hint);
}

/**
 * Marks days whose plans are all decided, so that those plans are not read again to find what is open. A plan that comes
 * later has a later day: the day is the store's, not that of the planner's clock. A day is marked only once the store has
 * taken in a plan a whole day after its end, so that no plan of that day can still be on its way.
 */
export async function markDecidedDays(
  lake: Pick<Store, 'create'>,
  { decidedDays, newestPlanAt }: PlanSurvey,
): Promise<string[]> {
  const over = decidedDays.filter((dt) => startOfDay(dt) + 2 * DAY_MS <= (newestPlanAt ?? 0));
  for (const dt of over) await createState(lake, decidedDayKey(dt), { dt });
  return over;
}

/** Which units have an outcome, and which of these were split; by plan day, asked for once and only when needed. */
class Decisions {
  readonly #lake: Pick<Store, 'list' | 'get'>;
  readonly #days = new Map<string, Promise<{ decided: Set<string>; maybeSplit: Set<string> }>>();

  constructor(lake: Pick<Store, 'list' | 'get'>) {
    this.#lake = lake;
  }

  /** Is one of the units of a day open, or split? */
  async mayBeOpen(units: readonly string[]): Promise<boolean> {
    const [first] = units;
    if (first === undefined) return false;
    const { decided, maybeSplit } = await this.#day(planDayOf(first));
    return units.some((unit) => !decided.has(unit) || maybeSplit.has(unit));
  }

  /** The open units of a plan, which the store took in at `modified`. */
  async openOf({ prefix, kind = 'first', units }: Plan, key: string, modified: number): Promise<OpenUnit[]> {
    const found: OpenUnit[] = [];
    for (const unit of units) {
      for (const leaf of await this.openLeaves(unit)) {
        const bytes = leaf.objects.reduce((sum, { size }) => sum + size, 0);
        const newestModified = newestOf(leaf);
        found.push({ unit: leaf.id, plan: key, kind, rawPrefix: prefix, plannedAt: modified, bytes, newestModified });
      }
    }
    return found;
  }

  /** The unit itself if it is open; of a split unit, its open halves at any depth. */
  async openLeaves(unit: PlannedUnit): Promise<PlannedUnit[]> {
    const { decided, maybeSplit } = await this.#day(planDayOf(unit.id));
    if (!decided.has(unit.id)) return [unit];
    if (!maybeSplit.has(unit.id)) return [];
    const outcome = await readOutcome(this.#lake, unit.id);
    const halves = outcome?.split ? (halvesOf(unit) ?? []) : [];
    const leaves: PlannedUnit[] = [];
    for (const half of halves) leaves.push(...(await this.openLeaves(half)));
    return leaves;
  }

  #day(planDay: string): Promise<{ decided: Set<string>; maybeSplit: Set<string> }> {
    const known = this.#days.get(planDay);
    if (known) return known;
    const asked = this.#ask(planDay);
    this.#days.set(planDay, asked);
    return asked;
  }

  /**
   * Outcomes first: the hint that a unit may be split is made before its outcome, so each split listed has its hint.
   */
  async #ask(planDay: string): Promise<{ decided: Set<string>; maybeSplit: Set<string> }> {
    const decided = await this.#names(outcomeFolder(planDay));
    return { decided, maybeSplit: await this.#names(splitFolder(planDay)) };
  }

  async #names(folder: string): Promise<Set<string>> {
    const names = new Set<string>();
    for await (const { key } of this.#lake.list(folder)) {
      if (key.endsWith('.json')) names.add(key.slice(folder.length, -'.json'.length));
    }
    return names;
  }
}
