/** plan: seals new raw objects into units. Each object ends up in exactly one plan, because plans are create-only. */

import { concurrently } from '../concurrently.ts';
import { HOUR_MS, utcDate } from '../days.ts';
import type { Ports, StoredObject, UnitMessage } from '../ports.ts';
import { ChangedObjects } from '../protocol/changed-objects.ts';
import { newestOf } from '../protocol/halves.ts';
import { numberOf, planKey, requeueKey, unitId } from '../protocol/keys.ts';
import { KnownObjects } from '../protocol/known-objects.ts';
import { queueUnits } from '../protocol/lanes.ts';
import { hasOtherLayouts, plansAround } from '../protocol/layouts.ts';
import { markDecidedDays, type OpenUnit, surveyPlans } from '../protocol/open-units.ts';
import { Outcomes } from '../protocol/outcomes.ts';
import { type Reach, rawPrefixes } from '../protocol/raw-prefixes.ts';
import {
  createState,
  type Plan,
  type PlannedObject,
  type PlannedUnit,
  planKeysOf,
  readPlan,
} from '../protocol/records.ts';
import type { Limits, Settings } from '../settings.ts';

export type PlanPorts = Pick<Ports, 'raw' | 'lake' | 'clock'>;

export interface SealedUnit extends UnitMessage {
  rawPrefix: string;
  /** last-modified of its newest object, epoch ms */
  newestModified: number;
}

export interface Planned {
  /** units sealed now */
  units: SealedUnit[];
  objects: number;
  bytes: number;
  /** objects sealed before, or by another planner meanwhile */
  known: number;
  /**
   * objects that were planned before with other content: rewritten raw data, which raises an alarm and is never read
   * again
   */
  changed: string[];
}

/** Objects that one plan holds at most; the rest goes into the next plan. */
export const MOST_OBJECTS = 50_000;
/** Prefixes planned at once: nearly all of the time is spent waiting for the store. */
const PREFIXES_AT_ONCE = 16;
const PLANS_AT_ONCE = 8;

/**
 * Plans every raw prefix in reach and queues the new units, prefix by prefix; `all` is every prefix there is. If a
 * planner dies between a plan and its messages, `requeue` sends them.
 */
export async function planReach(
  ports: PlanPorts & Pick<Ports, 'queue'>,
  settings: Settings,
  reach: Reach | 'all',
): Promise<Planned> {
  const total: Planned = { units: [], objects: 0, bytes: 0, known: 0, changed: [] };
  const isMixed = await hasOtherLayouts(ports.lake, settings);
  const prefixes = rawPrefixes(ports.raw, settings, ports.clock.now(), reach);
  await concurrently(prefixes, PREFIXES_AT_ONCE, async (prefix) => {
    const planned = await planPrefix(ports, settings, prefix, isMixed);
    await queueUnits(ports, settings, planned.units);
    for (const unit of planned.units) total.units.push(unit);
    for (const key of planned.changed) total.changed.push(key);
    total.objects += planned.objects;
    total.bytes += planned.bytes;
    total.known += planned.known;
  });
  return total;
}

/**
 * Seals the objects below a raw prefix that are in no plan of it yet, in one pass over the listing. Any number of
 * planners may run at once: plan n is created by one of them, and the others read it and seal only what it left.
 * @param isMixed prefixes of other templates may contain this one, or lie in it (layouts.ts): their plans are read, too.
 * Planners of two templates that run at the same moment could plan an object twice; the audit would say so.
 */
