/**
 * audit: checks that everything is accounted for. It compares raw listings with plans, plans with outcomes, outcomes
 * with files, generations with files and the catalog, and checks the counting law (records = accepted + duplicate +
 * skipped + quarantined). Each drift has a kind, the object and words for a person. It works prefix by prefix and day
 * by day, so that its memory doesn't grow with the lake.
 */

import { concurrently } from '../concurrently.ts';
import { HOUR_MS, utcDate } from '../days.ts';
import type { Ports, Store } from '../ports.ts';
import type { TableDay } from '../protocol/day-files.ts';
import { expiredDays } from '../protocol/expired.ts';
import { auditKey, auditsRoot, outcomeFolder, planDayOf } from '../protocol/keys.ts';
import { laneOf } from '../protocol/lanes.ts';
import { meaningsOf } from '../protocol/meaning.ts';
import { type OpenUnit, openUnits } from '../protocol/open-units.ts';
import { createState, type Generation, readState } from '../protocol/records.ts';
import type { Retention } from '../retention.ts';
import { DEFAULT_SETTINGS, type Settings } from '../settings.ts';
import type { View } from '../sql/views/view.ts';
import { markAcknowledged, mayBeAcknowledged, splitAcknowledged } from './audit/acknowledged.ts';
import { auditDays } from './audit/days.ts';
import { type AuditReach, auditScope, type Drift, type DriftKind, type ReportDrift } from './audit/drifts.ts';
import { noting } from './audit/notes.ts';
import { auditRaw } from './audit/raw.ts';
import { auditRebuilds, type RebuildAudit } from './audit/rebuilds.ts';
import { auditUnits } from './audit/units.ts';
import type { Removed } from './collect.ts';
import { rollupRecipe } from './rollup.ts';
import { isOverdue } from './settle/watermark.ts';

export { type AuditReach, DRIFTS, type Drift, type DriftKind } from './audit/drifts.ts';

export interface AuditReport {
  checked_at: number;
  raw_objects: number;
  units: number;
  open_units: number;
  records: number;
  files: number;
  drift_count: number;
  drifts_by_kind: Record<string, number>;
  /** what is not as it should be; after a repair, what it could not mend */
  drifts: Drift[];
  /** drifts that stay, and that a person has acknowledged: they don't count */
  acknowledged: Drift[];
  /** what a repair found and mended */
  repaired?: Drift[];
  /** steps of a repair that failed, in words */
  failures?: string[];
  /** rebuilds whose rows readers see; of all other days they see the first readings */
  rebuilds?: RebuildAudit[];
  /** what the collector removed */
  removed?: Removed[];
  /** days that have expired, of one table or more, and the last of each table; left out: none has */
  expired?: { days: number; tables: { table: string; last: string }[] };
}

/** A backfill of which no unit got done for so long stands still; the alarm backfill-stands uses the same time. */
const STANDS_MS = 3 * HOUR_MS;

export type AuditPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'clock'>;

export interface AuditOptions {
  settings?: Settings;
  /** left out: `all` */
  reach?: AuditReach;
  /** false: raw data is not audited */
  hasRaw?: boolean;
  /** read the bytes of live files, too, and not sizes alone; settled ones are always compared */
  isDeep?: boolean;
  /**
   * the views of sql/ with the seeds, and the select of the rollup; left out, what computed it is not checked:
   * recipient_messages
   */
  views?: readonly View[];
  select?: string;
  /** left out: everything is kept for ever */
  retention?: Retention;
  /** runs the audit, and shows how many entries it has looked at: of plans and raw listings, outcomes, and their files */
  watch?: Watch;
}

export type Watch = <T>(look: (looked: (entries: number) => void) => Promise<T>) => Promise<T>;

/** What an audit found, and what a repair has to work on. */
export interface Findings {
  report: AuditReport;
  /** raw prefixes with objects in no plan */
  unplanned: string[];
  open: OpenUnit[];
  unregistered: { table: string; dt: string }[];
  stale: Generation[];
  damaged: Generation[];
  /** days whose newest generation's record can't be read */
  unreadable: TableDay[];
  /** days with live files that are gone or damaged */
  broken: { table: string; dt: string }[];
  /** why notes for the next audit could not be written; null if they were */
  refusal: unknown;
}

/** Audits, writes the report into the store and returns it. Changes nothing else. */
export async function audit(ports: AuditPorts, options: AuditOptions = {}): Promise<AuditReport> {
  const { report } = await findDrift(ports, options);
  await writeReport(ports, report);
  return report;
}

/**
 * Audits, marks what stays and was found (of one object, if `only` names it) as acknowledged, and returns the report of
 * what is left.
 */
export async function acknowledge(
  ports: AuditPorts,
  options: AuditOptions & { only?: string } = {},
): Promise<AuditReport> {
  const { report } = await findDrift(ports, options);
  const meant = report.drifts.filter(
    (drift) => mayBeAcknowledged(drift) && (options.only === undefined || drift.key === options.only),
  );
  await markAcknowledged(ports, meant);
  const drifts = report.drifts.filter((drift) => !meant.includes(drift));
  const acknowledged = [...report.acknowledged, ...meant].sort(byKindAndKey);
  const after: AuditReport = { ...report, ...countsOf(drifts), drifts, acknowledged };
  await writeReport(ports, after);
  return after;
}

export const writeReport = ({ lake, clock }: Pick<Ports, 'lake' | 'clock'>, report: AuditReport): Promise<boolean> =>
  createState(lake, auditKey(utcDate(report.checked_at), clock.nonce()), report);

