/** Days of tables: live files against outcomes, the newest generation against its files and the catalog. */

import { concurrently } from '../../concurrently.ts';
import { DAY_MS } from '../../days.ts';
import type { Ports, StoredObject } from '../../ports.ts';
import { type DataDay, dataDay, liveDays } from '../../protocol/day-files.ts';
import { attemptOfFile, dayOfKey, generationsRoot, plannedUnitOf, unitOfAttempt } from '../../protocol/keys.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import type { Generation } from '../../protocol/records.ts';
import { quarantine, recipientMessages, SETTLED_TABLES } from '../../tables/index.ts';
import { isFinished } from '../settle/watermark.ts';
import type { AuditScope, ReportDrift } from './drifts.ts';
import { Partitions } from './units.ts';

export interface DaysAudit {
  /** live and settled files that are accounted for */
  files: number;
  /** newest generations that readers don't see */
  stale: Generation[];
}

type DaysPorts = Pick<Ports, 'lake' | 'catalog'>;

const DAYS_AT_ONCE = 16;
/** An old day is settled at most once a day: what lies there for two was forgotten. */
const LONGEST_UNSETTLED_MS = 2 * DAY_MS;

/** `open`: units that have no outcome, whose files wait for it. */
export async function auditDays(
  ports: DaysPorts,
  scope: AuditScope,
  open: ReadonlySet<string>,
  drift: ReportDrift,
): Promise<DaysAudit> {
  const { lake, catalog } = ports;
  const settled: string[] = [];
  for await (const folder of lake.prefixes(generationsRoot)) settled.push(dayOfKey(folder));
  const partitions = new Partitions(catalog);
  const outcomes = new Outcomes(lake);
  const found: DaysAudit = { files: 0, stale: [] };
  for (const { name } of [...SETTLED_TABLES, quarantine, recipientMessages]) {
    const dts = [...new Set([...settled, ...(await liveDays(lake, name))])].filter(scope.includesDay).sort();
    await concurrently(dts, DAYS_AT_ONCE, async (dt) => {
      const day = await dataDay(lake, name, dt);
      const live = await checkLive(day);
      found.files += live;
      if (!day.newest) return;
      const settledFiles = await checkGeneration(lake, day.newest, drift);
      found.files += settledFiles;
      const current = await partitions.location(name, dt);
      if (current === day.newest.location || (current === undefined && day.newest.rows_out === 0)) return;
      found.stale.push(day.newest);
      drift('stale_partition', `${name} dt=${dt}`, `${current ?? 'nowhere'} instead of ${day.newest.location}`);
    });
  }
  return found;

  async function checkLive({ table, dt, newest, live }: DataDay): Promise<number> {
    const settled = new Set(newest?.attempt_list);
    const unsettled: StoredObject[] = [];
    let files = 0;
    for (const object of live) {
      const attempt = attemptOfFile(object.key);
      if (attempt === null) drift('foreign_file', object.key);
      else if (settled.has(attempt)) files++;
      else {
        const unit = unitOfAttempt(attempt);
        const outcome = await outcomes.of(unit);
        const isNamed = outcome?.files.some(({ key }) => key === object.key) ?? false;
        if (isNamed) files++;
        if (isNamed && table !== quarantine.name) unsettled.push(object);
        // Of an attempt that lost, or is under way: it waits for the collector, or for its outcome.
        if (outcome || open.has(unit) || open.has(plannedUnitOf(attempt)) || scope.now - object.modified < DAY_MS)
          continue;
        drift('foreign_file', object.key, 'no plan has its unit');
      }
    }
    const oldest = unsettled.reduce((first, { modified }) => Math.min(first, modified), scope.now);
    if (isFinished(dt, scope.now) && scope.now - oldest > LONGEST_UNSETTLED_MS) {
      drift('unsettled_day', `${table} dt=${dt}`, `${unsettled.length} files`);
    }
    return files;
  }
}

async function checkGeneration(
  lake: DaysPorts['lake'],
  { location, file_list }: Generation,
  drift: ReportDrift,
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
