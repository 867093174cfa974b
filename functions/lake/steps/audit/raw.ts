/** Raw listings against plans: every object in exactly one unit, as it was. Prefix by prefix, so that nothing grows. */

import { concurrently } from '../../concurrently.ts';
import { HOUR_MS } from '../../days.ts';
import type { Ports } from '../../ports.ts';
import { ChangedObjects } from '../../protocol/changed-objects.ts';
import { closedKey, planDayOf, plansRoot } from '../../protocol/keys.ts';
import { KnownObjects } from '../../protocol/known-objects.ts';
import { hasOtherLayouts, plansAround } from '../../protocol/layouts.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import { hourOfPrefix, outsideTemplate, REACH_HOURS, rawPrefixes } from '../../protocol/raw-prefixes.ts';
import { type Plan, planKeysOf, rawPlans, readPlan } from '../../protocol/records.ts';
import type { Settings } from '../../settings.ts';
import { closePrefix, closingsOf, ListingDigest } from './closed-prefixes.ts';
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

/** What an audit of raw data has under way. */
interface RawWork {
  ports: RawPorts;
  scope: AuditScope;
  found: RawAudit;
  drift: ReportDrift;
  /** prefixes of other templates may contain each other (layouts.ts) */
  isMixed: boolean;
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
  const isMixed = hasRaw && (await hasOtherLayouts(ports.lake, settings));
  const work: RawWork = { ports, scope, found, drift, isMixed, counted: new Set() };
  if (!hasRaw) {
    const known = new KnownObjects();
    for await (const { key } of rawPlans(ports.lake)) await addPlan(work, key, '', known, drift);
    return { ...found, objects: known.size };
  }
  if (settings.rawTemplate !== null) {
    for await (const key of outsideTemplate(ports.raw, settings.rawTemplate)) drift('outside_template', key);
  }
  const seen = new Set<string>();
  await concurrently(prefixes(), PREFIXES_AT_ONCE, (prefix) => {
    if (scope.isThorough) seen.add(prefix);
    return auditPrefix(work, prefix, isOld(prefix));
  });
  // Where the last object of a folder has gone since, no listing names the folder; its plans count all the same.
  if (scope.isThorough) {
    await concurrently(plannedPrefixes(), PREFIXES_AT_ONCE, (prefix) =>
      isMixed ? countPlans(work, prefix) : auditPrefix(work, prefix, isOld(prefix)),
    );
  }
  return found;

  async function* plannedPrefixes(): AsyncGenerator<string> {
    for await (const { key } of rawPlans(ports.lake)) {
      const prefix = key.slice(plansRoot.length, key.lastIndexOf('/') + 1);
      if (seen.has(prefix)) continue;
      seen.add(prefix);
      yield prefix;
    }
  }

  function hourOf(prefix: string): number | null {
    const { rawTemplate, objectNameOffsetHours } = settings;
    return rawTemplate === null ? null : hourOfPrefix(rawTemplate, prefix, objectNameOffsetHours);
  }

  /** Planners no longer look at it. */
  function isOld(prefix: string): boolean {
    const hour = hourOf(prefix);
    return hour !== null && scope.now - hour > REACH_HOURS.daily * HOUR_MS;
  }

  async function* prefixes(): AsyncGenerator<string> {
    for await (const prefix of rawPrefixes(ports.raw, settings, scope.now, 'all')) {
      const hour = hourOf(prefix);
      if (hour === null || scope.includesTime(hour)) yield prefix;
    }
  }
}

/** For a prefix of another template: its objects are covered by today's prefixes. */
async function countPlans({ ports, found, counted }: RawWork, prefix: string): Promise<void> {
  for (const key of await planKeysOf(ports.lake, prefix)) {
    if (!counted.has(key)) countPlan(found, counted, key, await readPlan(ports.lake, key));
  }
}

async function auditPrefix(work: RawWork, prefix: string, isOld: boolean): Promise<void> {
  const { ports, scope, found, drift, isMixed } = work;
  const mayTrust = isOld && !scope.isThorough;
  const closings = mayTrust ? await closingsOf(ports.lake, prefix) : new Set<string>();
  if (closings.size > 0) {
    const digest = new ListingDigest();
    for await (const object of ports.raw.list(prefix)) digest.add(object);
    if (closings.has(closedKey(prefix, digest.objects, digest.hex()))) {
      found.objects += digest.objects;
      return;
    }
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
  const changed = new ChangedObjects(ports, new Outcomes(ports.lake), prefix, around);
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
}

async function addPlan(
  { ports, found, counted }: RawWork,
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
