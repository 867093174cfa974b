import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import type { Ports, RawStore, Store, StoredObject, UnitMessage } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { hourPrefix, outsideTemplate, rawPrefixes } from '#lake/protocol/raw-prefixes.ts';
import { rawPlans, readPlan } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planPrefix, planReach, requeue, seal } from '#lake/steps/plan.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { countingRaw, countingStore, SimulatedTime } from '#test/ports/counting.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const TEMPLATE = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const SETTINGS: Settings = { ...DEFAULT_SETTINGS, rawTemplate: TEMPLATE };

type PlanPorts = Pick<Ports, 'raw' | 'lake' | 'queue' | 'clock'>;

interface Planning extends PlanPorts {
  raw: MemoryStore;
  lake: Store;
  clock: ManualClock;
  sent: (UnitMessage & { lane: string })[];
}

function planning(): Planning {
  const clock = new ManualClock(NOW);
  const sent: Planning['sent'] = [];
  return {
    raw: new MemoryStore(() => clock.now()),
    lake: new MemoryStore(() => clock.now()),
    clock,
    sent,
    queue: {
      async send(messages, lane) {
        sent.push(...messages.map((message) => ({ ...message, lane })));
      },
    },
  };
}

const hoursAgo = (hours: number): string => hourPrefix(TEMPLATE, NOW - hours * HOUR_MS, 0);

/** Each planned object with the units that it is in. */
async function plannedObjects(lake: Store): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { key } of rawPlans(lake)) {
    for (const { id, objects } of (await readPlan(lake, key)).units) {
      for (const object of objects) found.set(object.key, [...(found.get(object.key) ?? []), id]);
    }
  }
  return found;
}

/** Stops a process at its nth write, before or after it has taken effect. */
function dying(lake: Store, at: number, isAfter: boolean): Store {
  let n = 0;
  return {
    list: (prefix, options) => lake.list(prefix, options),
    prefixes: (prefix) => lake.prefixes(prefix),
    get: (key, options) => lake.get(key, options),
    remove: (key) => lake.remove(key),
    async create(key, bytes) {
      if (n++ !== at) return lake.create(key, bytes);
      if (isAfter) await lake.create(key, bytes);
      throw new Error('killed');
    },
  };
}

