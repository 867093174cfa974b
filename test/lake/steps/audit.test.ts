import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import type { Store } from '#lake/ports.ts';
import { outcomeKey } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import { createState } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { type AuditReport, audit, findDrift, type Watch } from '#lake/steps/audit.ts';
import { planReach } from '#lake/steps/plan.ts';
import { type RepairOptions, repair } from '#lake/steps/repair.ts';
import { transform } from '#lake/steps/transform.ts';
import { countingStore } from '#test/ports/counting.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';
import { ndjson, rawKey, SENT, sesBounce, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const DT = '2026-10-05';
let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const kinds = ({ drifts }: AuditReport): string[] => drifts.map(({ kind }) => kind);

function repaired(): Promise<AuditReport> {
  const { ports, settings, views, rollupSelect: select } = small.lake;
  const options: RepairOptions = { settings, views, select, ignorePace: true };
  return repair(ports, {
    ...options,
    async transform(units) {
      for (const unit of units) await transform(ports, unit, { settings, version: 'abc123' });
    },
  });
}

describe('audit', () => {
  test('fault 66: names a foreign file, a missing file and a file of another size, in live and settled folders', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery()));
    await small.run();
    small.put(rawKey(SENT, 'b'), ndjson(sesOpen(), sesSend({ messageId: 'm2' })));
    await small.plan();
    const [outcome] = await small.transformAll();
    const live = (table: string): string => outcome?.files.find((file) => file.table === table)?.key ?? '';
    const root = small.lake.lakeRoot;
    const [settled] = await keysOf(small, `v1/settled/events/dt=${DT}/`);
    const location = settled?.slice(0, settled.lastIndexOf('/') + 1) ?? '';
    writeFileSync(join(root, location, 'mine.parquet'), 'x');
    writeFileSync(join(root, `v1/live/clicks-are-none`), 'x');
    writeFileSync(join(root, `v1/live/events/dt=${DT}/mine.parquet`), 'x');
    writeFileSync(join(root, live('headers')), 'x');
    rmSync(join(root, live('events')));
    rmSync(join(root, settled ?? ''));
    const { drifts } = await audit(small.lake.ports);
    expect(drifts.map(({ kind, key }) => [kind, key])).toEqual([
      ['foreign_file', `v1/live/events/dt=${DT}/mine.parquet`],
      ['foreign_file', `${location}mine.parquet`],
      ['live_file_differs', live('headers')],
      ['live_file_missing', live('events')],
      ['settled_file_missing', settled],
    ]);
    const after = await repaired();
    expect(kinds(after)).toEqual(['foreign_file', 'live_file_differs', 'live_file_missing']);
    expect(after.repaired).toContainEqual({ kind: 'settled_file_missing', key: settled, detail: '' });
  });

  test('counts every live and settled file once, over many days that are looked at side by side', async () => {
    for (let day = 0; day < 6; day++) {
      const sentAt = SENT + day * 24 * HOUR_MS;
      small.put(rawKey(sentAt, 'a'), ndjson(sesSend({ messageId: `m${day}`, sentAt }), sesDelivery({ sentAt })));
    }
    await small.run();
    const files = [...(await keysOf(small, 'v1/live/')), ...(await keysOf(small, 'v1/settled/'))];
    expect(files.length).toBeGreaterThan(20);
    expect(await audit(small.lake.ports)).toMatchObject({ files: files.length, drift_count: 0 });
  });

  test('counts records by the law, unit by unit, and objects by plan day', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    small.put(rawKey(SENT, 'b'), ndjson(sesOpen()));
    await small.plan();
    const [unit] = await small.plan();
    const [outcome] = await small.transformAll();
    const key = `v1/state/units/dt=2026-11-23/${unit?.unit}.json`;
    await small.lake.ports.lake.remove(key);
    await createState(small.lake.ports.lake, key, { ...outcome, objects: 1, accepted: 1 });
    const { drifts } = await audit(small.lake.ports);
    expect(drifts).toEqual([
      { kind: 'counting_law', key: unit?.unit, detail: '2 records, 1 accounted for' },
      { kind: 'unaccounted_objects', key: '2026-11-23', detail: '2 objects planned, 1 in outcomes' },
    ]);
  });

  test('tells whoever watches how many entries it has looked at: of plans, raw listings and outcomes, and their files', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    small.put(rawKey(SENT, 'b'), ndjson(sesOpen()));
    await small.run();
    let entries = 0;
    const watch: Watch = (look) =>
      look((more) => {
        entries += more;
      });
    const { raw_objects, units, files } = await audit(small.lake.ports, { watch });
    expect([raw_objects, units]).toEqual([2, 1]);
    expect(entries).toBe(2 * raw_objects + units + files);
  });

  test('a unit without outcome is named, and after a day as overdue', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    await small.plan();
    age(small, 0);
    expect(kinds(await audit(small.lake.ports, { reach: 'daily' }))).toEqual([]);
    expect(kinds(await audit(small.lake.ports))).toEqual(['open_unit']);
    age(small, 2);
    expect(kinds(await audit(small.lake.ports, { reach: 'daily' }))).toEqual(['open_unit']);
    age(small, 25);
    expect(kinds(await audit(small.lake.ports, { reach: 'daily' }))).toEqual(['overdue_unit']);
  });

  test('repair does every missing step, says what it mended, and leaves nothing to do', async () => {
    const { ports } = small.lake;
    small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery()));
    await small.run();
    small.put(rawKey(SENT, 'open'), ndjson(sesOpen()));
    await small.plan();
    small.put(rawKey(SENT, 'late'), ndjson(sesBounce({ messageId: 'm2' })));
    await ports.catalog.switchPartition('events', { dt: DT, location: `v1/live/events/dt=${DT}/` });
    rmSync(join(small.lake.lakeRoot, `catalog/headers/dt=${DT}.json`));
    expect(kinds(await audit(ports))).toEqual([
      'missing_partition',
      'open_unit',
      'stale_partition',
      'stale_partition',
      'unplanned_object',
    ]);
    const report = await repaired();
    expect(report.drifts).toEqual([]);
    expect(report.failures).toEqual([]);
    expect(report.repaired?.map(({ kind }) => kind)).toEqual([
      'missing_partition',
      'open_unit',
      'stale_partition',
      'stale_partition',
      'unplanned_object',
    ]);
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 4 }]);
    expect(await small.rows('select opens from recipient_messages order by message_id')).toEqual([
      { opens: 1 },
      { opens: 0 },
    ]);
    expect(await small.rows('select drift_count from audits order by checked_at, drift_count')).toEqual([
      { drift_count: 0 },
      { drift_count: 5 },
    ]);
  });

  test('a day whose live folder the collector has emptied is healed, too', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    await small.run();
    age(small, 25);
    expect((await repaired()).removed?.every(({ why }) => why === 'settled')).toBe(true);
    rmSync(join(small.lake.lakeRoot, `catalog/events/dt=${DT}.json`));
    const report = await repaired();
    expect([report.repaired?.map(({ kind }) => kind), report.drifts]).toEqual([
      ['missing_partition', 'stale_partition'],
      [],
    ]);
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 1 }]);
  });

  test('a step of the repair that fails is told, nothing is removed, and the other steps are done', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    await small.run();
    small.put(rawKey(SENT, 'b'), ndjson(sesOpen()));
    age(small, 25);
    const { ports, settings, views, rollupSelect: select } = small.lake;
    const transformFails = (): Promise<never> => Promise.reject(new Error('no room'));
    const report = await repair(ports, { settings, views, select, transform: transformFails });
    expect(report).toMatchObject({ failures: ['no room'], removed: [] });
    expect(report.repaired?.map(({ kind }) => kind)).toEqual(['unplanned_object']);
    expect(kinds(report)).toEqual(['open_unit']);
  });
});

