/**
 * Audits raw listings against plans, prefix by prefix: every object is in exactly one unit, with the bytes it had then.
 */

import { concurrently } from '../../concurrently.ts';
import { DAY_MS, HOUR_MS } from '../../days.ts';
import type { Ports } from '../../ports.ts';
import { ChangedObjects } from '../../protocol/changed-objects.ts';
import { DamagedSegment } from '../../protocol/checkpoints.ts';
import { closedObjects, closePrefix, ListingDigest } from '../../protocol/closed-prefixes.ts';
import { compareKeys } from '../../protocol/key-order.ts';
import { planDayOf, plansRoot } from '../../protocol/keys.ts';
import { KnownObjects } from '../../protocol/known-objects.ts';
import { type Layout, layoutOf, PlansAbove, plansAround } from '../../protocol/layouts.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import { PlannedObjects, SUMMARY_LIMITS } from '../../protocol/planned-objects.ts';
import { dayTemplate, hourOfPrefix, outsideTemplate, REACH_HOURS, rawPrefixes } from '../../protocol/raw-prefixes.ts';
import { type RawSource, rawSources, sourceOf } from '../../protocol/raw-sources.ts';
import { type Plan, planKeysOf, rawPlans, readPlan } from '../../protocol/records.ts';
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
  above: PlansAbove;
  /** null where the template has no folders of days */
  days: ClosedDays | null;
  /** plans whose objects are in `found.planned` */
  counted: Set<string>;
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
    const known = new KnownObjects();
    const counting = { ports, found, counted };
    for await (const { key } of rawPlans(ports.lake)) await addPlan(counting, key, '', known, drift);
    return { ...found, objects: known.size };
  }
  for (const source of rawSources(settings)) {
    const layout = await layoutOf(ports.lake, settings, { mount: source.mount, isLook: true });
    const above = new PlansAbove(ports.lake, SUMMARY_LIMITS);
    const days = ClosedDays.of(source);
    await auditSource({ ports, scope, found, drift, layout, above, days, counted }, settings, source);
  }
  return found;
}

