/** Days whose retention is over, on disk: what goes, what stays, and that nothing comes back. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addDays, DAY_MS, utcDate } from '#lake/days.ts';
import type { Ports } from '#lake/ports.ts';
import { expiredDays } from '#lake/protocol/expired.ts';
import { expiredRoot, healFolder } from '#lake/protocol/keys.ts';
import { EXPIRING_TABLES, lastExpired, MOST_AT_ONCE, type Retention } from '#lake/retention.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { type Expiry, expire } from '#lake/steps/expire.ts';
import { beginRebuild, makeDays, planRebuild } from '#lake/steps/rebuild.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { ndjson, rawKey, SENT, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const FIRST = utcDate(SENT);
const DAYS = 6;
const day = (n: number): string => addDays(FIRST, n);
/** So many days of each table that the first three of the six expire. */
const KEPT = (NOW - (NOW % DAY_MS) - Date.parse(day(2))) / DAY_MS - 2;
const all = (days: number): Retention => ({
  days: Object.fromEntries(EXPIRING_TABLES.map((table) => [table, days])),
});

/** Mail on each of six days, and an open on the next day. */
function sendDay(small: SmallLake, n: number, name = 'a'): void {
  const parts = { messageId: `m${n}`, sentAt: SENT + n * DAY_MS };
  const opened = sesOpen({ ...parts, at: parts.sentAt + DAY_MS });
  small.put(
    rawKey(parts.sentAt, name),
    ndjson(sesSend(parts), sesDelivery(parts), sesClick({ ...parts, at: parts.sentAt + 1000 }), opened),
  );
}

let sixDays: SmallLake;
let small: SmallLake;
beforeAll(async () => {
  sixDays = await smallLake();
  for (let n = 0; n < DAYS; n++) sendDay(sixDays, n);
  sixDays.put('broken.json', 'no JSON\n', SENT);
  await sixDays.run();
});
afterAll(() => sixDays.close());
afterEach(() => small?.close());
const open = async (): Promise<void> => {
  small = await smallLake(DEFAULT_SETTINGS, sixDays);
  age(small, 1);
};

const expireNow = (retention: Retention, isAcknowledged = false): Promise<Expiry> =>
  expire(small.lake.ports, { retention, isAcknowledged });
const seen = async (table: string): Promise<string[]> =>
  (await small.lake.ports.catalog.locations(table)).map(({ dt }) => dt);
const files = async (table: string): Promise<string[]> =>
  [...(await keysOf(small, `v1/live/${table}/`)), ...(await keysOf(small, `v1/settled/${table}/`))].map(
    (key) => /dt=([\d-]+)/.exec(key)?.[1] ?? key,
  );
const drifts = async (retention: Retention = {}) => {
  const { ports, views, rollupSelect: select } = small.lake;
  return (await audit(ports, { retention, views, select })).drifts;
};
const lives = () => small.rows('select dt, message_id, opens from recipient_messages order by 1, 2');

test('a day is kept for its days from its end, and one more, in which a clock may be a day ahead', () => {
  expect(lastExpired(7, Date.parse('2026-12-11T23:59:59Z'))).toBe('2026-12-02');
  expect(lastExpired(7, Date.parse('2026-12-12T00:00:00Z'))).toBe('2026-12-03');
});