describe('plan', () => {
  test('fault 39: an object 1 h, 26 h, 7 d, 40 d late is found by the 5-minute, hourly, daily pass and by that over all', async () => {
    const ports = planning();
    const late = { tick: 1, hourly: 26, daily: 7 * 24, all: 40 * 24 };
    for (const hours of Object.values(late)) ports.raw.put(`${hoursAgo(hours)}a`, 'x');
    for (const reach of ['tick', 'hourly', 'daily', 'all'] as const) {
      const { units, objects } = await planReach(ports, SETTINGS, reach);
      expect([objects, units.map(({ rawPrefix }) => rawPrefix)]).toEqual([1, [hoursAgo(late[reach])]]);
    }
    expect(ports.sent.map(({ lane }) => lane)).toEqual(['live', 'live', 'backfill', 'backfill']);
    expect((await planReach(ports, SETTINGS, 'all')).objects).toBe(0);
  });

  test('folders that no clock can name are found by listing, and what the template does not name is said', async () => {
    const ports = planning();
    const template = 'raw/{*}/year={yyyy}/month={MM}/hour={dd}-{HH}/';
    const source = { mount: '', rawTemplate: template, objectNameOffsetHours: 0 };
    const now = hourPrefix('year={yyyy}/month={MM}/hour={dd}-{HH}/', NOW, 0);
    for (const key of [
      `raw/shop/${now}a`,
      `raw/news/${now}b`,
      'raw/news/year=2020/month=01/hour=02-03/c',
      'raw/stray',
      'raw/news/other/d',
    ]) {
      ports.raw.put(key, 'x');
    }
    const tick = await Array.fromAsync(rawPrefixes(ports.raw, source, NOW, 'tick'));
    expect(tick.filter((prefix) => prefix.endsWith(now))).toEqual([`raw/news/${now}`, `raw/shop/${now}`]);
    expect(await Array.fromAsync(rawPrefixes(ports.raw, source, NOW, 'all'))).toEqual([
      'raw/news/year=2020/month=01/hour=02-03/',
      `raw/news/${now}`,
      `raw/shop/${now}`,
    ]);
    expect(await Array.fromAsync(outsideTemplate(ports.raw, template))).toEqual(['raw/stray', 'raw/news/other/']);
  });

  test('units are about alike in bytes and within the limits, with each object in its order', () => {
    const limits = { ...SETTINGS.limits, unitBytes: 100, unitObjects: 50 };
    const cut = (sizes: readonly number[], atOnce?: number): number[][] => {
      const objects = sizes.map((size, i) => ({ key: `raw/${i}`, etag: 'e', size, modified: 0 }));
      return seal(objects, limits, String, atOnce).map((unit) => unit.objects.map(({ size }) => size));
    };
    const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
    expect(cut(Array(11).fill(10)).map(sum)).toEqual([60, 50]);
    expect(cut([10, 300, 10]).map(sum)).toEqual([10, 300, 10]);
    const many = Array(24).fill(10);
    expect([1, 2, 5].map((atOnce) => cut(many, atOnce).length)).toEqual([3, 4, 5]);
    expect(cut(Array(9).fill(10), 4)).toHaveLength(1);
    expect(cut(Array(60).fill(0)).map(({ length }) => length)).toEqual([50, 10]);
    for (let most = 1; most <= 100; most += 9) {
      const sizes = Array.from({ length: 97 }, (_, i) => (i * 37) % most);
      const units = cut(sizes);
      expect(units.flat()).toEqual(sizes);
      expect(Math.max(...units.map(sum))).toBeLessThanOrEqual(100);
    }
  });

  test('fault 43: a planner killed at any write leaves nothing out and nothing twice for the next', async () => {
    const keys = [0, 1, 2].flatMap((hours) => ['a', 'b', 'c'].map((name) => `${hoursAgo(hours)}${name}`));
    const settings = { ...SETTINGS, limits: { ...SETTINGS.limits, unitObjects: 2 } };
    for (let at = 0; at < 3; at++) {
      for (const isAfter of [false, true]) {
        const ports = planning();
        for (const key of keys) ports.raw.put(key, 'x');
        await expect(planReach({ ...ports, lake: dying(ports.lake, at, isAfter) }, settings, 'tick')).rejects.toThrow(
          'killed',
        );
        await planReach(ports, settings, 'tick');
        const planned = await plannedObjects(ports.lake);
        expect([...planned.keys()].sort()).toEqual([...keys].sort());
        expect([...planned.values()].filter((units) => units.length !== 1)).toEqual([]);
      }
    }
  });

  test('fault 44: planners side by side make disjoint units, and the loser of a race reads only the new plan', async () => {
    const ports = planning();
    const prefix = hoursAgo(0);
    ports.raw.put(`${prefix}a`, 'x');
    await planPrefix(ports, SETTINGS, prefix);
    for (const name of ['b', 'c', 'd']) ports.raw.put(`${prefix}${name}`, 'x');
    // The other one comes while the first is listing, and sees one object less.
    let isFirst = true;
    const { store, calls } = countingStore(ports.lake);
    const raw: RawStore = {
      get: (key, options) => ports.raw.get(key, options),
      prefixes: (at) => ports.raw.prefixes(at),
      async *list(at) {
        for await (const object of ports.raw.list(at)) {
          yield object;
          if (isFirst && object.key.endsWith('c')) {
            isFirst = false;
            await ports.raw.remove(`${prefix}d`);
            await planPrefix(ports, SETTINGS, prefix);
            ports.raw.put(`${prefix}d`, 'x');
          }
        }
      },
    };
    // A listing that was begun before goes on from what it saw.
    const listed = await Array.fromAsync(ports.raw.list(prefix));
    const slow: RawStore = {
      ...raw,
      list: (at) => (at === prefix && isFirst ? replay(listed, raw.list(at)) : raw.list(at)),
    };
    const lost = await planPrefix({ ...ports, raw: slow, lake: store }, SETTINGS, prefix);
    expect(lost.units).toHaveLength(1);
    // Each of the two plans that it tries to make is announced.
    expect(calls).toEqual({ list: 1, get: 2, create: 4, remove: 0 });
    const planned = await plannedObjects(ports.lake);
    expect([...planned].map(([key, units]) => [key.slice(prefix.length), units.length])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['d', 1],
    ]);
  });

  test('fault 44: any number of planners at once leave each object in one unit', async () => {
    const ports = planning();
    const time = new SimulatedTime();
    const keys = Array.from({ length: 2500 }, (_, i) => `${hoursAgo(i % 3)}${i}`);
    for (const key of keys) ports.raw.put(key, 'x');
    const slow = [7, 11, 13, 30].map((callMs) => ({
      ...ports,
      raw: countingRaw(ports.raw, { time, callMs }).store,
      lake: countingStore(ports.lake, { time, callMs }).store,
    }));
    const all = await Promise.all(slow.map((one) => planReach(one, SETTINGS, 'tick')));
    expect(all.reduce((sum, { objects }) => sum + objects, 0)).toBe(2500);
    const planned = await plannedObjects(ports.lake);
    expect(planned.size).toBe(2500);
    expect([...planned.values()].every((units) => units.length === 1)).toBe(true);
  });

  test('fault 52: when all messages are lost, units without outcome are queued again, once an hour', async () => {
    const ports = planning();
    ports.raw.put(`${hoursAgo(0)}a`, 'x');
    ports.raw.put(`${hoursAgo(100)}b`, 'x');
    await planReach(ports, SETTINGS, 'all');
    const before = ports.sent.splice(0);
    expect(before).toHaveLength(2);
    expect((await requeue(ports, SETTINGS))?.queued).toBe(0);
    ports.clock.advance(HOUR_MS);
    expect((await requeue(ports, SETTINGS))?.queued).toBe(2);
    expect(await requeue(ports, SETTINGS)).toBe(null);
    expect([...ports.sent].sort((a, b) => (a.unit < b.unit ? -1 : 1))).toEqual(
      before.sort((a, b) => (a.unit < b.unit ? -1 : 1)),
    );
    expect(await openUnits(ports.lake)).toHaveLength(2);
  });

  test('a raw object that was rewritten is reported, whoever planned it', async () => {
    const ports = planning();
    const key = `${hoursAgo(0)}a`;
    ports.raw.put(key, 'x');
    await planReach(ports, SETTINGS, 'tick');
    ports.raw.put(key, 'y');
    expect(await planReach(ports, SETTINGS, 'tick')).toMatchObject({ objects: 0, changed: [key] });
  });
});

