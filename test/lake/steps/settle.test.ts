import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import type { Catalog, Engine, Input, Ports, Store } from '#lake/ports.ts';
import { type OpenUnit, openUnits } from '#lake/protocol/open-units.ts';
import { hourPrefix, rawPrefixes } from '#lake/protocol/raw-prefixes.ts';
import { sourceOf } from '#lake/protocol/raw-sources.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { planPrefix, planReach } from '#lake/steps/plan.ts';
import { inputRows, withoutPairs } from '#lake/steps/settle/select.ts';
import { isHeldBack } from '#lake/steps/settle/watermark.ts';
import { type Settled, settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, rawKey, SENT, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';
import { age } from './aged.ts';

let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const settleNow = async (ports: Ports, ignorePace = true): Promise<Settled[]> =>
  settle(ports, { settings: DEFAULT_SETTINGS, open: await openUnits(ports.lake), ignorePace });

const eventTypes = async (): Promise<unknown[]> =>
  (await small.rows('select event_type from events order by event_type')).map(({ event_type }) => event_type);

/** Ports of a process that is killed at its nth effect, before or after it took place. */
function dying(ports: Ports, at: number, isAfter: boolean): Ports {
  let n = 0;
  const effect = async <T>(work: () => Promise<T>): Promise<T> => {
    if (n++ !== at) return work();
    if (isAfter) await work();
    throw new Error('killed');
  };
  const lake: Store = {
    list: (prefix, options) => ports.lake.list(prefix, options),
    prefixes: (prefix) => ports.lake.prefixes(prefix),
    get: (key, options) => ports.lake.get(key, options),
    remove: (key) => effect(() => ports.lake.remove(key)),
    create: (key, bytes) => effect(() => ports.lake.create(key, bytes)),
  };
  const catalog: Catalog = {
    ensurePartitions: (table, partitions) => effect(() => ports.catalog.ensurePartitions(table, partitions)),
    switchPartition: (table, partition) => effect(() => ports.catalog.switchPartition(table, partition)),
    dropPartitions: (table, dts) => effect(() => ports.catalog.dropPartitions(table, dts)),
    locations: (table, dts) => ports.catalog.locations(table, dts),
  };
  const engine: Engine = {
    query: (sql, inputs) => ports.engine.query(sql, inputs),
    write: (job) => effect(() => ports.engine.write(job)),
  };
  return { ...ports, lake, catalog, engine };
}

describe('settle', () => {
  test.for(
    ['write', 'create', 'switch'].flatMap((effect, at) => [false, true].map((isAfter) => ({ effect, at, isAfter }))),
  )(
    'fault 48: killed at its $effect (after: $isAfter), readers see the old state or the new one, and the next settle completes it',
    async ({ at, isAfter }) => {
      small.put(rawKey(SENT, 'a'), ndjson(sesDelivery(), sesSend()));
      await small.run();
      const before = await eventTypes();
      small.put(rawKey(SENT + 1000, 'b'), ndjson(sesDelivery(), sesOpen()));
      await small.plan();
      await small.transformAll();
      await expect(settleNow(dying(small.lake.ports, at, isAfter))).rejects.toThrow('killed');
      const after = [...before, 'open'].sort();
      expect(await eventTypes()).toEqual(at === 2 && isAfter ? after : before);
      await settleNow(small.lake.ports);
      expect(await eventTypes()).toEqual(after);
      expect(
        await small.rows("select generation, rows_out from generations where table_name = 'events' order by 1"),
      ).toEqual([
        { generation: 0, rows_out: 2 },
        { generation: 1, rows_out: 3 },
      ]);
    },
  );

  test('fault 48: two settles at once make one generation; a unit that comes meanwhile is in the next', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesDelivery(), sesSend()));
    await small.plan();
    await small.transformAll();
    const { ports } = small.lake;
    let isLate = true;
    const engine: Engine = {
      query: (sql, inputs) => ports.engine.query(sql, inputs),
      async write(job) {
        if (isLate) {
          isLate = false;
          small.put(rawKey(SENT + 1000, 'b'), ndjson(sesOpen()));
          await small.plan();
          await small.transformAll();
        }
        return ports.engine.write(job);
      },
    };
    const [a, b] = await Promise.all([settleNow({ ...ports, engine }), settleNow({ ...ports, engine })]);
    const made = [...a, ...b].filter(({ table }) => table === 'events');
    expect(made.map(({ generation }) => generation)).toEqual([0]);
    expect(await eventTypes()).toHaveLength(2);
    expect((await settleNow(ports)).map(({ table, generation }) => [table, generation])).toEqual([['events', 1]]);
    expect(await eventTypes()).toHaveLength(3);
  });

  test('a day older than a week is settled at most once a day, unless someone waits for it', async () => {
    const { ports } = small.lake;
    small.put(rawKey(SENT, 'a'), ndjson(sesDelivery()));
    await small.run();
    small.put(rawKey(SENT, 'b'), ndjson(sesOpen()));
    await small.plan();
    await small.transformAll();
    expect(await settleNow(ports, false)).toEqual([]);
    small.clock.now += DAY_MS;
    expect((await settleNow(ports, false)).map(({ rows }) => rows)).toEqual([2]);
  });

  test('days that the engine writes together are as those that it writes one by one', async () => {
    const other = await smallLake();
    try {
      const made = await Promise.all(
        [small, other].map(async (lake) => {
          const { ports } = lake.lake;
          const { query, write } = ports.engine;
          const alone: Engine = { query: query.bind(ports.engine), write: write.bind(ports.engine) };
          const settleAs = () => settleNow(lake === other ? { ...ports, engine: alone } : ports);
          const ofDay = (day: number) => ({ messageId: `m${day % 2}`, sentAt: SENT + day * DAY_MS });
          const days = [0, 1, 2, 3].map(ofDay);
          // One message id on two days; units that hold the same events; a day that comes later, to days that are settled.
          for (const name of ['a', 'b']) {
            lake.put(rawKey(SENT, name), ndjson(...days.flatMap((day) => [sesSend(day), sesDelivery(day)])));
            await lake.plan();
          }
          await lake.transformAll();
          const first = await settleAs();
          lake.put(
            rawKey(SENT, 'c'),
            ndjson(...days.slice(1).map((day) => sesOpen({ ...day, at: day.sentAt + 1000 }))),
          );
          await lake.plan();
          await lake.transformAll();
          const second = await settleAs();
          const rows = await lake.rows('select * from events order by event_id');
          const headers = await lake.rows('select * from headers order by message_id, dt, position');
          const generations = await lake.rows('select * from generations order by table_name, dt, generation');
          return { first, second, rows, headers, generations: generations.map(({ location, ...of }) => of) };
        }),
      );
      expect(made[0]?.first.length).toBe(8);
      expect(made[0]?.rows).toHaveLength(11);
      expect(made[0]).toEqual(made[1]);
    } finally {
      await other.close();
    }
  });

  test('days are written together up to as many as a job may write, and none alone', async () => {
    const days = Array.from({ length: 103 }, (_, day) => ({ messageId: `m${day}`, sentAt: SENT - day * DAY_MS }));
    small.put(rawKey(SENT, 'a'), ndjson(...days.map((day) => sesDelivery(day))));
    await small.plan();
    await small.transformAll();
    const { ports } = small.lake;
    const sizes: number[] = [];
    const engine: Engine = {
      query: ports.engine.query.bind(ports.engine),
      write: () => Promise.reject(new Error('alone')),
      async writeDays(job) {
        sizes.push(job.locations.size);
        return (await ports.engine.writeDays?.(job)) ?? [];
      },
    };
    expect(await settleNow({ ...ports, engine })).toHaveLength(103);
    expect(sizes).toEqual([100, 3]);
  });

  test('the days of a statement and their generations are told as lists and as pairs, or as lists alone', () => {
    const inputs = ['05', '06', '07'].map((day): Input => {
      return { table: 'clicks', stage: 'settled', dt: `2026-10-${day}`, generation: `0-${day}`, keys: [] };
    });
    const lists = "where dt in ('2026-10-05', '2026-10-06', '2026-10-07') and generation in ('0-05', '0-06', '0-07')";
    const select = inputRows('clicks', inputs, "message_id < 'm'");
    expect(select).toContain(`${lists} and (dt = '2026-10-05' and generation = '0-05' or dt`);
    expect(withoutPairs(select).slice(-(lists.length + 21))).toBe(`${lists} and message_id < 'm'`);
  });

  test('a day that fails leaves the others alone, and its error is told at the end', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesDelivery(), sesDelivery({ messageId: 'm2', sentAt: SENT + DAY_MS })));
    await small.plan();
    await small.transformAll();
    const { ports } = small.lake;
    const engine: Engine = {
      query: (sql, inputs) => ports.engine.query(sql, inputs),
      write: (job) =>
        job.location.includes('dt=2026-10-05') ? Promise.reject(new Error('out of memory')) : ports.engine.write(job),
    };
    await expect(settleNow({ ...ports, engine })).rejects.toThrow('out of memory');
    expect((await settleNow(ports)).map(({ dt }) => dt)).toEqual(['2026-10-05']);
  });

  test('a day whose file is damaged leaves alone the others that are written with it', async () => {
    const days = [0, 1, 2].map((day) => ({ messageId: `m${day}`, sentAt: SENT + day * DAY_MS }));
    small.put(rawKey(SENT, 'a'), ndjson(...days.map((day) => sesDelivery(day))));
    await small.plan();
    const [outcome] = await small.transformAll();
    const damaged = outcome?.files.find(({ table, dt }) => table === 'events' && dt === '2026-10-06');
    writeFileSync(join(small.folder, 'lake', damaged?.key ?? ''), 'no Parquet');
    await expect(settleNow(small.lake.ports)).rejects.toThrow();
    expect(await small.rows("select dt from generations where table_name = 'events' order by dt")).toEqual([
      { dt: '2026-10-05' },
      { dt: '2026-10-07' },
    ]);
  });
});