describe('the daily audit of a large lake', () => {
  const template = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
  const settings: Settings = { ...DEFAULT_SETTINGS, rawTemplate: template };
  const hour = (daysAgo: number): string => hourPrefix(template, NOW - daysAgo * 24 * HOUR_MS, 0);

  async function planned(...daysAgo: number[]) {
    const clock = new ManualClock(NOW);
    const raw = new MemoryStore(() => clock.now());
    const lake = new MemoryStore(() => clock.now());
    for (const days of daysAgo) raw.put(`${hour(days)}a`, 'x');
    const ports = { raw, lake, clock, catalog: new MemoryCatalog(), queue: { send: async () => {} } };
    await planReach(ports, settings, 'all');
    return ports;
  }

  test('fault 39: an object 10 d or 40 d late is found by the audit in the turn of its day', async () => {
    const ports = await planned();
    for (const days of [3, 10, 40]) ports.raw.put(`${hour(days)}late`, 'x');
    const found: Record<string, number> = {};
    for (let day = 0; day < 30; day++) {
      for (const { key } of (await audit(ports, { settings, reach: 'daily' })).drifts) found[key] ??= day;
      ports.clock.advance(24 * HOUR_MS);
    }
    expect(found).toEqual({ [`${hour(3)}late`]: 0, [`${hour(10)}late`]: 20, [`${hour(40)}late`]: 20 });
  });

  test('reads no plan of a prefix that was closed, until something comes to it', async () => {
    const ports = await planned(30);
    const look = async () => {
      const { store, calls } = countingStore(ports.lake);
      const { drifts, raw_objects } = await audit({ ...ports, lake: store }, { settings, reach: 'daily' });
      const unplanned = drifts.filter(({ kind }) => kind === 'unplanned_object').map(({ key }) => key);
      return { raw_objects, unplanned, gets: calls.get };
    };
    // Another read of the plan looks for its outcome.
    expect(await look()).toEqual({ raw_objects: 1, unplanned: [], gets: 2 });
    expect(await look()).toEqual({ raw_objects: 1, unplanned: [], gets: 1 });
    ports.raw.put(`${hour(30)}b`, 'x');
    expect(await look()).toEqual({ raw_objects: 2, unplanned: [`${hour(30)}b`], gets: 2 });
    expect(kinds(await audit(ports, { settings }))).toEqual(['open_unit', 'unplanned_object']);
  });

  test('says nothing of a backfill that moves on for days, and names one that stands', async () => {
    const ports = await planned(40, 41, 42);
    const units = await openUnits(ports.lake);
    const daily = async () => (await audit(ports, { settings, reach: 'daily' })).drifts_by_kind;
    ports.clock.advance(30 * HOUR_MS);
    expect(await daily()).toEqual({ overdue_unit: 3 });
    await createState(ports.lake, outcomeKey(units[0]?.unit ?? ''), {
      ...{ records: 0, accepted: 0, duplicate: 0, skipped: 0, quarantined: 0, objects: 1 },
      ...{ files: [], problems: [], status: 'done' },
    });
    expect(await daily()).toEqual({});
    // A person who asks hears of every unit.
    expect((await audit(ports, { settings })).drifts_by_kind).toMatchObject({ overdue_unit: 2 });
    ports.clock.advance(4 * HOUR_MS);
    expect(await daily()).toEqual({ overdue_unit: 2 });
  });

  test('a day of the past that was found whole is one listing from then on, until something comes to it', async () => {
    const ports = await planned(30);
    const day = hour(30).slice(0, -3);
    await audit(ports, { settings });
    const closed = (await Array.fromAsync(ports.lake.list(`v1/state/closed/${day}`))).map(({ key }) => key);
    expect(closed.filter((key) => !key.slice(`v1/state/closed/${day}`.length).includes('/'))).toHaveLength(1);
    const plan = async () => {
      const { store, calls } = countingStore(ports.lake);
      const { objects } = await planReach({ ...ports, lake: store }, settings, 'all');
      return { objects, gets: calls.get };
    };
    expect(await plan()).toEqual({ objects: 0, gets: 0 });
    // Beside what was closed, in an hour that had nothing.
    ports.raw.put(`${day}23/late`, 'x');
    const { drifts, raw_objects } = await audit(ports, { settings, reach: 'daily' });
    expect([raw_objects, drifts.filter(({ kind }) => kind === 'unplanned_object').map(({ key }) => key)]).toEqual([
      2,
      [`${day}23/late`],
    ]);
    expect(await plan()).toEqual({ objects: 1, gets: 1 });
  });

  test('a lake that may only be read is audited, and what could not be noted for the next audit is told', async () => {
    const ports = await planned(30);
    const denied = new Error('read-only file system');
    const lake: Store = {
      list: (prefix, options) => ports.lake.list(prefix, options),
      prefixes: (prefix) => ports.lake.prefixes(prefix),
      get: (key) => ports.lake.get(key),
      create: () => Promise.reject(denied),
      remove: () => Promise.reject(denied),
    };
    const { report, refusal } = await findDrift({ ...ports, lake }, { settings });
    expect([kinds(report), refusal]).toEqual([['open_unit'], denied]);
  });

  test('names what lies where the template finds nothing', async () => {
    const ports = await planned(1);
    ports.raw.put('raw/2026/elsewhere/x', 'x');
    const { drifts } = await audit(ports, { settings, reach: 'daily' });
    expect(drifts).toEqual([{ kind: 'outside_template', key: 'raw/2026/elsewhere/', detail: '' }]);
  });
});