/** The report of the latest audit that has kept one; null if none has. */
export async function latestReport(lake: Pick<Store, 'list' | 'prefixes' | 'get'>): Promise<AuditReport | null> {
  const day = (await Array.fromAsync(lake.prefixes(auditsRoot))).at(-1);
  if (day === undefined) return null;
  const keys = (await Array.fromAsync(lake.list(day))).map(({ key }) => key);
  const reports = await concurrently(keys, READS_AT_ONCE, (key) => readState<AuditReport>(lake, key));
  return reports.reduce((latest, one) => (one && one.checked_at > (latest?.checked_at ?? 0) ? one : latest), null);
}

const READS_AT_ONCE = 16;

/** Audits; writes only notes for the next one, if it may. */
export const findDrift = (ports: AuditPorts, options: AuditOptions): Promise<Findings> =>
  options.watch ? options.watch((looked) => lookThrough(ports, options, looked)) : lookThrough(ports, options);

async function lookThrough(
  ports: AuditPorts,
  {
    settings = DEFAULT_SETTINGS,
    reach = 'all',
    hasRaw = true,
    isDeep = false,
    views,
    select,
    retention = {},
  }: AuditOptions,
  looked?: (entries: number) => void,
): Promise<Findings> {
  const found: Drift[] = [];
  const drift: ReportDrift = (kind, key, detail = '') => void found.push({ kind, key, detail });
  const now = ports.clock.now();
  const scope = auditScope(reach, now, looked);

  let refusal: unknown = null;
  const noted = noting(ports.lake, (error) => {
    refusal = error;
  });
  const raw = await auditRaw({ raw: ports.raw, lake: noted }, settings, scope, hasRaw, drift);
  const open = await openUnits(ports.lake, { everything: scope.isThorough });
  // A thorough audit names every open unit; a regular one leaves a unit some time, and a backfill as long as it moves on.
  const isMoving = scope.isThorough ? () => false : await movingBackfill(ports.lake, settings, open, now);
  const due = open.filter((unit) => scope.isThorough || (now - unit.plannedAt > HOUR_MS && !isMoving(unit)));
  for (const unit of due) drift(isOverdue(unit, now) ? 'overdue_unit' : 'open_unit', unit.unit);
  const expired = await expiredDays(ports.lake);
  const units = await auditUnits(ports, scope, expired, drift, isDeep);
  if (scope.isThorough) checkPlanDays(raw.planned, units.objects, open, drift);
  const today = {
    rollup: views && select !== undefined ? rollupRecipe(select, views) : null,
    meanings: meaningsOf(settings),
  };
  const openIds = new Set(open.map(({ unit }) => unit));
  const expiring = { retention, expired };
  const days = await auditDays(ports, scope, openIds, today, expiring, drift);
  const { files, stale, damaged, unreadable, rebuilt } = days;
  const ofRebuilds = await auditRebuilds(ports.lake, rebuilt, drift);

  const { drifts, acknowledged } = await splitAcknowledged(ports.lake, found.sort(byKindAndKey));
  const report: AuditReport = {
    checked_at: now,
    raw_objects: raw.objects,
    units: units.units,
    open_units: open.length,
    records: units.records,
    files,
    ...countsOf(drifts),
    drifts,
    acknowledged,
    ...(ofRebuilds.length > 0 ? { rebuilds: ofRebuilds } : {}),
    ...(expired.tables.length > 0
      ? {
          expired: {
            days: days.expired,
            tables: expired.tables.map((table) => ({ table, last: expired.lastOf(table) })),
          },
        }
      : {}),
  };
  const { unregistered, broken } = units;
  return { report, unplanned: raw.unplanned, open, unregistered, stale, damaged, unreadable, broken, refusal };
}

/**
 * Tells whether a unit belongs to a backfill that moves on: another unit of its day got done lately. Costs a listing
 * for each day.
 */
async function movingBackfill(
  lake: Pick<Ports['lake'], 'list'>,
  settings: Settings,
  open: readonly OpenUnit[],
  now: number,
): Promise<(unit: OpenUnit) => boolean> {
  const isBackfill = (unit: OpenUnit): boolean => laneOf(unit, settings, now) === 'backfill';
  const days = new Set(open.filter(isBackfill).map(({ unit }) => planDayOf(unit)));
  const moving = new Set<string>();
  for (const day of days) {
    for await (const { modified } of lake.list(outcomeFolder(day))) if (now - modified < STANDS_MS) moving.add(day);
  }
  return (unit) => isBackfill(unit) && moving.has(planDayOf(unit.unit));
}

const byKindAndKey = (a: Drift, b: Drift): number => compare(a.kind, b.kind) || compare(a.key, b.key);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const countsOf = (drifts: readonly Drift[]): Pick<AuditReport, 'drift_count' | 'drifts_by_kind'> => ({
  drift_count: drifts.length,
  drifts_by_kind: Object.fromEntries(
    [...Map.groupBy(drifts, ({ kind }): DriftKind => kind)].map(([kind, found]) => [kind, found.length]).sort(),
  ),
});

/** The counting law holds for each plan day: once its units are done, their objects are those that were planned. */
function checkPlanDays(
  planned: ReadonlyMap<string, number>,
  read: ReadonlyMap<string, number>,
  open: readonly OpenUnit[],
  drift: ReportDrift,
): void {
  const unfinished = new Set(open.map(({ unit }) => planDayOf(unit)));
  for (const dt of new Set([...planned.keys(), ...read.keys()])) {
    const [before, after] = [planned.get(dt) ?? 0, read.get(dt) ?? 0];
    if (before === after || unfinished.has(dt)) continue;
    drift('unaccounted_objects', dt, `${before} objects planned, ${after} in outcomes`);
  }
}