describe('the watermark', () => {
  const template = 'ses/{yyyy}/{MM}/{dd}/{HH}/';
  const settings: Settings = { ...DEFAULT_SETTINGS, rawTemplate: template };
  const unit = (hour: number, plannedAt = NOW): OpenUnit => ({
    unit: 'u',
    plan: 'p',
    kind: 'first',
    rawPrefix: hourPrefix(template, hour, 0),
    plannedAt,
    bytes: 1,
    newestModified: hour,
  });
  const midnight = Date.parse('2026-10-05T00:00:00Z');

  test('an open unit holds back the days whose events it can have, for a day', () => {
    const holds = (open: OpenUnit): boolean => isHeldBack('2026-10-05', [open], settings, NOW);
    expect([-25, -24, 0, 26, 27].map((hours) => holds(unit(midnight + hours * HOUR_MS)))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect([NOW - DAY_MS, NOW - DAY_MS - 1].map((at) => holds(unit(midnight, at)))).toEqual([true, false]);
    expect(isHeldBack('2026-10-05', [unit(0)], DEFAULT_SETTINGS, NOW)).toBe(true);
    expect(holds({ ...unit(midnight), kind: 'replay' })).toBe(false);
  });

  test('fault 54a: in a backlog that is planned in any order, and settled meanwhile, each day is settled once', async () => {
    const { ports } = small.lake;
    const days = 4;
    for (let hour = 0; hour < days * 24; hour += 6) {
      const at = SENT + hour * HOUR_MS;
      small.put(rawKey(at, `h${hour}`), ndjson(sesDelivery({ messageId: `m${hour}`, sentAt: at })), at);
    }
    const prefixes = await Array.fromAsync(rawPrefixes(ports.raw, sourceOf(settings, ''), NOW, 'all'));
    expect(prefixes).toHaveLength(days * 4);
    const shuffled = prefixes.map((_, i) => prefixes[(i * 7 + 3) % prefixes.length] ?? '');
    const settled: Settled[] = [];
    for (const prefix of shuffled) {
      await planPrefix(ports, settings, prefix);
      for (const open of await openUnits(ports.lake)) await transform(ports, open, { settings, version: 'abc123' });
      settled.push(...(await settle(ports, { settings, open: await openUnits(ports.lake), ignorePace: true })));
    }
    const events = settled.filter(({ table }) => table === 'events').map(({ dt, generation }) => `${dt} ${generation}`);
    expect(events.sort()).toEqual(['05', '06', '07', '08', '09'].map((day) => `2026-10-${day} 0`));
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: days * 4 }]);
  });

  test('a raw hour that nobody plans holds a day back for no longer than a day', async () => {
    const { ports } = small.lake;
    small.put(rawKey(SENT, 'a'), ndjson(sesDelivery()));
    await planReach(ports, settings, 'all');
    small.put(rawKey(SENT + 2 * HOUR_MS, 'b'), ndjson(sesDelivery({ messageId: 'm2' })));
    await small.transformAll();
    const round = async (): Promise<number> =>
      (await settle(ports, { settings, open: await openUnits(ports.lake) })).filter(({ table }) => table === 'events')
        .length;
    age(small, 1);
    expect(await round()).toBe(0);
    age(small, 25);
    expect(await round()).toBe(1);
  });
});
