/**
 * audit: is everything accounted for? Each drift it finds has a kind, the object and words for a person. This first form
 * checks raw against plans, plans against outcomes, the counting law, and files against outcomes, generations and catalog.
 */
import type { Ports } from '../ports.ts';
import { SETTLED_TABLES, TABLES } from '../tables/index.ts';
import { utcDate } from './day.ts';
import { attemptOfFile, auditKey, dayOfKey, generationsRoot, liveFolder } from './layout.ts';
import { openUnits } from './open-units.ts';
import {
  allPlans,
  createState,
  decidedUnits,
  type Generation,
  newestGeneration,
  type Outcome,
  readOutcome,
  readPlan,
} from './state.ts';

export const DRIFTS = {
  unplanned_object: 'a raw object is in no plan: run plan',
  planned_twice: 'a raw object is in two units: its events count twice until the day is settled',
  raw_changed: 'a raw object was rewritten after it was planned; it was read once, as it was',
  source_missing: 'a raw object had gone before it was read: restore it and replay',
  open_unit: 'a unit has no outcome: run transform',
  counting_law: 'a unit does not account for its records',
  live_file_missing: 'a file that an outcome names is not there',
  live_file_differs: 'a file has another size than its outcome says',
  foreign_file: 'a file that no outcome or generation made lies in a table: remove it',
  settled_file_missing: 'a file that the newest generation names is not there',
  settled_file_differs: 'a file has another size than its generation says',
  stale_partition: 'the catalog does not point at the newest generation: run settle',
  missing_partition: 'a day with data is not in the catalog: run transform or settle',
} as const;
export type DriftKind = keyof typeof DRIFTS;

export interface Drift {
  kind: DriftKind;
  /** the object, unit or partition */
  key: string;
  detail: string;
}

export interface AuditReport {
  checked_at: number;
  raw_objects: number;
  units: number;
  open_units: number;
  records: number;
  files: number;
  drifts: Drift[];
}

export type AuditPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'clock'>;

/** Looks at everything, writes the report into the store and returns it. `hasRaw: false` leaves the raw data out. */
export async function audit(ports: AuditPorts, { hasRaw = true } = {}): Promise<AuditReport> {
  const { lake, clock } = ports;
  const drifts: Drift[] = [];
  const drift = (kind: DriftKind, key: string, detail = ''): void => void drifts.push({ kind, key, detail });

  const rawObjects = await auditRaw(ports, hasRaw, drift);
  for (const { unit } of await openUnits(lake)) drift('open_unit', unit);
  const outcomes = await auditOutcomes(ports, drift);
  const files = (await auditLive(ports, outcomes, drift)) + (await auditSettled(ports, drift));

  const report: AuditReport = {
    checked_at: clock.now(),
    raw_objects: rawObjects,
    units: outcomes.length,
    open_units: drifts.filter(({ kind }) => kind === 'open_unit').length,
    records: outcomes.reduce((sum, { records }) => sum + records, 0),
    files,
    drifts,
  };
  await createState(lake, auditKey(utcDate(report.checked_at), clock.nonce()), report);
  return report;
}

type Report = (kind: DriftKind, key: string, detail?: string) => void;

/** Raw listings against plans. */
async function auditRaw({ raw, lake }: AuditPorts, hasRaw: boolean, drift: Report): Promise<number> {
  const planned = new Map<string, { etag: string; unit: string }>();
  for await (const { key: planKey } of allPlans(lake)) {
    for (const { id, objects } of (await readPlan(lake, planKey)).units) {
      for (const { key, etag } of objects) {
        const other = planned.get(key);
        if (other) drift('planned_twice', key, `${other.unit} and ${id}`);
        planned.set(key, { etag, unit: id });
      }
    }
  }
  if (!hasRaw) return planned.size;
  let count = 0;
  for await (const { key, etag } of raw.list('')) {
    count++;
    const plan = planned.get(key);
    if (!plan) drift('unplanned_object', key);
    else if (plan.etag !== etag) drift('raw_changed', key, plan.unit);
  }
  return count;
}