describe('a day whose retention is over', () => {
  test('is lost to readers at once; its files go a day later, of every table, and the counts stay', async () => {
    await open();
    const units = await small.rows('select unit, records, accepted from units order by 1');
    expect((await expireNow(all(KEPT))).hidden.map(({ table, last }) => `${table} ${last}`)).toEqual([
      `events ${day(2)}`,
      `headers ${day(2)}`,
      `clicks ${day(2)}`,
      `recipient_messages ${day(2)}`,
      `quarantine ${FIRST}`,
    ]);
    for (const table of EXPIRING_TABLES) expect((await seen(table)).every((dt) => dt > day(2))).toBe(true);
    expect(await small.rows('select count(distinct message_id) as n from recipient_messages')).toEqual([{ n: 3 }]);
    age(small, 24);
    expect((await collect(small.lake.ports)).filter(({ why }) => why === 'expired')).toEqual([]);

    age(small, 25);
    const removed = (await collect(small.lake.ports)).filter(({ why }) => why === 'expired');
    expect(new Set(removed.map(({ key }) => key.split('/')[2]))).toEqual(new Set(EXPIRING_TABLES));
    for (const table of EXPIRING_TABLES) expect((await files(table)).every((dt) => dt > day(2))).toBe(true);
    expect(await small.rows('select unit, records, accepted from units order by 1')).toEqual(units);
    expect(await drifts(all(KEPT))).toEqual([]);
    const { expired } = await audit(small.lake.ports);
    expect(expired).toEqual({
      days: 3,
      tables: EXPIRING_TABLES.toSorted().map((table) => ({ table, last: day(2) })),
    });
    // Nothing is left to do, and nobody does it.
    const before = await keysOf(small, '');
    expect(await expireNow(all(KEPT))).toEqual({ hidden: [], held: [] });
    expect(await small.settle()).toEqual([]);
    expect(await small.rollup()).toEqual([]);
    expect(await keysOf(small, '')).toEqual(before);
  });

  test('does not come back by what comes late for it: nobody sees it, and it goes in the same way', async () => {
    await open();
    await expireNow(all(KEPT));
    age(small, 25);
    await collect(small.lake.ports);
    sendDay(small, 1, 'late');
    small.put(rawKey(SENT, 'later'), ndjson(sesDelivery({ messageId: 'm-late', sentAt: SENT })));
    const [late] = await small.run();
    expect(late?.event_rows).toBeGreaterThan(0);
    expect(await seen('events')).not.toContain(day(1));
    expect(await files('events')).toContain(FIRST);
    expect(await files('recipient_messages')).not.toContain(FIRST);
    expect(await drifts(all(KEPT))).toEqual([]);
    age(small, 25);
    await expireNow(all(KEPT));
    expect((await collect(small.lake.ports)).map(({ why }) => why)).toContain('expired');
    expect((await files('events')).every((dt) => dt > day(2))).toBe(true);
  });

  test('is hidden again when a step that was under way has shown it, and its files wait another day', async () => {
    await open();
    const [partition] = await small.lake.ports.catalog.locations('events', [FIRST]);
    await expireNow(all(KEPT));
    age(small, 25);
    await small.lake.ports.catalog.switchPartition('events', { dt: FIRST, location: partition?.location ?? '' });
    await collect(small.lake.ports);
    expect(await files('events')).toContain(FIRST);
    expect((await expireNow(all(KEPT))).hidden).toEqual([{ table: 'events', days: 1, last: FIRST }]);
    await collect(small.lake.ports);
    expect(await files('events')).toContain(FIRST);
    expect(await keysOf(small, healFolder('events', FIRST))).toHaveLength(2);
    age(small, 25);
    await collect(small.lake.ports);
    expect(await files('events')).not.toContain(FIRST);
  });

  test('stays gone when the retention is raised or left out; a lower one takes more', async () => {
    await open();
    await expireNow(all(KEPT));
    await expireNow(all(KEPT + 100));
    await expireNow({});
    await small.settle();
    expect(await seen('events')).toEqual([day(3), day(4), day(5), day(6)]);
    expect((await expireNow({ days: { events: KEPT - 1 } })).hidden).toEqual([
      { table: 'events', days: 1, last: day(3) },
    ]);
    expect((await expiredDays(small.lake.ports.lake)).lastOf('events')).toBe(day(3));
    expect((await expiredDays(small.lake.ports.lake)).lastOf('clicks')).toBe(day(2));
    expect(await keysOf(small, `${expiredRoot}events/`)).toHaveLength(2);
  });

  test('is made by no rebuild', async () => {
    await open();
    await expireNow(all(KEPT));
    const rebuild = await beginRebuild(small.lake.ports, { version: 'def456', from: null, to: null });
    const units = await planRebuild(small.lake.ports, rebuild);
    expect(units.length).toBeGreaterThan(0);
    const { transform } = await import('#lake/steps/transform.ts');
    const { NO_PARTITIONS, RebuildStore } = await import('#lake/protocol/rebuild-store.ts');
    const { ports } = small.lake;
    const own = { ...ports, lake: new RebuildStore(ports.lake, rebuild.n), catalog: NO_PARTITIONS };
    for (const unit of units) await transform(own, unit, { settings: DEFAULT_SETTINGS, version: 'def456' });
    const { made, unmade } = await makeDays(ports, rebuild);
    expect(unmade).toEqual([]);
    expect([...new Set(made.map(({ dt }) => dt))]).toEqual([day(3), day(4), day(5), day(6)]);
  });
});

