/** plan: seals new raw objects into units. Each object ends up in exactly one plan, because plans are create-only. */

import { concurrently } from '../concurrently.ts';
import { HOUR_MS, utcDate } from '../days.ts';
import type { Ports, StoredObject, UnitMessage } from '../ports.ts';
import { ChangedObjects } from '../protocol/changed-objects.ts';
import { DamagedSegment } from '../protocol/checkpoints.ts';
import { closedObjects } from '../protocol/closed-prefixes.ts';
import { Cursor } from '../protocol/cursors.ts';
import { newestOf } from '../protocol/halves.ts';
import { compareKeys } from '../protocol/key-order.ts';
import { planKey, requeueKey, unitId } from '../protocol/keys.ts';
import { queueUnits } from '../protocol/lanes.ts';
import { type Layout, layoutOf, PlansAbove, plansAround } from '../protocol/layouts.ts';
import {
  announcePlan,
  markDecidedDays,
  type OpenUnit,
  recentlyOpenUnits,
  surveyPlans,
} from '../protocol/open-units.ts';
import { Outcomes } from '../protocol/outcomes.ts';
import { PlannedObjects, SUMMARY_LIMITS, type SummaryLimits } from '../protocol/planned-objects.ts';
import { dayTemplate, hourOfPrefix, type MayHold, type Reach, rawPrefixes } from '../protocol/raw-prefixes.ts';
import { type RawSource, rawSources, sourceOf } from '../protocol/raw-sources.ts';
import { createState, type Plan, type PlannedObject, type PlannedUnit, readPlan } from '../protocol/records.ts';
import type { Limits, Settings } from '../settings.ts';
import { LOOK_OBJECTS, livelyRanges, type Range } from './plan/looks.ts';

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
  /** false: time ran out, or there was more to list than one planner lists; the next ones go on */
  isWhole: boolean;
}

export interface PlannedSources extends Planned {
  /** objects of each source, by its mount: the sum would hide that nothing comes from one of them */
  objectsOf: ReadonlyMap<string, number>;
}

export const nothingPlanned = (): Planned => ({
  units: [],
  objects: 0,
  bytes: 0,
  known: 0,
  changed: [],
  isWhole: true,
});

export function addPlanned(total: Planned, { units, objects, bytes, known, changed, isWhole }: Planned): void {
  // One by one: a call takes no list of any length.
  for (const unit of units) total.units.push(unit);
  for (const key of changed) total.changed.push(key);
  total.objects += objects;
  total.bytes += bytes;
  total.known += known;
  total.isWhole &&= isWhole;
}

/** Objects that one plan holds at most; the rest goes into the next plan. */
export const MOST_OBJECTS = 50_000;
/** Prefixes planned at once: nearly all of the time is spent waiting for the store. */
const PREFIXES_AT_ONCE = 16;
/** Objects listed before the clock is read again. */
const OBJECTS_A_LOOK = 1000;
/** Time that is kept for the plans and messages of what has been listed, ms. */
const TIME_TO_END = 90_000;

export interface PlanOptions {
  limits?: SummaryLimits;
  /** planned objects of a prefix without hours that are listed at most */
  lookObjects?: Readonly<Record<Reach, number>>;
  /** ms that the process may still run; left out: as long as it takes. The next planner does the rest. */
  remainingMs?: () => number;
}

/**
 * Plans every raw prefix in reach, of all sources, and queues the new units, prefix by prefix; `all` is every prefix there is. If a
 * planner dies between a plan and its messages, `requeue` sends them.
 */
export async function planReach(
  ports: PlanPorts & Pick<Ports, 'queue'>,
  settings: Settings,
  reach: Reach | 'all',
  options: PlanOptions = {},
): Promise<PlannedSources> {
  const total = nothingPlanned();
  const objectsOf = new Map<string, number>();
  const sources = rawSources(settings);
  // Each hour another one is first, so that none waits for ever where time runs out.
  const first = Math.floor(ports.clock.now() / HOUR_MS) % sources.length;
  for (const source of [...sources.slice(first), ...sources.slice(0, first)]) {
    const planned = await planSource(ports, settings, source, reach, options);
    objectsOf.set(source.mount, planned.objects);
    addPlanned(total, planned);
  }
  return { ...total, objectsOf };
}

