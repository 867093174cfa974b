/** Audits outcomes, plan day by plan day: they obey the counting law, and the files that they name are there. */

import { concurrently } from '../../concurrently.ts';
import { DAY_MS } from '../../days.ts';
import type { Ports, StoredObject } from '../../ports.ts';
import type { ExpiredDays } from '../../protocol/expired.ts';
import { attemptOfFile, dayOfKey, liveFolder, outcomeFolder, outcomesRoot } from '../../protocol/keys.ts';
import { countingFiles } from '../../protocol/quarantine-files.ts';
import { type LiveFile, newestReadable, type Outcome, readOutcome } from '../../protocol/records.ts';
import { contentOf } from '../../protocol/settled-files.ts';
import type { AuditScope, DriftKind, ReportDrift } from './drifts.ts';

export interface UnitsAudit {
  units: number;
  records: number;
  /** objects of first readings by plan day */
  objects: Map<string, number>;
  /** days of tables that have files and no partition */
  unregistered: { table: string; dt: string }[];
  /** days with live files that are gone or damaged, in no order */
  broken: { table: string; dt: string }[];
}

type UnitsPorts = Pick<Ports, 'lake' | 'catalog'>;

const READS_AT_ONCE = 16;
/** Units whose files are held at once. */
const UNITS_AT_ONCE = 2000;
/** Days after which a bucket may have let quarantined records expire. */
export const QUARANTINE_KEPT_DAYS = 30;

/**
 * @param expired days whose files may be gone
 * @param isDeep the bytes of live files are read, too
 */
export async function auditUnits(
  ports: UnitsPorts,
  scope: AuditScope,
  expired: ExpiredDays,
  drift: ReportDrift,
  isDeep = false,
): Promise<UnitsAudit> {
  const found: UnitsAudit = { units: 0, records: 0, objects: new Map(), unregistered: [], broken: [] };
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
      scope.looked(1);
      found.units++;
      found.records += outcome.kind === 'replay' ? 0 : outcome.records;
      if (outcome.kind !== 'replay' && !outcome.split) {
        found.objects.set(planDay, (found.objects.get(planDay) ?? 0) + outcome.objects);
      }
      files.push(...outcome.files.filter(({ table, dt }) => !expired.has(table, dt)));
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
      if (!(await checkFiles(ports, scope, table, dt, ofDay, drift, isDeep))) found.broken.push({ table, dt });
    });
  }
}

/** Every record was accepted, a repeat, skipped, quarantined, or about persons who were forgotten. */
export function checkCounts(outcome: Outcome, drift: ReportDrift): void {
  const { unit, records, accepted, duplicate, skipped, quarantined, erased } = outcome;
  const accounted = accepted + duplicate + skipped + quarantined + (erased ?? 0);
  if (records !== accounted) drift('counting_law', unit, `${records} records, ${accounted} accounted for`);
  for (const { key, problem } of outcome.problems) drift(problem, key, unit);
}

/** Are they what their outcomes say? A live file may be gone, or anything, once the newest generation has its rows. */
async function checkFiles(
  { lake }: UnitsPorts,
  { now, looked }: AuditScope,
  table: string,
  dt: string,
  files: readonly LiveFile[],
  drift: ReportDrift,
  isDeep: boolean,
): Promise<boolean> {
  const there = new Map<string, StoredObject>();
  for await (const object of lake.list(liveFolder(table, dt))) there.set(object.key, object);
  const broken: { key: string; kind: DriftKind; detail: string }[] = [];
  const counting = countingFiles([...there.values()]);
  for (const file of files) {
    looked(1);
    // Written once more without erased persons: it may be gone.
    if ((counting.get(file.key)?.key ?? file.key) !== file.key) continue;
    const object = there.get(file.key);
    const differs = (detail: string): void => void broken.push({ key: file.key, kind: 'live_file_differs', detail });
    if (!object) broken.push({ key: file.key, kind: 'live_file_missing', detail: '' });
    else if (object.size !== file.bytes) differs(`${object.size} bytes instead of ${file.bytes}`);
    else if (isDeep && file.sha256 !== undefined && (await contentOf(lake, file.key)).sha256 !== file.sha256) {
      differs('other bytes of the same length');
    }
  }
  if (broken.length === 0) return true;
  const settled = new Set((await newestReadable(lake, table, dt))?.attempt_list);
  const mayHaveExpired = table === 'quarantine' && now - Date.parse(dt) > QUARANTINE_KEPT_DAYS * DAY_MS;
  const needed = broken.filter(
    ({ key, kind }) => !settled.has(attemptOfFile(key) ?? '') && !(kind === 'live_file_missing' && mayHaveExpired),
  );
  for (const { key, kind, detail } of needed) drift(kind, key, detail);
  return needed.length === 0;
}

/** The catalog's days, which are listed once a table. */
export class Partitions {
  readonly #catalog: Pick<Ports['catalog'], 'locations'>;
  readonly #tables = new Map<string, Promise<Map<string, string>>>();

  constructor(catalog: Pick<Ports['catalog'], 'locations'>) {
    this.#catalog = catalog;
  }

  async location(table: string, dt: string): Promise<string | undefined> {
    return (await this.#of(table)).get(dt);
  }

  /** All days of a table. */
  async days(table: string): Promise<{ dt: string }[]> {
    return [...(await this.#of(table)).keys()].map((dt) => ({ dt }));
  }

  #of(table: string): Promise<Map<string, string>> {
    const asked =
      this.#tables.get(table) ??
      this.#catalog.locations(table).then((all) => new Map(all.map(({ dt, location }) => [dt, location])));
    this.#tables.set(table, asked);
    return asked;
  }

  async has(table: string, dt: string): Promise<boolean> {
    return (await this.location(table, dt)) !== undefined;
  }
}
