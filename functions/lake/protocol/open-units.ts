/**
 * Finds the units that transform still has to do: units of plans that have no outcome. It makes no difference whether their
 * messages were lost.
 */

import { concurrently } from '../concurrently.ts';
import { DAY_MS, startOfDay, utcDate } from '../days.ts';
import type { Store, UnitMessage } from '../ports.ts';
import { halvesOf, newestOf } from './halves.ts';
import { dayOfKey, decidedDayKey, decidedDaysRoot, outcomeFolder, planDayOf, splitFolder } from './keys.ts';
import { allPlans, createState, type PlannedUnit, readOutcome, readPlan } from './records.ts';

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
    const { prefix, kind = 'first', units } = await readPlan(lake, key);
    const found: OpenUnit[] = [];
    for (const unit of units) {
      for (const leaf of await decisions.openLeaves(unit)) {
        const bytes = leaf.objects.reduce((sum, { size }) => sum + size, 0);
        const newestModified = newestOf(leaf);
        found.push({ unit: leaf.id, plan: key, kind, rawPrefix: prefix, plannedAt: modified, bytes, newestModified });
      }
    }
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