async function planSource(
  ports: PlanPorts & Pick<Ports, 'queue'>,
  settings: Settings,
  source: RawSource,
  reach: Reach | 'all',
  options: PlanOptions,
): Promise<Planned> {
  const { remainingMs } = options;
  const total = nothingPlanned();
  const layout = await layoutOf(ports.lake, settings, { mount: source.mount });
  const above = plansAbove(ports, options);
  // Years of hours may take longer than one process may: the next one goes on.
  const cursor =
    reach === 'all' && remainingMs && source.rawTemplate !== null
      ? await Cursor.read(ports.lake, source.rawTemplate)
      : null;
  let left: string | null = null;
  await concurrently(prefixes(), PREFIXES_AT_ONCE, async (prefix) => {
    const planned = await planPrefix(ports, settings, prefix, { ...options, layout, above, reach });
    await queueUnits(ports, settings, planned.units);
    addPlanned(total, planned);
    if (!planned.isWhole) leave(prefix);
  });
  await cursor?.move(left ?? '');
  return total;

  async function* prefixes(): AsyncGenerator<string> {
    const mayHold = reach === 'all' ? notClosed(ports, source) : undefined;
    for await (const prefix of rawPrefixes(ports.raw, source, ports.clock.now(), reach, mayHold)) {
      if (cursor && compareKeys(prefix, cursor.from) < 0) continue;
      if (isOutOfTime(remainingMs)) {
        leave(prefix);
        return;
      }
      yield prefix;
    }
  }

  function leave(prefix: string): void {
    total.isWhole = false;
    if (left === null || compareKeys(prefix, left) < 0) left = prefix;
  }
}

/**
 * Leaves out days that an audit has closed and that are as they were then: one listing in place of one for each hour.
 */
function notClosed(ports: PlanPorts, { rawTemplate, objectNameOffsetHours }: RawSource): MayHold {
  const days = rawTemplate === null ? null : dayTemplate(rawTemplate);
  return async (folder) =>
    days === null ||
    hourOfPrefix(days, folder, objectNameOffsetHours) === null ||
    (await closedObjects(ports, folder)) === null;
}

const isOutOfTime = (remainingMs: PlanOptions['remainingMs'], share = 0): boolean =>
  remainingMs !== undefined && remainingMs() < TIME_TO_END + share;

const plansAbove = ({ lake, clock }: PlanPorts, { limits = SUMMARY_LIMITS }: PlanOptions): PlansAbove =>
  new PlansAbove(lake, { limits, nonce: () => clock.nonce() });

export interface PrefixOptions extends PlanOptions {
  /** left out: prefixes of other templates neither contain this one nor lie in it */
  layout?: Layout;
  /** for many prefixes: neighbours lie in the same folders */
  above?: PlansAbove;
  /** left out: `all` */
  reach?: Reach | 'all';
  /** false: no summary is trusted, as where an audit has found something */
  trusts?: boolean;
  /** units that are worked on at once, where the end of all is waited for; left out: it isn't */
  unitsAtOnce?: number;
  /** called with objects that were listed since, planned before or not */
  onListed?: (objects: number) => void;
}

/**
 * Seals the objects below a raw prefix that are in no plan of it yet, and of the prefixes around it, if the template has
 * changed (layouts.ts). Any number of planners may run at once: plan n is created by one of them, and the others read it and
 * seal only what it left. Planners of two templates that run at the same moment could plan an object twice; the audit would
 * say so. A prefix without hours is looked at in parts (plan/looks.ts).
 */
export async function planPrefix(
  ports: PlanPorts,
  settings: Settings,
  rawPrefix: string,
  options: PrefixOptions = {},
): Promise<Planned> {
  try {
    return await planOnce(ports, settings, rawPrefix, options);
  } catch (error) {
    if (!(error instanceof DamagedSegment) || options.trusts === false) throw error;
    return planOnce(ports, settings, rawPrefix, { ...options, trusts: false });
  }
}

