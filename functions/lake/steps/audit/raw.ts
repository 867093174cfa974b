/**
 * Audits raw listings against plans, prefix by prefix: every object is in exactly one unit, with the bytes it had then.
 */

import { concurrently } from '../../concurrently.ts';
import { DAY_MS, HOUR_MS } from '../../days.ts';
import type { Ports, StoredObject } from '../../ports.ts';
import { ChangedObjects } from '../../protocol/changed-objects.ts';
import { DamagedSegment } from '../../protocol/checkpoints.ts';
import { closedObjects, closePrefix, ListingDigest } from '../../protocol/closed-prefixes.ts';
import { compareKeys } from '../../protocol/key-order.ts';
import { planDayOf, plansRoot } from '../../protocol/keys.ts';
import { KnownObjects } from '../../protocol/known-objects.ts';
import { foldersAbove, type Layout, layoutOf, PlansAbove, plansAround, plansBelow } from '../../protocol/layouts.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import { lookIn, PlannedObjects } from '../../protocol/planned-objects.ts';
import { dayTemplate, hourOfPrefix, outsideTemplate, REACH_HOURS, rawPrefixes } from '../../protocol/raw-prefixes.ts';
import { type RawSource, rawSources, sourceOf } from '../../protocol/raw-sources.ts';
import { type Plan, plansOf, rawPlans, readPlan } from '../../protocol/records.ts';
import type { Settings } from '../../settings.ts';
import type { Range } from '../plan/looks.ts';
import type { AuditScope, ReportDrift } from './drifts.ts';

export interface RawAudit {
  /** objects looked at */
  objects: number;
  /** prefixes with objects in no plan */
  unplanned: string[];
  /** objects of plans by plan day; only of those prefixes whose plans were read */
  planned: Map<string, number>;
}

type RawPorts = Pick<Ports, 'raw' | 'lake'>;

/** The state of an audit of a raw source while it runs. */
interface RawWork {
  ports: RawPorts;
  scope: AuditScope;
  found: RawAudit;
  drift: ReportDrift;
  layout: Layout;
  /** plans of the folders above prefixes, each read once for all of them */
  above: PlansAbove;
  /** null where the template has no folders of days */
  days: ClosedDays | null;
  /** plans whose objects are in `found.planned` */
  counted: Set<string>;
}

/** What a look at a prefix has found; told once it is over, as a look that meets a damaged summary begins anew. */
interface Looked {
  objects: number;
  drifts: Parameters<ReportDrift>[];
}

const PREFIXES_AT_ONCE = 8;

/** With `hasRaw: false` only the plans are looked at. */
export async function auditRaw(
  ports: RawPorts,
  settings: Settings,
  scope: AuditScope,
  hasRaw: boolean,
  drift: ReportDrift,
): Promise<RawAudit> {
  const found: RawAudit = { objects: 0, unplanned: [], planned: new Map() };
  const counted = new Set<string>();
  if (!hasRaw) {
    const known = await addPlans({ ports, scope, found, counted }, rawPlans(ports.lake), '', [], drift);
    return { ...found, objects: known.size };
  }
  const above = new PlansAbove(ports.lake);
  for (const source of rawSources(settings)) {
    const layout = await layoutOf(ports.lake, settings, { mount: source.mount, isLook: true });
    const days = ClosedDays.of(source);
    await auditSource({ ports, scope, found, drift, layout, above, days, counted }, settings, source);
  }
  return found;
}