/** The counting law of each unit, and objects that could not be read. */
async function auditOutcomes({ lake }: AuditPorts, drift: Report): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const unit of await decidedUnits(lake)) {
    const outcome = await readOutcome(lake, unit);
    if (!outcome) continue;
    outcomes.push(outcome);
    const { records, accepted, duplicate, skipped, quarantined } = outcome;
    const accounted = accepted + duplicate + skipped + quarantined;
    if (records !== accounted) drift('counting_law', unit, `${records} records, ${accounted} accounted for`);
    for (const { key, problem } of outcome.problems) drift(problem, key, unit);
  }
  return outcomes;
}

/** Live files against outcomes, and their days against the catalog. */
async function auditLive({ lake, catalog }: AuditPorts, outcomes: readonly Outcome[], drift: Report): Promise<number> {
  const named = new Map(outcomes.flatMap(({ files }) => files.map((file) => [file.key, file] as const)));
  const attempts = new Set(outcomes.map(({ attempt }) => attempt));
  const days = Map.groupBy(named.values(), ({ table }) => table);
  const there = new Set<string>();
  for (const [table, files] of days) {
    const registered = new Set((await catalog.locations(table)).map(({ dt }) => dt));
    for (const dt of new Set(files.map((file) => file.dt))) {
      if (!registered.has(dt)) drift('missing_partition', `${table} dt=${dt}`);
      for await (const { key, size } of lake.list(liveFolder(table, dt))) {
        there.add(key);
        const file = named.get(key);
        if (file && file.bytes !== size) drift('live_file_differs', key, `${size} bytes instead of ${file.bytes}`);
        if (!file && !isOfUndecidedAttempt(key, attempts)) drift('foreign_file', key);
      }
    }
  }
  for (const key of named.keys()) if (!there.has(key)) drift('live_file_missing', key);
  return there.size;
}

/** Files of an attempt without an outcome, or of one that lost, wait for their worker or the collector. */
const isOfUndecidedAttempt = (key: string, decided: ReadonlySet<string>): boolean => {
  const attempt = attemptOfFile(key);
  return attempt !== null && !decided.has(attempt);
};

/** The newest generations against their files and the catalog. */
async function auditSettled({ lake, catalog }: AuditPorts, drift: Report): Promise<number> {
  let files = 0;
  const tables = [...SETTLED_TABLES.map(({ name }) => name), 'recipient_messages'].filter((name) => TABLES[name]);
  const days: string[] = [];
  for await (const folder of lake.prefixes(generationsRoot)) days.push(dayOfKey(folder));
  const locations = new Map<string, Map<string, string>>();
  for (const table of tables) {
    locations.set(table, new Map((await catalog.locations(table)).map(({ dt, location }) => [dt, location])));
  }
  for (const dt of days) {
    for (const table of tables) {
      const newest = await newestGeneration(lake, table, dt);
      if (!newest) continue;
      files += await auditGeneration(lake, newest, drift);
      const current = locations.get(table)?.get(dt);
      if (newest.rows_out === 0 && current === undefined) continue;
      if (current !== newest.location)
        drift('stale_partition', `${table} dt=${dt}`, `${current} instead of ${newest.location}`);
    }
  }
  return files;
}

async function auditGeneration(
  lake: AuditPorts['lake'],
  { location, file_list }: Generation,
  drift: Report,
): Promise<number> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of lake.list(location)) sizes.set(key, size);
  for (const { key, bytes } of file_list) {
    const size = sizes.get(key);
    if (size === undefined) drift('settled_file_missing', key);
    else if (size !== bytes) drift('settled_file_differs', key, `${size} bytes instead of ${bytes}`);
    sizes.delete(key);
  }
  for (const key of sizes.keys()) drift('foreign_file', key);
  return file_list.length;
}