async function auditSource(work: RawWork, settings: Settings, source: RawSource): Promise<void> {
  const { ports, scope, found, drift, layout } = work;
  const { mount, rawTemplate, objectNameOffsetHours } = source;
  const { isMixed } = layout;
  if (rawTemplate !== null) {
    for await (const key of outsideTemplate(ports.raw, rawTemplate, isInScope)) drift('outside_template', key);
  }
  const seen = new Set<string>();
  await concurrently(prefixes(), PREFIXES_AT_ONCE, (prefix) => {
    if (scope.isThorough) seen.add(prefix);
    const whole = (): Promise<void> => auditPrefix(work, prefix, isOld(prefix));
    if (scope.isThorough || hourOf(prefix) !== null) return whole();
    return auditParts(work, prefix).catch((error: unknown) => {
      if (error instanceof DamagedSegment) return whole();
      throw error;
    });
  });
  if (!isMixed) await work.days?.close(ports);
  // Where the last object of a folder has gone since, no listing names the folder; its plans count all the same.
  if (scope.isThorough) {
    await concurrently(plannedPrefixes(), PREFIXES_AT_ONCE, (prefix) =>
      isMixed ? countPlans(work, prefix) : auditPrefix(work, prefix, isOld(prefix)),
    );
  }

  async function* plannedPrefixes(): AsyncGenerator<string> {
    for await (const { key } of rawPlans(ports.lake)) {
      const prefix = key.slice(plansRoot.length, key.lastIndexOf('/') + 1);
      if (seen.has(prefix) || sourceOf(settings, prefix).mount !== mount) continue;
      seen.add(prefix);
      yield prefix;
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
    if (scope.isThorough || isMixed || first === null || !isOldHour(first + DAY_MS)) return true;
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

/** For a prefix of another template: its objects are covered by today's prefixes. */
async function countPlans({ ports, found, counted }: RawWork, prefix: string): Promise<void> {
  for (const key of await planKeysOf(ports.lake, prefix)) {
    if (!counted.has(key)) countPlan(found, counted, key, await readPlan(ports.lake, key));
  }
}

async function auditPrefix(work: RawWork, prefix: string, isOld: boolean): Promise<void> {
  const { ports, scope, found, drift } = work;
  const { isMixed } = work.layout;
  const mayTrust = isOld && !scope.isThorough;
  const closed = mayTrust ? await closedObjects(ports, prefix) : null;
  if (closed !== null) {
    found.objects += closed;
    work.days?.add(prefix, closed, true);
    return;
  }
  const known = new KnownObjects();
  let isWhole = true;
  const report: ReportDrift = (...args) => {
    isWhole = false;
    drift(...args);
  };
  const around = isMixed ? await plansAround(ports.lake, prefix) : [];
  for (const key of [...(await planKeysOf(ports.lake, prefix)), ...around]) {
    await addPlan(work, key, prefix, known, report);
  }
  const changed = new ChangedObjects(ports, new Outcomes(ports.lake), prefix, async () => around);
  const digest = new ListingDigest();
  let hasUnplanned = false;
  for await (const object of ports.raw.list(prefix)) {
    digest.add(object);
    const is = known.add(object);
    if (is === 'new') {
      hasUnplanned = true;
      report('unplanned_object', object.key);
    } else if (is === 'changed') await changed.add(object);
  }
  for (const { key, etag } of await changed.end()) report('raw_changed', key, `its etag is ${etag} now`);
  found.objects += digest.objects;
  if (hasUnplanned) found.unplanned.push(prefix);
  if (isWhole && isOld) await closePrefix(ports.lake, prefix, digest.objects, digest.hex());
  work.days?.add(prefix, digest.objects, isWhole && isOld);
}

/** Parts of the listing of a prefix without hours that a daily audit looks at, of this many. */
const TURNS = 30;
/** Objects up to which all parts are looked at. */
const MOST_WHOLE = 500_000;

/**
 * A prefix without hours, between two thorough audits: planners' summaries are trusted, and of a large prefix the audit
 * of each day lists another thirtieth, and the end.
 */
async function auditParts(
  { ports, scope, found, drift, layout: { n, isMixed }, above }: RawWork,
  prefix: string,
): Promise<void> {
  const { lake, raw } = ports;
  const planned = await PlannedObjects.read(lake, prefix, {
    layout: isMixed ? n : null,
    above: isMixed ? await above.of(prefix) : [],
  });
  const changed = new ChangedObjects(ports, new Outcomes(lake), prefix, () =>
    isMixed ? plansAround(lake, prefix) : Promise.resolve([]),
  );
  let hasUnplanned = false;
  for (const { after, until } of partsOfDay(planned, scope.now)) {
    for await (const object of raw.list(prefix, after === '' ? {} : { after })) {
      if (until !== null && compareKeys(object.key, until) > 0) break;
      found.objects++;
      const is = await planned.look(object);
      if (is === 'changed') await changed.add(object);
      if (is !== 'new') continue;
      hasUnplanned = true;
      drift('unplanned_object', object.key);
    }
  }
  for (const { key, etag } of await changed.end()) drift('raw_changed', key, `its etag is ${etag} now`);
  if (hasUnplanned) found.unplanned.push(prefix);
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

async function addPlan(
  { ports, found, counted }: Pick<RawWork, 'ports' | 'found' | 'counted'>,
  planKey: string,
  prefix: string,
  known: KnownObjects,
  drift: ReportDrift,
): Promise<void> {
  const plan = await readPlan(ports.lake, planKey);
  if (!counted.has(planKey)) countPlan(found, counted, planKey, plan);
  for (const { id, objects } of plan.units) {
    for (const object of objects) {
      if (!object.key.startsWith(prefix) || known.add(object) === 'new') continue;
      drift('planned_twice', object.key, `again in ${id}`);
    }
  }
}

function countPlan(found: RawAudit, counted: Set<string>, planKey: string, { units }: Plan): void {
  counted.add(planKey);
  for (const { id, objects } of units) {
    const dt = planDayOf(id);
    found.planned.set(dt, (found.planned.get(dt) ?? 0) + objects.length);
  }
}
