/** The state of a lake of some age, made at once: what years of schedules would have left, with the real code where it decides. */
import { addDays, DAY_MS, HOUR_MS, startOfDay, utcDate } from '#lake/days.ts';
import { closePrefix, ListingDigest } from '#lake/protocol/closed-prefixes.ts';
import {
  alertKey,
  alertToldKey,
  auditKey,
  compactedFolder,
  decidedDayKey,
  expiredKey,
  generationKey,
  generationsRoot,
  healKey,
  liveFile,
  liveFolder,
  outcomeFolder,
  outcomeKey,
  planKey,
  plannedKey,
  requeueKey,
  rollupFolder,
  rollupKey,
  settledFolder,
  unitId,
} from '#lake/protocol/keys.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import type { Generation, Outcome, Plan, PlannedObject, RollupInput } from '#lake/protocol/records.ts';
import { lastExpired } from '#lake/retention.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { settleRecipe } from '#lake/steps/settle/select.ts';
import { events, recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { SortedStore } from '#test/ports/sorted-store.ts';

export const NOW = Date.parse('2026-11-23T12:00:00Z');
const TEMPLATE = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
/** Days after the send day in which events count for a mail. */
const WINDOW = 30;
/** Of a table of settled rows; a send day is computed each hour for three days, and then each night while its mail may be opened. */
const HOURLY_DAYS = 3;
const GENERATIONS = { settled: 2, rolledUp: HOURLY_DAYS * 24 + WINDOW - HOURLY_DAYS + 1 };
const GENERATIONS_A_DAY = SETTLED_TABLES.length * GENERATIONS.settled + GENERATIONS.rolledUp;
/** Days whose live files the collector has left. */
const LIVE_DAYS = 2;
/** Each week there is trouble with the mail, of one kind after the other. */
const TROUBLES = 40;

export type Layout = 'by hour' | 'without hours';

export interface LakeOfYears {
  raw: SortedStore;
  lake: SortedStore;
  catalog: MemoryCatalog;
  clock: ManualClock;
  settings: Settings;
  /** its first day, epoch ms */
  first: number;
  /** records and the files that hold them, before and after days were gathered */
  records: number;
}

export interface LakeAge {
  layout: Layout;
  days: number;
  /** raw objects a day, each a plan and a unit of its own */
  objects: number;
  /** what computes a send day today */
  rollupRecipe: string;
  /** what readers see is of the last days only; null: all there is */
  keptDays: number | null;
}

export async function lakeOfYears({ layout, days, objects, rollupRecipe, keptDays }: LakeAge): Promise<LakeOfYears> {
  const clock = new ManualClock(NOW);
  const raw = new SortedStore(() => clock.now());
  const lake = new SortedStore(() => clock.now());
  const catalog = new MemoryCatalog();
  const settings: Settings = { ...DEFAULT_SETTINGS, rawTemplate: layout === 'by hour' ? TEMPLATE : null };
  const first = NOW - days * DAY_MS;
  const today = utcDate(NOW);
  const dts = Array.from({ length: days }, (_, i) => utcDate(first + i * DAY_MS));
  const tables = [...SETTLED_TABLES.map(({ name }) => name), recipientMessages.name];
  const attempts = Map.groupBy(
    Array.from(hours(), ({ at, prefix, n }) => unitId(utcDate(at), prefix, n, 0)),
    (unit) => unit.slice(0, 'YYYY-MM-DD'.length),
  );
  /** As yesterday's run has left it: today another day is due. */
  const lastGone = keptDays === null ? '' : lastExpired(keptDays, NOW - DAY_MS);

  raw.fill(rawObjects());
  lake.fill(records());
  for (const dt of dts) {
    for (const table of dt > lastGone ? tables : []) {
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
  for (const { name } of SETTLED_TABLES) {
    await catalog.ensurePartitions(name, [{ dt: today, location: liveFolder(name, today) }]);
  }
  const { size } = lake;
  if (layout === 'by hour') await closeDays();
  return { raw, lake, catalog, clock, settings, first, records: size };

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
      if (!isLive(dt)) continue;
      for (const { name } of SETTLED_TABLES) yield [liveFile(name, dt, attemptOf(unit), 0), 'x', at];
    }
    for (const [i, dt] of dts.entries()) {
      const at = startOfDay(dt) + DAY_MS;
      yield [auditKey(dt, 'nonce'), JSON.stringify({ checked_at: at, drift_count: 0, drifts_by_kind: {} }), at];
      if (NOW - at > 3 * DAY_MS) yield [decidedDayKey(dt), '{}', at];
      for (let hour = 0; hour < 24; hour++) yield [requeueKey(dt, hour), '{}', at];
      const units = `${JSON.stringify(outcome(unitId(dt, '', i, 0), '', at))}\n`.repeat(objects);
      if (isGathered(dt, 3)) yield [`${gathered('units', dt)}records.json`, units, at];
      const settled = `${JSON.stringify(generation(recipientMessages.name, dt, 0))}\n`.repeat(GENERATIONS_A_DAY);
      if (isGathered(dt, 35)) yield [`${gathered('generations', dt)}records.json`, settled, at];
      for (const table of tables) {
        for (let n = 0; n <= newestOf(table, dt); n++) {
          yield [generationKey(table, dt, n), JSON.stringify(generation(table, dt, n)), madeAt(table, dt, n)];
        }
        // What expired yesterday is removed today.
        if (dt >= lastGone) yield [`${locationOf(table, dt)}0.parquet`, 'x', at];
        if (dt > lastGone) continue;
        const expiredAt = at + (keptDays ?? 0) * DAY_MS + DAY_MS;
        yield [expiredKey(table, dt), '{}', expiredAt];
        yield [healKey(table, dt, 'expired', 'nonce'), '{}', expiredAt];
      }
      yield [rollupKey(runOf(dt)), JSON.stringify({ days: { [dt]: newestOf(recipientMessages.name, dt) } }), at];
      if (i % 7 === 0) yield* trouble(i / 7, at);
    }
  }

  /** Opened, and over some days later; each was told on two channels. */
  function* trouble(i: number, at: number): Generator<[string, string, number]> {
    const subject = `trouble ${i % TROUBLES}`;
    for (const [k, what] of ['opened', 'over'].entries()) {
      const n = 2 * Math.floor(i / TROUBLES) + k;
      yield [alertKey(subject, n), JSON.stringify({ subject, n, what, at, finding: {} }), at];
      for (const channel of ['topic', 'bus', undefined]) yield [alertToldKey(subject, n, channel), '{}', at];
    }
  }

  function isLive(dt: string): boolean {
    return dt >= addDays(today, -LIVE_DAYS);
  }

  function newestOf(table: string, dt: string): number {
    if (table !== recipientMessages.name) return GENERATIONS.settled - 1;
    const hours = Math.floor((NOW - startOfDay(dt)) / HOUR_MS);
    const nights = Math.min(WINDOW, Math.floor(hours / 24)) - HOURLY_DAYS + 1;
    return Math.min(HOURLY_DAYS * 24, hours) + Math.max(0, nights) - 1;
  }

  /** Settled once the day was over; a send day each hour, and then each night. */
  function madeAt(table: string, dt: string, n: number): number {
    if (table !== recipientMessages.name) return startOfDay(dt) + DAY_MS + 4 * HOUR_MS + n * HOUR_MS;
    const nights = n - HOURLY_DAYS * 24;
    return startOfDay(dt) + (nights < 0 ? n * HOUR_MS : (HOURLY_DAYS + nights) * DAY_MS);
  }

  /** As yesterday's compact has left days that are so old. */
  function isGathered(dt: string, age: number): boolean {
    return dt < utcDate(NOW - age * DAY_MS);
  }

  function gathered(table: string, dt: string): string {
    return compactedFolder(table, dt, table === 'units' ? objects : GENERATIONS_A_DAY, 'nonce');
  }

  function generation(table: string, dt: string, n: number): Generation {
    const isNewest = n === newestOf(table, dt);
    const isRolledUp = table === recipientMessages.name;
    const until = addDays(dt, WINDOW);
    return {
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
      created_at: madeAt(table, dt, n),
      file_list: isNewest ? [{ key: `${locationOf(table, dt)}0.parquet`, rows: 2400, bytes: 1 }] : [],
      attempt_list: isNewest && !isRolledUp ? (attempts.get(dt) ?? []).map(attemptOf) : [],
      send_days: table === events.name ? sendDaysOf(dt) : [],
      published: [],
      // As an erasure of long ago knows it.
      erasures: 0,
      ...(isRolledUp
        ? {
            recipe: rollupRecipe,
            inputs: isNewest ? dts.filter((read) => read >= dt && read <= until).map(inputOf) : [],
          }
        : { recipe: settleRecipe(table) }),
    };
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

  function outcome(unit: string, plan: string, at: number): Partial<Outcome> {
    const dt = utcDate(at);
    return {
      unit,
      attempt: attemptOf(unit),
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
      files: isLive(dt)
        ? SETTLED_TABLES.map(({ name }) => ({
            table: name,
            dt,
            key: liveFile(name, dt, attemptOf(unit), 0),
            rows: 100,
            bytes: 1,
            send_days: name === events.name ? sendDaysOf(dt) : [],
          }))
        : [],
      problems: [],
      erasures: 0,
    };
  }

  /** Mail of a month is opened. */
  function sendDaysOf(dt: string): string[] {
    const since = addDays(dt, -WINDOW);
    return dts.slice(dts.findIndex((sent) => sent >= since)).filter((sent) => sent <= dt);
  }
}

const inputOf = (dt: string): RollupInput => ({ dt, generation: GENERATIONS.settled - 1, attempts: [] });
const attemptOf = (unit: string): string => `${unit}.abc`;
const runOf = (dt: string): string => `run-of-${dt}`;
const locationOf = (table: string, dt: string): string =>
  table === recipientMessages.name ? `${rollupFolder(table, runOf(dt))}dt=${dt}/` : settledFolder(table, dt, '1-nonce');