export async function planPrefix(
  ports: PlanPorts,
  settings: Settings,
  rawPrefix: string,
  isMixed = false,
): Promise<Planned> {
  const { raw, lake, clock } = ports;
  const known = new KnownObjects();
  const around = isMixed ? await plansAround(lake, rawPrefix) : [];
  let n = await readPlans();
  const result: Planned = { units: [], objects: 0, bytes: 0, known: known.size, changed: [] };
  const fresh: PlannedObject[] = [];
  const changed = new ChangedObjects(ports, new Outcomes(lake), rawPrefix, around);
  for await (const object of raw.list(rawPrefix)) {
    const found = known.add(object);
    if (found === 'changed') await changed.add(object);
    if (found === 'new') fresh.push(plannedObject(object));
    if (fresh.length >= MOST_OBJECTS) await sealPlan(fresh.splice(0));
  }
  await sealPlan(fresh);
  for (const { key } of await changed.end()) result.changed.push(key);
  return result;

  /** Returns the number of the next plan. */
  async function readPlans(): Promise<number> {
    const keys = await planKeysOf(lake, rawPrefix);
    await concurrently([...keys, ...around], PLANS_AT_ONCE, async (key) =>
      known.addPlan(await readPlan(lake, key), rawPrefix),
    );
    const newest = keys.at(-1);
    return newest === undefined ? 0 : (numberOf(newest) ?? 0) + 1;
  }

  async function sealPlan(listed: readonly PlannedObject[]): Promise<void> {
    for (let objects = listed; objects.length > 0; n++) {
      const planDay = utcDate(clock.now());
      const units = seal(objects, settings.limits, (i) => unitId(planDay, rawPrefix, n, i));
      const key = planKey(rawPrefix, n);
      const plan: Plan = { prefix: rawPrefix, units };
      if (await createState(lake, key, plan)) {
        for (const unit of units) {
          result.units.push({ unit: unit.id, plan: key, rawPrefix, newestModified: newestOf(unit) });
        }
        result.objects += objects.length;
        result.bytes += objects.reduce((sum, { size }) => sum + size, 0);
        objects = [];
      } else {
        objects = leftBy(await readPlan(lake, key), objects);
      }
    }
  }

  /** What another planner's plan leaves to be sealed. It may hold what we haven't come to, too. */
  function leftBy(theirs: Plan, objects: readonly PlannedObject[]): PlannedObject[] {
    const etags = new Map(theirs.units.flatMap((unit) => unit.objects).map(({ key, etag }) => [key, etag]));
    known.addPlan(theirs);
    result.known += etags.size;
    return objects.filter(({ key, etag }) => {
      const sealed = etags.get(key);
      if (sealed !== undefined && sealed !== etag) result.changed.push(key);
      return sealed === undefined;
    });
  }
}

/** A listing may say more of an object than a plan keeps. */
const plannedObject = ({ key, etag, size, modified }: StoredObject): PlannedObject => ({ key, etag, size, modified });

/** Cuts objects, which are in key order, into units within the limits. */
export function seal(objects: readonly PlannedObject[], limits: Limits, id: (i: number) => string): PlannedUnit[] {
  const units: PlannedUnit[] = [];
  let open: PlannedUnit | null = null;
  let bytes = 0;
  for (const object of objects) {
    const expected = expectedBytes(object);
    if (!open || open.objects.length >= limits.unitObjects || bytes + expected > limits.unitBytes) {
      open = { id: id(units.length), objects: [] };
      units.push(open);
      bytes = 0;
    }
    open.objects.push(object);
    bytes += expected;
  }
  return units;
}

/** Raw bytes to expect: mail events compress about eightfold. */
export const expectedBytes = ({ key, size }: Pick<PlannedObject, 'key' | 'size'>): number =>
  key.endsWith('.gz') ? size * 8 : size;

export interface Requeued {
  /** units queued again */
  queued: number;
  /** every unit without outcome, queued again or not: their number and age are metrics */
  open: OpenUnit[];
}

/**
 * Queues again each unit, halves included, that was planned an hour ago or earlier and has no outcome: messages are hints
 * and get lost, plans are the truth. To be called at each tick of the planner; null if it was done in this hour.
 *
 * At most once an hour: one create-only mark for each hour of the clock, made before anything is sent. That is one call a
 * tick, where a mark for each unit would be a call for each open unit, and it saves the look at the plans at the other
 * ticks. The price: if the planner that made the mark dies before it has sent all, the rest waits for the next hour.
 */
export async function requeue(
  { lake, queue, clock }: Pick<Ports, 'lake' | 'queue' | 'clock'>,
  settings: Settings,
): Promise<Requeued | null> {
  const now = clock.now();
  const hour = requeueKey(utcDate(now), new Date(now).getUTCHours());
  if (!(await createState(lake, hour, { started_at: now }))) return null;
  const survey = await surveyPlans(lake);
  const due = survey.open.filter(({ plannedAt }) => now - plannedAt >= HOUR_MS);
  await queueUnits({ queue, clock }, settings, due);
  await markDecidedDays(lake, survey);
  return { queued: due.length, open: survey.open };
}