async function planOnce(
  ports: PlanPorts,
  settings: Settings,
  rawPrefix: string,
  options: PrefixOptions,
): Promise<Planned> {
  const { raw, lake, clock } = ports;
  const { rawTemplate, objectNameOffsetHours } = sourceOf(settings, rawPrefix);
  const { layout, above = plansAbove(ports, options), reach = 'all', remainingMs, trusts = true } = options;
  const { limits = SUMMARY_LIMITS, lookObjects = LOOK_OBJECTS } = options;
  const isMixed = layout?.isMixed ?? false;
  const planned = await PlannedObjects.read(lake, rawPrefix, {
    limits,
    layout: isMixed ? (layout?.n ?? null) : null,
    above: isMixed ? await (trusts ? above : above.asPlanned).of(rawPrefix) : [],
    trusts,
    // An hour gets few plans, and its objects may be many.
    ...(rawTemplate?.includes('{HH}') ? {} : { nonce: () => clock.nonce() }),
  });
  const result = nothingPlanned();
  const fresh: PlannedObject[] = [];
  const around = async (): Promise<string[]> => (isMixed ? plansAround(lake, rawPrefix) : []);
  const changed = new ChangedObjects(ports, new Outcomes(lake), rawPrefix, (object) => planned.look(object), around);
  await lookAtAll();
  for (const { key } of await changed.end()) result.changed.push(key);
  return result;

  async function lookAtAll(): Promise<void> {
    const most = hasHours() || reach === 'all' ? Number.POSITIVE_INFINITY : lookObjects[reach];
    const isEndless = hasHours() || !remainingMs;
    if (planned.size <= most && (isEndless || reach !== 'all')) {
      result.isWhole = (await lookAt({ after: '', until: null })) === null;
      return;
    }
    const cursor = await Cursor.read(lake, rawPrefix);
    let left = most;
    if (reach !== 'all') {
      const { ranges, objects } = livelyRanges(planned, most / 2);
      // The next part of the whole prefix has its turn, wherever objects have come lately.
      const share = (remainingMs?.() ?? 0) / 2;
      for (const range of ranges) await lookAt(range, Number.POSITIVE_INFINITY, share);
      left -= objects;
    }
    let at = await lookAt({ after: cursor.from, until: null }, left);
    if (at === null && cursor.from !== '' && reach === 'all') at = await lookAt({ after: '', until: cursor.from });
    await cursor.move(at ?? '');
    result.isWhole = at === null;
  }

  function hasHours(): boolean {
    return rawTemplate !== null && hourOfPrefix(rawTemplate, rawPrefix, objectNameOffsetHours) !== null;
  }

  /**
   * Seals what is new in a range of the listing, until it has seen `most` planned objects or is out of time. The key that it
   * has come to, or null at the end of the range.
   */
  async function lookAt({ after, until }: Range, most = Number.POSITIVE_INFINITY, share = 0): Promise<string | null> {
    let seen = 0;
    let before = 0;
    let at: string | null = null;
    for await (const object of raw.list(rawPrefix, after === '' ? {} : { after })) {
      if (until !== null && compareKeys(object.key, until) > 0) break;
      options.onListed?.(1);
      const found = await planned.look(object);
      if (found === 'new') fresh.push(plannedObject(object));
      else before++;
      if (found === 'changed') await changed.add(object);
      if (fresh.length >= MOST_OBJECTS) await sealPlan(fresh.splice(0));
      if (before >= most || (++seen % OBJECTS_A_LOOK === 0 && isOutOfTime(remainingMs, share))) {
        at = object.key;
        break;
      }
    }
    result.known += before;
    await sealPlan(fresh.splice(0));
    return at;
  }

  async function sealPlan(listed: readonly PlannedObject[]): Promise<void> {
    for (let objects = listed; objects.length > 0; ) {
      const planDay = utcDate(clock.now());
      const n = planned.next;
      const id = (i: number) => unitId(planDay, rawPrefix, n, i);
      const units = seal(objects, settings.limits, id, options.unitsAtOnce);
      const key = planKey(rawPrefix, n);
      const plan: Plan = { prefix: rawPrefix, units };
      await announcePlan(lake, key, units);
      if (await createState(lake, key, plan)) {
        planned.addNext(plan);
        for (const unit of units) {
          result.units.push({ unit: unit.id, plan: key, rawPrefix, newestModified: newestOf(unit) });
        }
        result.objects += objects.length;
        result.bytes += objects.reduce((sum, { size }) => sum + size, 0);
        objects = [];
      } else {
        objects = leftBy(await readPlan(lake, key), objects);
      }
      await planned.summarise();
    }
  }

  /** What another planner's plan leaves to be sealed. It may hold what we haven't come to, too. */
  function leftBy(theirs: Plan, objects: readonly PlannedObject[]): PlannedObject[] {
    const etags = new Map(theirs.units.flatMap((unit) => unit.objects).map(({ key, etag }) => [key, etag]));
    planned.addNext(theirs);
    const left = objects.filter(({ key, etag }) => {
      const sealed = etags.get(key);
      if (sealed !== undefined && sealed !== etag) result.changed.push(key);
      return sealed === undefined;
    });
    result.known += objects.length - left.length;
    return left;
  }
}