test('a rebuild leaves days whose raw data has expired as they are, and reads nothing of it', async () => {
  await open();
  const { ports } = small.lake;
  const rawDays = KEPT - 1;
  const times = [...new Set((await Array.fromAsync(ports.raw.list(''))).map(({ modified }) => modified))];
  expect(times.length).toBeGreaterThan(1);
  const rebuild = await beginRebuild(ports, { version: 'def456', from: null, to: null, rawDays });
  expect(await planRebuild(ports, rebuild)).toEqual([]);
  const { made, unmade } = await makeDays(ports, rebuild);
  expect(made).toEqual([]);
  expect(new Set(unmade.map(({ why }) => why))).toEqual(new Set(['raw data has expired']));
});

describe('send days whose events have expired', () => {
  const events: Retention = { days: { events: KEPT, clicks: KEPT, headers: KEPT } };

  test('stay as they were computed last, whatever comes late or is changed', async () => {
    await open();
    const before = await lives();
    await expireNow(events);
    age(small, 25);
    await collect(small.lake.ports);
    // An open of a day that is there, of mail of a day whose own events are not.
    small.put('late.json', ndjson(sesOpen({ messageId: 'm2', sentAt: SENT + 2 * DAY_MS, at: SENT + 4 * DAY_MS })));
    small.put('later.json', ndjson(sesOpen({ messageId: 'm4', sentAt: SENT + 4 * DAY_MS, at: SENT + 5 * DAY_MS + 1 })));
    await small.run();
    const raised = before.map((row) => (row.message_id === 'm4' ? { ...row, opens: 2 } : row));
    expect(await lives()).toEqual(raised);

    const { ports, settings, views, rollupSelect } = small.lake;
    const select = `${rollupSelect}\n-- changed`;
    const recomputed = await rollup(ports, { settings, views, select: select.replace('select', 'select  ') });
    expect(recomputed.map(({ dt }) => dt)).not.toContain(day(2));
    expect(await lives()).toEqual(raised);
    expect((await audit(ports, { views, select: rollupSelect })).drifts.map(({ key }) => key)).not.toContain(
      `recipient_messages dt=${day(2)}`,
    );
  });

  test('have no files that a rollup left which lost or died, also where they were never computed', async () => {
    await open();
    const lives = await small.lake.ports.catalog.locations('recipient_messages', [day(1)]);
    for (const dt of [day(1), '2026-09-01', day(5)]) {
      await small.lake.ports.lake.create(`v1/settled/recipient_messages/00000000deadbeef/dt=${dt}/a.parquet`, 'rows');
    }
    const numbers = Object.fromEntries([day(1), '2026-09-01', day(5)].map((dt) => [dt, 1]));
    await small.lake.ports.lake.create('v1/state/rollups/00000000deadbeef.json', JSON.stringify({ days: numbers }));
    await expireNow(events);
    age(small, 25);
    await collect(small.lake.ports);
    const left = (await keysOf(small, 'v1/settled/recipient_messages/')).filter((key) => key.includes('deadbeef'));
    // A rollup of the last day, which is not frozen, may still be under way.
    expect(left.map((key) => /dt=([\d-]+)/.exec(key)?.[1])).toEqual([day(5)]);
    expect(await small.lake.ports.catalog.locations('recipient_messages', [day(1)])).toEqual(lives);
    expect(await small.rows(`select message_id from recipient_messages where dt = '${day(1)}'`)).toHaveLength(1);
  });

  test('go sooner where they are kept for less', async () => {
    await open();
    await expireNow({ days: { recipient_messages: KEPT } });
    await small.rollup();
    expect((await lives()).map(({ message_id }) => message_id)).toEqual(['m3', 'm4', 'm5']);
    expect(await seen('events')).toContain(FIRST);
    expect(await drifts()).toEqual([]);
  });
});