async function auditSource(work: RawWork, settings: Settings, source: RawSource): Promise<void> {
  const { ports, scope, found, drift, above } = work;
  const { mount, rawTemplate, objectNameOffsetHours } = source;
  if (rawTemplate !== null) {
    for await (const key of outsideTemplate(ports.raw, rawTemplate, isInScope)) drift('outside_template', key);
  }
  const seen = new Set<string>();
  await concurrently(prefixes(), PREFIXES_AT_ONCE, async (prefix) => {
    if (scope.isThorough) seen.add(prefix);
    const { objects, drifts } = await look(prefix);
    found.objects += objects;
    for (const one of drifts) drift(...one);
    if (drifts.some(([kind]) => kind === 'unplanned_object')) found.unplanned.push(prefix);
  });
  await work.days?.close(ports);
  if (scope.isThorough) {
    await concurrently(otherPrefixes(), PREFIXES_AT_ONCE, async (prefix) => {
      await addPlans(work, await plansOf(ports.lake, prefix), prefix, await plannedAbove(work, prefix), drift);
    });
  }

  function look(prefix: string): Promise<Looked> {
    const asPlanned = (): Promise<Looked> => auditPrefix({ ...work, above: above.asPlanned }, prefix, isOld(prefix));
    if (scope.isThorough) return asPlanned();
    const looked = hourOf(prefix) === null ? auditParts(work, prefix) : auditPrefix(work, prefix, isOld(prefix));
    return looked.catch((error: unknown) => {
      if (error instanceof DamagedSegment) return asPlanned();
      throw error;
    });
  }

  /**
   * Prefixes with plans that no prefix of today covers: those of another template, and those whose last object has gone
   * since, which no listing names. Their plans count all the same.
   */
  async function* otherPrefixes(): AsyncGenerator<string> {
    const others = new Set<string>();
    for await (const { key } of rawPlans(ports.lake)) {
      const prefix = key.slice(plansRoot.length, key.lastIndexOf('/') + 1);
      if (others.has(prefix) || sourceOf(settings, prefix).mount !== mount) continue;
      others.add(prefix);
      if (![prefix, ...foldersAbove(prefix)].some((folder) => seen.has(folder))) yield prefix;
    }
  }

  function hourOf(prefix: string): number | null {
    return rawTemplate === null ? null : hourOfPrefix(rawTemplate, prefix, objectNameOffsetHours);
  }

  /** Planners no longer list it. */
  function isOld(prefix: string): boolean {
    const hour = hourOf(prefix);
    return hour !== null && isOldHour(hour);
  }

  function isOldHour(hour: number): boolean {
    return scope.now - hour > REACH_HOURS.daily * HOUR_MS;
  }

  /** Whether a folder is to be listed: it is that of a day whose turn it is, or of no day. */
  function isInScope(folder: string): boolean {
    const first = work.days?.firstHour(folder) ?? null;
    return first === null || scope.includesTime(first) || scope.includesTime(first + DAY_MS - HOUR_MS);
  }

  async function mayHold(folder: string): Promise<boolean> {
    if (!isInScope(folder)) return false;
    const first = work.days?.firstHour(folder) ?? null;
    if (scope.isThorough || first === null || !isOldHour(first + DAY_MS)) return true;
    const closed = await closedObjects(ports, folder);
    found.objects += closed ?? 0;
    return closed === null;
  }

  async function* prefixes(): AsyncGenerator<string> {
    for await (const prefix of rawPrefixes(ports.raw, source, scope.now, 'all', mayHold)) {
      const hour = hourOf(prefix);
      if (hour === null || scope.includesTime(hour)) yield prefix;
    }
  }
}

/** Old days of which every prefix was found whole: from then on one listing tells that a day is as it was. */
class ClosedDays {
  readonly #template: string;
  readonly #offset: Settings['objectNameOffsetHours'];
  readonly #days = new Map<string, { objects: number; isWhole: boolean }>();

  private constructor(template: string, offset: Settings['objectNameOffsetHours']) {
    this.#template = template;
    this.#offset = offset;
  }

  static of({ rawTemplate, objectNameOffsetHours }: RawSource): ClosedDays | null {
    const template = rawTemplate === null ? null : dayTemplate(rawTemplate);
    return template === null ? null : new ClosedDays(template, objectNameOffsetHours);
  }

