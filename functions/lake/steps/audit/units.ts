/** Audits outcomes, plan day by plan day: they obey the counting law, and the files that they name are there. */

import { concurrently } from '../../concurrently.ts';
import { DAY_MS } from '../../days.ts';
import type { Ports, StoredObject } from '../../ports.ts';
import { attemptOfFile, dayOfKey, liveFolder, outcomeFolder, outcomesRoot } from '../../protocol/keys.ts';
import { type LiveFile, newestGeneration, type Outcome, readOutcome } from '../../protocol/records.ts';
import type { AuditScope, ReportDrift } from './drifts.ts';

export interface UnitsAudit {
  units: number;
  records: number;
  /** objects of first readings by plan day */
  objects: Map<string, number>;
  /** days of tables that have files and no partition */
  unregistered: { table: string; dt: string }[];
}

type UnitsPorts = Pick<Ports, 'lake' | 'catalog'>;

const READS_AT_ONCE = 16;
/** Units whose files are held at once. */
const UNITS_AT_ONCE = 2000;
/** Days after which a bucket may have let quarantined records expire. */
export const QUARANTINE_KEPT_DAYS = 30;

export async function auditUnits(ports: UnitsPorts, scope: AuditScope, drift: ReportDrift): Promise<UnitsAudit> {
  const found: UnitsAudit = { units: 0, records: 0, objects: new Map(), unregistered: [] };
  const partitions = new Partitions(ports.catalog);
  const unregistered = new Set<string>();
  for await (const folder of ports.lake.prefixes(outcomesRoot)) {
    const planDay = dayOfKey(folder);
    if (!scope.includesDay(planDay)) continue;
    let units: string[] = [];
    for await (const { key } of ports.lake.list(outcomeFolder(planDay))) {
      if (key.endsWith('.json')) units.push(key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
      if (units.length < UNITS_AT_ONCE) continue;
      await auditSome(planDay, units);
      units = [];
    }
    await auditSome(planDay, units);
  }
  return found;

  async function auditSome(planDay: string, units: readonly string[]): Promise<void> {
    const files: LiveFile[] = [];
    await concurrently(units, READS_AT_ONCE, async (unit) => {
      const outcome = await readOutcome(ports.lake, unit);
      if (!outcome) return;
      checkCounts(outcome, drift);
      found.units++;
      found.records += outcome.kind === 'replay' ? 0 : outcome.records;
      if (outcome.kind !== 'replay' && !outcome.split) {
        found.objects.set(planDay, (found.objects.get(planDay) ?? 0) + outcome.objects);
      }
      for (const file of outcome.files) files.push(file);
    });
    const days = [...Map.groupBy(files, ({ table, dt }) => `${table} dt=${dt}`)].sort(([a], [b]) => (a < b ? -1 : 1));
    await concurrently(days, READS_AT_ONCE, async ([name, ofDay]) => {
      const [first] = ofDay;
      if (!first) return;
      const { table, dt } = first;
      if (!(await partitions.has(table, dt)) && !unregistered.has(name)) {
        unregistered.add(name);
        found.unregistered.push({ table, dt });
        drift('missing_partition', name);
      }
      await checkFiles(ports, scope, table, dt, ofDay, drift);
    });
  }
}

/** Every record was accepted, a repeat, skipped or quarantined. */
function checkCounts(outcome: Outcome, drift: ReportDrift): void {
  const { unit, records, accepted, duplicate, skipped, quarantined } = outcome;
  const accounted = accepted + duplicate + skipped + quarantined;
  if (records !== accounted) drift('counting_law', unit, `${records} records, ${accounted} accounted for`);
  for (const { key, problem } of outcome.problems) drift(problem, key, unit);
}

/** A live file may have been collected, once the newest generation has its rows. */
async function checkFiles(
  { lake }: UnitsPorts,
  { now }: AuditScope,
  table: string,
  dt: string,
  files: readonly LiveFile[],
  drift: ReportDrift,
): Promise<void> {
  const there = new Map<string, StoredObject>();
  for await (const object of lake.list(liveFolder(table, dt))) there.set(object.key, object);
  const missing: LiveFile[] = [];
  for (const file of files) {
    const object = there.get(file.key);
    if (!object) missing.push(file);
    else if (object.size !== file.bytes) {
      drift('live_file_differs', file.key, `${object.size} bytes instead of ${file.bytes}`);
    }
  }
  if (missing.length === 0) return;
  const settled = new Set((await newestGeneration(lake, table, dt))?.attempt_list);
  for (const { key } of missing) {
    const mayHaveExpired = table === 'quarantine' && now - Date.parse(dt) > QUARANTINE_KEPT_DAYS * DAY_MS;
    if (!settled.has(attemptOfFile(key) ?? '') && !mayHaveExpired) drift('live_file_missing', key);
  }
}

/** The catalog's days, which are listed once a table. */
export class Partitions {
  readonly #catalog: Pick<Ports['catalog'], 'locations'>;
  readonly #tables = new Map<string, Promise<Map<string, string>>>();

  constructor(catalog: Pick<Ports['catalog'], 'locations'>) {
    this.#catalog = catalog;
  }

  async location(table: string, dt: string): Promise<string | undefined> {
    const asked =
      this.#tables.get(table) ??
      this.#catalog.locations(table).then((all) => new Map(all.map(({ dt: day, location }) => [day, location])));
    this.#tables.set(table, asked);
    return (await asked).get(dt);
  }

  async has(table: string, dt: string): Promise<boolean> {
    return (await this.location(table, dt)) !== undefined;
  }
}