describe('more days at once than a month has', () => {
  test('wait for a person, and the audit says so', async () => {
    await open();
    const { catalog } = small.lake.ports;
    const earlier = Array.from({ length: MOST_AT_ONCE }, (_, i) => day(-1 - i));
    await catalog.ensurePartitions(
      'events',
      earlier.map((dt) => ({ dt, location: `v1/live/events/dt=${dt}/` })),
    );
    const days = MOST_AT_ONCE + DAYS + 1;
    const typo: Retention = { days: { events: 7 } };
    expect(await expireNow(typo)).toEqual({
      hidden: [],
      held: [{ table: 'events', days, last: lastExpired(7, NOW) }],
    });
    expect(await seen('events')).toHaveLength(days);
    expect(await drifts(typo)).toEqual([
      { kind: 'unexpired_day', key: 'events', detail: `${days} days up to ${lastExpired(7, NOW - 4 * DAY_MS)}` },
    ]);
    expect((await expireNow(typo, true)).held).toEqual([]);
    expect(await seen('events')).toEqual([]);
    expect(await drifts(typo)).toEqual([]);
  });
});

test('rows without a time that could be right go along with the first day that expires, and not before', async () => {
  await open();
  small.put('absurd.json', ndjson(sesDelivery({ messageId: 'old', at: 0 })));
  await small.run();
  expect(await seen('events')).toContain('1970-01-01');
  await expireNow(all(1000));
  expect(await seen('events')).toContain('1970-01-01');
  await expireNow(all(KEPT));
  expect(await seen('events')).not.toContain('1970-01-01');
});

test('killed before or after some of its calls (test/simulator visits all), and run again, it comes to the same', async () => {
  await open();
  const retention = all(KEPT);
  const work = async (ports: Ports): Promise<void> => {
    await expire(ports, { retention });
    await collect(ports);
  };
  let points = 0;
  for (const hours of [1, 25]) {
    for (const isAfter of [false, true]) {
      for (let at = 0; ; at += 5, points++) {
        await small.close();
        await open();
        if (hours > 1) {
          await expire(small.lake.ports, { retention });
          age(small, hours);
        }
        const wasKilled = await killedAt(work, small.lake.ports, at, isAfter);
        await work(small.lake.ports);
        age(small, 25);
        await work(small.lake.ports);
        for (const table of EXPIRING_TABLES) {
          expect((await files(table)).every((dt) => dt > day(2))).toBe(true);
          expect((await seen(table)).every((dt) => dt > day(2))).toBe(true);
        }
        if (!wasKilled) break;
      }
    }
  }
  expect(points).toBeGreaterThan(20);
  expect(await drifts(retention)).toEqual([]);
}, 120_000);

async function killedAt(
  work: (ports: Ports) => Promise<void>,
  ports: Ports,
  at: number,
  isAfter: boolean,
): Promise<boolean> {
  let n = 0;
  let wasKilled = false;
  const effect = async <T>(act: () => Promise<T>): Promise<T> => {
    if (wasKilled) throw new Error('killed');
    if (n++ !== at) return act();
    wasKilled = true;
    if (isAfter) await act();
    throw new Error('killed');
  };
  const { lake, catalog } = ports;
  const dying: Ports = {
    ...ports,
    lake: {
      list: (prefix, options) => lake.list(prefix, options),
      prefixes: (prefix) => lake.prefixes(prefix),
      get: (key, options) => lake.get(key, options),
      create: (key, bytes) => effect(() => lake.create(key, bytes)),
      remove: (key) => effect(() => lake.remove(key)),
    },
    catalog: {
      ensurePartitions: (table, partitions) => effect(() => catalog.ensurePartitions(table, partitions)),
      switchPartition: (table, partition) => effect(() => catalog.switchPartition(table, partition)),
      dropPartitions: (table, dts) => effect(() => catalog.dropPartitions(table, dts)),
      locations: (table, dts) => catalog.locations(table, dts),
    },
  };
  await work(dying).catch((error: unknown) => {
    if (!wasKilled) throw error;
  });
  return wasKilled;
}