/** A listing may say more of an object than a plan keeps. */
const plannedObject = ({ key, etag, size, modified }: StoredObject): PlannedObject => ({ key, etag, size, modified });

/**
 * Cuts objects, which are in key order, into units within the limits: about alike in bytes, because who has them all done
 * waits for the largest. Where two are worked on at once they are two or four, and not three.
 */
export function seal(
  objects: readonly PlannedObject[],
  limits: Limits,
  id: (i: number) => string,
  atOnce = 1,
): PlannedUnit[] {
  const units: PlannedUnit[] = [];
  const total = objects.reduce((sum, object) => sum + expectedBytes(object), 0);
  const least = Math.ceil(total / limits.unitBytes);
  const share = total / (least > 1 ? Math.ceil(least / atOnce) * atOnce : 1);
  let open: PlannedUnit | null = null;
  let bytes = 0;
  let done = 0;
  for (const object of objects) {
    const expected = expectedBytes(object);
    const isFull = bytes + expected > limits.unitBytes || done + expected / 2 > units.length * share;
    if (!open || open.objects.length >= limits.unitObjects || isFull) {
      open = { id: id(units.length), objects: [] };
      units.push(open);
      bytes = 0;
    }
    open.objects.push(object);
    bytes += expected;
    done += expected;
  }
  return units;
}

/** Raw bytes to expect: mail events compress about eightfold. */
export const expectedBytes = ({ key, size }: Pick<PlannedObject, 'key' | 'size'>): number =>
  key.endsWith('.gz') ? size * 8 : size;

/** The hour, UTC, in which every plan is looked at; in the others those of the last days. */
export const HOUR_OF_SURVEY = 1;

export interface Requeued {
  /** units queued again */
  queued: number;
  /** every unit without outcome that was looked at, queued again or not: their number and age are metrics */
  open: OpenUnit[];
}

/**
 * Queues again each unit, halves included, that was planned an hour ago or earlier and has no outcome: messages are hints
 * and get lost, plans are the truth. To be called at each tick of the planner; null if it was done in this hour.
 *
 * At most once an hour: one create-only mark for each hour of the clock, made before anything is sent. That is one call a
 * tick, where a mark for each unit would be a call for each open unit, and it saves reading the plans at the other
 * ticks. The price: if the planner that made the mark dies before it has sent all, the rest waits for the next hour. Most
 * hours read the plans of the last days; one hour of the day reads all, so that its cost doesn't come every hour.
 */
export async function requeue(
  { lake, queue, clock }: Pick<Ports, 'lake' | 'queue' | 'clock'>,
  settings: Settings,
): Promise<Requeued | null> {
  const now = clock.now();
  const hourOfDay = new Date(now).getUTCHours();
  if (!(await createState(lake, requeueKey(utcDate(now), hourOfDay), { started_at: now }))) return null;
  const survey = hourOfDay === HOUR_OF_SURVEY ? await surveyPlans(lake) : null;
  const open = survey?.open ?? (await recentlyOpenUnits(lake, now));
  const due = open.filter(({ plannedAt }) => now - plannedAt >= HOUR_MS);
  await queueUnits({ queue, clock }, settings, due);
  if (survey) await markDecidedDays(lake, survey);
  return { queued: due.length, open };
}