  /** The first hour of the day whose folder it is, epoch ms; null for another folder. */
  firstHour(folder: string): number | null {
    return hourOfPrefix(this.#template, folder, this.#offset);
  }

  add(prefix: string, objects: number, isWhole: boolean): void {
    const folder = prefix
      .split('/')
      .slice(0, this.#template.split('/').length - 1)
      .join('/');
    const before = this.#days.get(folder) ?? { objects: 0, isWhole: true };
    this.#days.set(folder, { objects: before.objects + objects, isWhole: before.isWhole && isWhole });
  }

  /** What lies in a day's folder beside its prefixes keeps the day open, as does a prefix that has come meanwhile. */
  async close({ raw, lake }: RawPorts): Promise<void> {
    const whole = [...this.#days].filter(([, { isWhole }]) => isWhole);
    await concurrently(whole, PREFIXES_AT_ONCE, async ([day, { objects }]) => {
      const folder = `${day}/`;
      const digest = new ListingDigest();
      for await (const object of raw.list(folder)) digest.add(object);
      if (digest.objects === objects) await closePrefix(lake, folder, objects, digest.hex());
    });
  }
}

/** What is planned above a prefix, where the template has changed. */
const plannedAbove = async ({ layout, above }: RawWork, prefix: string): Promise<PlannedObjects[]> =>
  layout.isMixed ? above.of(prefix) : [];

const changedObjects = ({ ports, layout }: RawWork, prefix: string, look: PlannedObjects['look']): ChangedObjects =>
  new ChangedObjects(ports, new Outcomes(ports.lake), prefix, look, async () =>
    layout.isMixed ? plansAround(ports.lake, prefix) : [],
  );

/** Reads the plans of a prefix one by one, and those below it; what is planned above is known for all prefixes. */
async function auditPrefix(work: RawWork, prefix: string, isOld: boolean): Promise<Looked> {
  const { lake, raw } = work.ports;
  const closed = isOld && !work.scope.isThorough ? await closedObjects(work.ports, prefix) : null;
  if (closed !== null) {
    work.days?.add(prefix, closed, true);
    return { objects: closed, drifts: [] };
  }
  const drifts: Looked['drifts'] = [];
  const report: ReportDrift = (...one) => void drifts.push(one);
  const above = await plannedAbove(work, prefix);
  const plans = [...(await plansOf(lake, prefix)), ...(work.layout.isMixed ? await plansBelow(lake, prefix) : [])];
  const known = await addPlans(work, plans, prefix, above, report);
  const look: PlannedObjects['look'] = async (object) => {
    const here = known.look(object);
    return here === 'new' ? lookIn(above, object) : here;
  };
  const changed = changedObjects(work, prefix, look);
  const digest = new ListingDigest();
  for await (const object of raw.list(prefix)) {
    digest.add(object);
    work.scope.looked(1);
    const is = await look(object);
    if (is === 'new') report('unplanned_object', object.key);
    else if (is === 'changed') await changed.add(object);
  }
  for (const { key, etag } of await changed.end()) report('raw_changed', key, `its etag is ${etag} now`);
  const isWhole = drifts.length === 0;
  if (isWhole && isOld) await closePrefix(lake, prefix, digest.objects, digest.hex());
  work.days?.add(prefix, digest.objects, isWhole && isOld);
  return { objects: digest.objects, drifts };
}

/** Parts of the listing of a prefix without hours that a daily audit looks at, of this many. */
const TURNS = 30;
/** Objects up to which all parts are looked at. */
const MOST_WHOLE = 500_000;

/**
 * A prefix without hours, between two thorough audits: planners' summaries are trusted, and of a large prefix the audit
 * of each day lists another thirtieth, and the end.
 */
async function auditParts(work: RawWork, prefix: string): Promise<Looked> {
  const { ports, scope, layout } = work;
  const planned = await PlannedObjects.read(ports.lake, prefix, {
    layout: layout.isMixed ? layout.n : null,
    above: await plannedAbove(work, prefix),
  });
  const changed = changedObjects(work, prefix, (object) => planned.look(object));
  const looked: Looked = { objects: 0, drifts: [] };
  for (const { after, until } of partsOfDay(planned, scope.now)) {
    for await (const object of ports.raw.list(prefix, after === '' ? {} : { after })) {
      if (until !== null && compareKeys(object.key, until) > 0) break;
      looked.objects++;
      scope.looked(1);
      const is = await planned.look(object);
      if (is === 'changed') await changed.add(object);
      if (is === 'new') looked.drifts.push(['unplanned_object', object.key]);
    }
  }
  for (const { key, etag } of await changed.end()) {
    looked.drifts.push(['raw_changed', key, `its etag is ${etag} now`]);
  }
  return looked;
}

function partsOfDay(planned: PlannedObjects, now: number): Range[] {
  const { segments } = planned;
  if (planned.size <= MOST_WHOLE) return [{ after: '', until: null }];
  const today = Math.floor(now / DAY_MS) % TURNS;
  const parts = segments
    .map(({ until }, i): Range => ({ after: segments[i - 1]?.until ?? '', until }))
    .filter((_, i) => i % TURNS === today);
  return [...parts, { after: segments.at(-1)?.until ?? '', until: null }];
}

/** Objects of plans below a prefix; counts the plans, and reports what one of them, or a plan above, holds again. */
async function addPlans(
  { ports, scope, found, counted }: Pick<RawWork, 'ports' | 'scope' | 'found' | 'counted'>,
  plans: Iterable<StoredObject> | AsyncIterable<StoredObject>,
  prefix: string,
  above: readonly PlannedObjects[],
  drift: ReportDrift,
): Promise<KnownObjects> {
  const known = new KnownObjects();
  for await (const { key } of plans) {
    const plan = await readPlan(ports.lake, key);
    if (!counted.has(key)) countPlan(found, counted, key, plan);
    for (const { id, objects } of plan.units) {
      scope.looked(objects.length);
      for (const object of objects) {
        if (!object.key.startsWith(prefix)) continue;
        const isTwice = known.add(object) !== 'new' || (above.length > 0 && (await lookIn(above, object)) !== 'new');
        if (isTwice) drift('planned_twice', object.key, `again in ${id}`);
      }
    }
  }
  return known;
}

function countPlan(found: RawAudit, counted: Set<string>, planKey: string, { units }: Plan): void {
  counted.add(planKey);
  for (const { id, objects } of units) {
    const dt = planDayOf(id);
    found.planned.set(dt, (found.planned.get(dt) ?? 0) + objects.length);
  }
}
