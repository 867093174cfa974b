/** Audits days of tables: live files against outcomes, the newest generation against its files and the catalog. */

import { concurrently } from '../../concurrently.ts';
import { DAY_MS } from '../../days.ts';
import type { Ports, StoredObject } from '../../ports.ts';
import { type DataDay, dataDay, liveDays, type TableDay } from '../../protocol/day-files.ts';
import { ErasureState } from '../../protocol/erasures.ts';
import { type ExpiredDays, expiredSince } from '../../protocol/expired.ts';
import {
  attemptOfFile,
  dayOfKey,
  generationsRoot,
  liveFolder,
  plannedUnitOf,
  settledRoot,
  unerasedFile,
  unitOfAttempt,
} from '../../protocol/keys.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import type { Generation } from '../../protocol/records.ts';
import { faultsOf, isWhole } from '../../protocol/settled-files.ts';
import type { Retention } from '../../retention.ts';
import { quarantine, recipientMessages, SETTLED_TABLES } from '../../tables/index.ts';
import { dueDays } from '../expire.ts';
import { isFrozen } from '../rollup/stale-days.ts';
import { settleRecipe } from '../settle/select.ts';
import { isFinished } from '../settle/watermark.ts';
import type { AuditScope, ReportDrift } from './drifts.ts';
import { Partitions } from './units.ts';

export interface DaysAudit {
  /** live and settled files that are accounted for */
  files: number;
  /** newest generations that readers don't see */
  stale: Generation[];
  /** newest generations whose files are not what they were */
  damaged: Generation[];
  /** days whose newest generation's record can't be read */
  unreadable: TableDay[];
  /** by rebuild, days of tables whose newest generation has its rows */
  rebuilt: Map<number, number>;
  /** days that have expired, of one table or more */
  expired: number;
}

type DaysPorts = Pick<Ports, 'lake' | 'catalog'>;

const DAYS_AT_ONCE = 16;
/** An old day is settled at most once a day: files that are unsettled for two days were forgotten. */
const LONGEST_UNSETTLED_MS = 2 * DAY_MS;
/** Days that wait for an erasure are settled within two days, and looked through in the next hours. */
const LONGEST_UNERASED_MS = 3 * DAY_MS;

/** A day that has expired is lost to readers within a day, and its files are gone within another two. */
const LONGEST_UNEXPIRED_MS = 4 * DAY_MS;

/** What computes and decodes a day today. */
export interface Today {
  /** recipe of a send day; null if the rollup's SQL was not given */
  rollup: string | null;
  /** of the settings, one or more with several sources (meaning.ts) */
  meanings: readonly string[];
}

/** What is to be gone. */
export interface Expiring {
  retention: Retention;
  expired: ExpiredDays;
}

