/** The state of a lake of some age, made at once: what years of schedules would have left, with the real code where it decides. */
import { DAY_MS, HOUR_MS, utcDate } from '#lake/days.ts';
import { closePrefix, ListingDigest } from '#lake/protocol/closed-prefixes.ts';
import {
  auditKey,
  compactedFolder,
  decidedDayKey,
  generationKey,
  generationsRoot,
  liveFile,
  outcomeFolder,
  outcomeKey,
  planKey,
  plannedKey,
  requeueKey,
  settledFolder,
  unitId,
} from '#lake/protocol/keys.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import type { Generation, Outcome, Plan, PlannedObject } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { settleRecipe } from '#lake/steps/settle/select.ts';
import { recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { SortedStore } from '#test/ports/sorted-store.ts';

export const NOW = Date.parse('2026-11-23T12:00:00Z');
const TEMPLATE = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
/** Of a table of settled rows, a send day's being computed for a month. */
const GENERATIONS = { settled: 2, rolledUp: 30 };
const GENERATIONS_A_DAY = SETTLED_TABLES.length * GENERATIONS.settled + GENERATIONS.rolledUp;
/** Days whose live files the collector has left. */
const LIVE_DAYS = 2;

export type Layout = 'by hour' | 'without hours';

export interface LakeOfYears {
  raw: SortedStore;
  lake: SortedStore;
  catalog: MemoryCatalog;
  clock: ManualClock;
  settings: Settings;
  /** records and the files that hold them, before and after days were gathered */
  records: number;
}

/** @param objects raw objects a day, each a plan and a unit of its own */
export async function lakeOfYears(layout: Layout, days: number, objects: number): Promise<LakeOfYears> {
  const clock = new ManualClock(NOW);
  const raw = new SortedStore(() => clock.now());
  const lake = new SortedStore(() => clock.now());
  const catalog = new MemoryCatalog();
  const settings: Settings = { ...DEFAULT_SETTINGS, rawTemplate: layout === 'by hour' ? TEMPLATE : null };
  const first = NOW - days * DAY_MS;
  const dts = Array.from({ length: days }, (_, i) => utcDate(first + i * DAY_MS));
  const tables = [...SETTLED_TABLES.map(({ name }) => name), recipientMessages.name];

  raw.fill(rawObjects());
  lake.fill(records());
  for (const dt of dts) {
    for (const table of tables) {
      await catalog.ensurePartitions(table, [{ dt, location: locationOf(table, dt) }]);
    }
    await catalog.ensurePartitions('units', [
      { dt, location: isGathered(dt, 3) ? gathered('units', dt) : outcomeFolder(dt) },
    ]);
    await catalog.ensurePartitions('generations', [
      { dt, location: isGathered(dt, 35) ? gathered('generations', dt) : `${generationsRoot}dt=${dt}/` },
    ]);
    await catalog.ensurePartitions('audits', [{ dt, location: auditKey(dt, '').replace(/[^/]+$/, '') }]);
  }
  const { size } = lake;
  if (layout === 'by hour') await closeDays();
  return { raw, lake, catalog, clock, settings, records: size };

  function* hours(): Generator<{ at: number; prefix: string; key: string; n: number }> {
    let last: string | null = null;
    let n = 0;
    for (let i = 0; i < days * objects; i++) {
      const at = first + Math.floor((i * DAY_MS) / objects);
      const hour = hourPrefix(TEMPLATE, at, 0);
      const prefix = layout === 'by hour' ? hour : '';
      n = prefix === last ? n + 1 : 0;
      last = prefix;
      yield { at, prefix, key: `${hour}${at}.gz`, n };
    }
  }

  function* rawObjects(): Generator<[string, string, number]> {
    for (const { key, at } of hours()) yield [key, '', at];
  }

  function* records(): Generator<[string, string, number]> {
    let etag = 0;
    for (const { at, prefix, key, n } of hours()) {
      const dt = utcDate(at);
      const unit = unitId(dt, prefix, n, 0);
      const object: PlannedObject = { key, etag: String(++etag), size: 0, modified: at };
      const plan: Plan = { prefix, units: [{ id: unit, objects: [object] }] };
      yield [plannedKey(unit, 1), JSON.stringify({ plan: planKey(prefix, n) }), at];
      yield [planKey(prefix, n), JSON.stringify(plan), at];
      yield [outcomeKey(unit), JSON.stringify(outcome(unit, planKey(prefix, n), at)), at];
      if (NOW - at > LIVE_DAYS * DAY_MS) continue;
      for (const { name } of SETTLED_TABLES) yield [liveFile(name, dt, `${unit}.abc`, 0), 'x', at];
    }
    for (const [i, dt] of dts.entries()) {
      const at = first + i * DAY_MS;
      yield [auditKey(dt, 'nonce'), JSON.stringify({ checked_at: at, drift_count: 0, drifts_by_kind: {} }), at];
      if (NOW - at > 3 * DAY_MS) yield [decidedDayKey(dt), '{}', at];
      for (let hour = 0; hour < 24; hour++) yield [requeueKey(dt, hour), '{}', at];
      const units = `${JSON.stringify(outcome(unitId(dt, '', i, 0), '', at))}\n`.repeat(objects);
      if (isGathered(dt, 3)) yield [`${gathered('units', dt)}records.json`, units, at];
      const settled = `${JSON.stringify(generation(recipientMessages.name, dt, 0, 0))}\n`.repeat(GENERATIONS_A_DAY);
      if (isGathered(dt, 35)) yield [`${gathered('generations', dt)}records.json`, settled, at];
      for (const table of tables) {
        const made = table === recipientMessages.name ? GENERATIONS.rolledUp : GENERATIONS.settled;
        for (let n = 0; n < made; n++) {
          yield [generationKey(table, dt, n), JSON.stringify(generation(table, dt, n, made)), at + n * HOUR_MS];
        }
        yield [`${locationOf(table, dt)}0.parquet`, 'x', at];
      }
    }
  }

  /** As compact has left days that are so old. */
  function isGathered(dt: string, age: number): boolean {
    return dt <= utcDate(NOW - age * DAY_MS);
  }

  function gathered(table: string, dt: string): string {
    return compactedFolder(table, dt, table === 'units' ? objects : GENERATIONS_A_DAY, 'nonce');
  }

  /** As thirty daily audits have left it. */
  async function closeDays(): Promise<void> {
    for (const dt of dts.slice(0, -9)) {
      const folder = `raw/${dt.replaceAll('-', '/')}/`;
      const digest = new ListingDigest();
      for await (const object of raw.list(folder)) digest.add(object);
      await closePrefix(lake, folder, digest.objects, digest.hex());
    }
  }
}

const locationOf = (table: string, dt: string): string => settledFolder(table, dt, 'last');

const outcome = (unit: string, plan: string, at: number): Partial<Outcome> => ({
  unit,
  attempt: `${unit}.abc`,
  plan,
  kind: 'first',
  status: 'done',
  objects: 1,
  records: 100,
  accepted: 100,
  duplicate: 0,
  skipped: 0,
  quarantined: 0,
  accepted_by_type: { 'ses/send': 20, 'ses/delivered': 20, 'ses/open': 40, 'ses/click': 20 },
  skipped_by_type: {},
  quarantined_by_reason: {},
  started_at: at,
  finished_at: at,
  files:
    NOW - at > LIVE_DAYS * DAY_MS
      ? []
      : SETTLED_TABLES.map(({ name }) => ({
          table: name,
          dt: utcDate(at),
          key: liveFile(name, utcDate(at), `${unit}.abc`, 0),
          rows: 100,
          bytes: 1,
          send_days: [],
        })),
  problems: [],
});

const generation = (table: string, dt: string, n: number, made: number): Generation => ({
  table_name: table,
  dt,
  generation: n,
  location: locationOf(table, dt),
  files: 1,
  attempts: 24,
  rows_in: 2400,
  erased: 0,
  rows_out: 2400,
  duplicates: 0,
  created_at: Date.parse(dt) + DAY_MS,
  file_list: n === made - 1 ? [{ key: `${locationOf(table, dt)}0.parquet`, rows: 2400, bytes: 1 }] : [],
  attempt_list: [],
  send_days: [],
  ...(SETTLED_TABLES.some(({ name }) => name === table) ? { recipe: settleRecipe(table) } : {}),
});