async function* replay(
  listed: readonly StoredObject[],
  live: AsyncIterable<StoredObject>,
): AsyncGenerator<StoredObject> {
  const given = new Set<string>();
  for await (const object of live) {
    given.add(object.key);
    yield object;
  }
  for (const object of listed) if (!given.has(object.key)) yield object;
}

/** A bucket of `objects` in each of the last hours, made up as it is listed; and a lake that remembers only names. */
function largeBucket(hours: number, objects: number): { raw: RawStore; lake: Store; planned: () => number } {
  const prefixes = Array.from({ length: hours }, (_, i) => hoursAgo(hours - 1 - i));
  const plans = new Set<string>();
  let planned = 0;
  const raw: RawStore = {
    get: () => Promise.reject(new Error('planning reads no raw object')),
    async *prefixes(parent) {
      const folders = new Set<string>();
      for (const prefix of prefixes) {
        if (prefix.startsWith(parent)) folders.add(prefix.slice(0, prefix.indexOf('/', parent.length) + 1));
      }
      yield* [...folders].sort();
    },
    async *list(prefix) {
      for (let i = 0; i < objects; i++) {
        const key = `${prefix}mail-1-${String(i).padStart(6, '0')}-00000000-0000-4000-8000-000000000000.gz`;
        yield { key, size: 20_000, etag: `"${i}"`, modified: NOW };
      }
    },
  };
  const lake: Store = {
    get: () => Promise.reject(new Error('nothing was planned before')),
    async *list() {},
    async *prefixes() {},
    remove: async () => {},
    async create(key, content) {
      planned += String(content).split('"etag"').length - 1;
      plans.add(key);
      return true;
    },
  };
  return { raw, lake, planned: () => planned };
}