/** @param open units without outcome: nothing is said of their files yet */
export async function auditDays(
  ports: DaysPorts,
  scope: AuditScope,
  open: ReadonlySet<string>,
  today: Today,
  { retention, expired }: Expiring,
  drift: ReportDrift,
): Promise<DaysAudit> {
  const { lake, catalog } = ports;
  const settled: string[] = [];
  for await (const folder of lake.prefixes(generationsRoot)) settled.push(dayOfKey(folder));
  const partitions = new Partitions(catalog);
  const outcomes = new Outcomes(lake);
  const erasures = await ErasureState.of(lake);
  const isGone = (dt: string): boolean => expired.tables.some((table) => expired.has(table, dt));
  const gone = settled.filter(isGone).length;
  const found: DaysAudit = { files: 0, stale: [], damaged: [], unreadable: [], rebuilt: new Map(), expired: gone };
  await checkDue();
  for (const { name } of [...SETTLED_TABLES, quarantine, recipientMessages]) {
    const dts = [...new Set([...settled, ...(await liveDays(lake, name))])].filter(scope.includesDay).sort();
    const since = await expiredSince(lake, name);
    await concurrently(dts, DAYS_AT_ONCE, async (dt) => {
      if (expired.has(name, dt)) return checkGone(name, dt, since(dt) ?? scope.now);
      const day = await dataDay(lake, name, dt);
      const live = await checkLive(day);
      found.files += live;
      if (day.damagedRecord !== null) {
        drift('damaged_record', day.damagedRecord);
        found.unreadable.push({ table: name, dt });
      }
      if (!day.newest) return;
      found.files += day.newest.file_list.length;
      const epoch = day.newest.rebuilt?.rebuild;
      if (epoch !== undefined) found.rebuilt.set(epoch, (found.rebuilt.get(epoch) ?? 0) + 1);
      const faults = await faultsOf(lake, day.newest, 'content');
      scope.looked(day.newest.file_list.length);
      for (const { key, is, detail } of faults) drift(FAULTS[is], key, detail);
      if (!isWhole(faults)) found.damaged.push(day.newest);
      // What nobody can compute again is not outdated.
      if (name !== recipientMessages.name || !isFrozen(expired, dt)) checkRecipe(day.newest, today, drift);
      const { n, askedAt } = erasures;
      if (erasures.knownIn(day.newest) < n && scope.now - Math.max(askedAt, day.newest.created_at) > DAY_MS) {
        drift('unerased_day', `${name} dt=${dt}`, `erasure ${n}`);
      }
      const current = await partitions.location(name, dt);
      if (current === day.newest.location || (current === undefined && day.newest.rows_out === 0)) return;
      found.stale.push(day.newest);
      drift('stale_partition', `${name} dt=${dt}`, `${current ?? 'nowhere'} instead of ${day.newest.location}`);
    });
  }
  return found;

  /** Do readers see days whose retention was over some days ago? Costs a listing of the partitions of each table that has one. */
  async function checkDue(): Promise<void> {
    const seen = new Map<string, { dt: string }[]>();
    for (const table of Object.keys(retention.days ?? {})) seen.set(table, await partitions.days(table));
    for (const { table, days, last } of dueDays(seen, expired, retention, scope.now - LONGEST_UNEXPIRED_MS)) {
      drift('unexpired_day', table, `${days} days up to ${last}`);
    }
  }

  /** Is anything left of a day that has expired some days ago, other than what came for it lately? Costs two listings. */
  async function checkGone(table: string, dt: string, since: number): Promise<void> {
    if (scope.now - since <= LONGEST_UNEXPIRED_MS) return;
    const left: StoredObject[] = [];
    for (const folder of [liveFolder(table, dt), `${settledRoot(table)}dt=${dt}/`]) {
      for await (const object of lake.list(folder)) {
        if (scope.now - object.modified > LONGEST_UNEXPIRED_MS) left.push(object);
      }
    }
    const isSeen = await partitions.has(table, dt);
    if (left.length === 0 && !isSeen) return;
    drift('unexpired_day', `${table} dt=${dt}`, `${left.length} files${isSeen ? ', and readers see it' : ''}`);
  }

  async function checkLive({ table, dt, newest, live }: DataDay): Promise<number> {
    const settled = new Set(newest?.attempt_list);
    const unsettled: StoredObject[] = [];
    const { n, askedAt } = erasures;
    let [files, unerased] = [0, 0];
    for (const object of live) {
      const attempt = attemptOfFile(object.key);
      if (attempt === null) drift('foreign_file', object.key);
      else if (settled.has(attempt)) files++;
      else {
        const unit = unitOfAttempt(attempt);
        const outcome = await outcomes.of(unit);
        const isNamed = outcome?.files.some(({ key }) => key === unerasedFile(object.key)) ?? false;
        if (isNamed) files++;
        if (isNamed && table !== quarantine.name) {
          unsettled.push(object);
          if ((outcome?.erasures ?? -1) < n) unerased++;
        }
        // Of an attempt that lost, which the collector removes, or of one that is under way.
        if (outcome || open.has(unit) || open.has(plannedUnitOf(attempt)) || scope.now - object.modified < DAY_MS)
          continue;
        drift('foreign_file', object.key, 'no plan has its unit');
      }
    }
    if (unerased > 0 && scope.now - askedAt > LONGEST_UNERASED_MS) {
      drift('unerased_day', `${table} dt=${dt}`, `erasure ${n}, ${unerased} files that are not settled`);
    }
    const oldest = unsettled.reduce((first, { modified }) => Math.min(first, modified), scope.now);
    if (isFinished(dt, scope.now) && scope.now - oldest > LONGEST_UNSETTLED_MS) {
      drift('unsettled_day', `${table} dt=${dt}`, `${unsettled.length} files`);
    }
    return files;
  }
}

const FAULTS = {
  missing: 'settled_file_missing',
  differs: 'settled_file_differs',
  foreign: 'foreign_file',
} as const;

function checkRecipe(
  { table_name: table, dt, recipe, meanings = [] }: Generation,
  today: Today,
  drift: ReportDrift,
): void {
  const current = table === recipientMessages.name ? today.rollup : settleRecipe(table);
  if (current !== null && recipe !== current) {
    drift('outdated_day', `${table} dt=${dt}`, `by ${recipe ?? 'an unknown recipe'}, and today's is ${current}`);
  }
  const others = meanings.filter((meaning) => !today.meanings.includes(meaning));
  if (others.length > 0)
    drift('other_settings', `${table} dt=${dt}`, `${others.join(', ')}, and today's are ${today.meanings.join(', ')}`);
}