describe('plan in the large', () => {
  const run = async (hours: number, objects: number, reach: 'tick' | 'all') => {
    const { raw, lake, planned } = largeBucket(hours, objects);
    const time = new SimulatedTime();
    const counted = { raw: countingRaw(raw, { time, callMs: 30 }), lake: countingStore(lake, { time, callMs: 30 }) };
    const { objects: sealed } = await planReach(
      {
        raw: counted.raw.store,
        lake: counted.lake.store,
        clock: new ManualClock(NOW),
        queue: { send: async () => {} },
      },
      SETTINGS,
      reach,
    );
    expect(sealed).toBe(planned());
    return { sealed, seconds: time.now / 1000, calls: { raw: counted.raw.calls, lake: counted.lake.calls } };
  };

  test('fault 69: three hours of 42,000 objects are planned in under 10 s at 30 ms a call', async () => {
    const { sealed, seconds, calls } = await run(3, 42_000, 'tick');
    expect(sealed).toBe(5 * 42_000); // the tick looks at an hour ahead and one more back, which this bucket fills, too
    expect(calls).toMatchObject({ raw: { list: 5 * 42 }, lake: { list: 5 + 2, create: 2 * 5 + 1 } });
    expect(seconds).toBeLessThan(10);
  });

  test('fault 69: a backlog of 1,680 hours costs four calls an hour, and a minute of waiting for each 10,000 hours', async () => {
    const { sealed, seconds, calls } = await run(1680, 60, 'all');
    expect(sealed).toBe(1680 * 60);
    const days = 1680 / 24 + 1;
    expect(calls.lake).toMatchObject({ list: 1680 + days + 2, create: 2 * 1680 + 1, get: 0 });
    expect(calls.raw.list).toBeLessThan(1680 * 1.1);
    expect(seconds).toBeLessThan(20);
  });
});

describe('fault 74: with another raw template than the lake was planned by', () => {
  const HOURLY = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
  const templates = [null, HOURLY, 'raw/{yyyy}/{MM}/{dd}/', '{*}/{yyyy}/', 'raw/{yyyy}/{MM}/{dd}/{HH}/{*}/'] as const;
  const changes = templates.flatMap((from) => templates.filter((to) => to !== from).map((to) => [from, to] as const));

  test.each(changes)('%s, then %s: no object is in two units, and what is new is planned', async (from, to) => {
    const clock = new ManualClock(NOW);
    const [raw, lake] = [new MemoryStore(() => clock.now()), new MemoryStore(() => clock.now())];
    const ports = { raw, lake, clock, queue: new MemoryQueue(), catalog: new MemoryCatalog() };
    const put = (name: string): void => {
      for (const hour of ['08', '09']) raw.put(`raw/2026/10/05/${hour}/part/${name}`, '{}');
    };
    const run = (rawTemplate: string | null) => planReach(ports, { ...DEFAULT_SETTINGS, rawTemplate }, 'all');
    put('a');
    expect(await run(from)).toMatchObject({ objects: 2 });
    put('b');
    expect(await run(to)).toMatchObject({ objects: 2, known: 2, changed: [] });
    put('c');
    expect(await run(from)).toMatchObject({ objects: 2, known: 4 });
    expect(await run(to)).toMatchObject({ objects: 0, known: 6 });
    const { drifts } = await audit(ports, { settings: { ...DEFAULT_SETTINGS, rawTemplate: to } });
    expect(drifts.filter(({ kind }) => kind !== 'open_unit')).toEqual([]);
  });

  test('a lake of before there were records of templates is looked through once', async () => {
    const clock = new ManualClock(NOW);
    const [raw, lake] = [new MemoryStore(() => clock.now()), new MemoryStore(() => clock.now())];
    raw.put('raw/2026/10/05/09/a', '{}');
    const ports = { raw, lake, clock, queue: new MemoryQueue() };
    await planReach(ports, DEFAULT_SETTINGS, 'all');
    await lake.remove('v1/state/layouts/0-none.json');
    expect(await planReach(ports, { ...DEFAULT_SETTINGS, rawTemplate: HOURLY }, 'all')).toMatchObject({ objects: 0 });
    expect((await Array.fromAsync(lake.list('v1/state/layouts/'))).map(({ key }) => key)).toHaveLength(2);
  });
});
