import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS } from '#lake/days.ts';
import { digestOf } from '#lake/protocol/contents.ts';
import { checkpointsRoot, cursorsRoot, planFolder, planKey, segmentsRoot } from '#lake/protocol/keys.ts';
import { PlannedObjects, type SummaryLimits } from '#lake/protocol/planned-objects.ts';
import { createState, type Plan, rawPlans, readPlan } from '#lake/protocol/records.ts';
import { announceRewriting, confirmRewriting } from '#lake/protocol/rewritten-objects.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planPrefix, planReach } from '#lake/steps/plan.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { countingRaw, countingStore } from '#test/ports/counting.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { SortedStore } from '#test/ports/sorted-store.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const SMALL: SummaryLimits = { plans: 4, objects: 1000, segment: 10 };
const LOOKS = { tick: 20, hourly: 40, daily: 80 };

function world() {
  const clock = new ManualClock(NOW);
  const raw = new SortedStore(() => clock.now());
  const lake = new SortedStore(() => clock.now());
  const ports = { raw, lake, clock, queue: new MemoryQueue(), catalog: new MemoryCatalog() };
  const plan = async (reach: 'tick' | 'hourly' | 'all' = 'tick', remainingMs?: () => number): Promise<number> => {
    const options = { limits: SMALL, lookObjects: LOOKS, ...(remainingMs ? { remainingMs } : {}) };
    return (await planReach(ports, DEFAULT_SETTINGS, reach, options)).objects;
  };
  return { ...ports, ports, plan };
}

/** Objects of all plans, each as often as it is planned. */
async function planned(lake: SortedStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of rawPlans(lake)) {
    for (const { objects } of (await readPlan(lake, key)).units) keys.push(...objects.map((object) => object.key));
  }
  return keys.sort();
}

/** As an erasure of raw objects does. */
async function writeOnceMore({ raw, lake }: { raw: SortedStore; lake: SortedStore }, key: string): Promise<void> {
  const content = '{"erased":1}';
  const { etag, size } = await raw.get(key);
  const before = { etag, size, sha256: await digestOf(raw, { key, etag }) };
  const after = hash('sha256', content, 'hex').slice(0, 32);
  await announceRewriting(lake, { key, erasure: 0, before, after: { size: content.length, sha256: after } });
  raw.put(key, content);
  await confirmRewriting(lake, { key, etag: (await raw.get(key)).etag }, after);
}

const keysOf = async (store: SortedStore, prefix = ''): Promise<string[]> =>
  (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);

describe('a raw prefix without hours', () => {
  test('fault 39: late keys anywhere in it are found within a turn through its parts, those at lively places at once', async () => {
    const { raw, lake, clock, plan } = world();
    for (let i = 0; i < 500; i++) {
      raw.put(`log/${String(i).padStart(6, '0')}`, 'x');
      if (i % 5 === 0) await plan();
    }
    await plan();
    expect(await planned(lake)).toEqual(await keysOf(raw));
    raw.put('log/999999', 'x');
    expect(await plan()).toBe(1);
    for (const late of ['a/first of all', 'log/000123-late', 'log/000300-late', 'log/000499-late']) raw.put(late, 'x');
    let ticks = 0;
    for (let left = 4; left > 0; ) {
      clock.advance(5 * MINUTE_MS);
      const found = await plan();
      left -= found;
      expect(++ticks).toBeLessThan(100);
    }
    expect(ticks).toBeGreaterThan(3);
    expect(await planned(lake)).toEqual(await keysOf(raw));
    raw.put('log/000123-later', 'x');
    expect(await plan('all')).toBe(1);
  });

  test('fault 69: a look costs the same after 800 plans as after 200', async () => {
    const { raw, lake, clock, ports } = world();
    const costs: number[] = [];
    for (let i = 0; i < 800; i++) {
      clock.advance(5 * MINUTE_MS);
      raw.put(`log/${String(i).padStart(6, '0')}`, 'x');
      const [countedRaw, countedLake] = [countingRaw(raw), countingStore(lake)];
      const counted = { ...ports, raw: countedRaw.store, lake: countedLake.store };
      const limits: SummaryLimits = { plans: 50, objects: 1000, segment: 20 };
      await planReach(counted, DEFAULT_SETTINGS, 'tick', { limits, lookObjects: { ...LOOKS, tick: 60 } });
      if (i % 50 !== 25) continue;
      costs.push(countedRaw.calls.list + countedLake.calls.list + countedLake.calls.get + countedLake.calls.create);
    }
    expect(await planned(lake)).toEqual(await keysOf(raw));
    expect(Math.max(...costs.slice(8))).toBeLessThanOrEqual(Math.max(...costs.slice(4, 8)) + 2);
  });

  test('fault 69: that an erasure has written raw objects is known without reading the plans again', async () => {
    const { raw, lake, plan, ports } = world();
    for (let i = 0; i < 30; i++) {
      raw.put(`log/${i}`, 'with a person');
      await plan();
    }
    const look = async () => {
      const { store, calls } = countingStore(lake);
      const { changed } = await planReach({ ...ports, lake: store }, DEFAULT_SETTINGS, 'all', { limits: SMALL });
      return { changed, gets: calls.get };
    };
    const { gets } = await look();
    for (const i of [3, 17]) await writeOnceMore({ raw, lake }, `log/${i}`);
    raw.put('log/20', 'changed by somebody');
    // A note for each object that was written once more.
    expect(await look()).toEqual({ changed: ['log/20'], gets: gets + 2 });
    const { drifts } = await audit(ports, { reach: 'daily' });
    expect(drifts.filter(({ kind }) => kind === 'raw_changed').map(({ key }) => key)).toEqual(['log/20']);
  });

  test('fault 69: few plans of very many objects are read through their summary, too', async () => {
    const { raw, lake, ports } = world();
    raw.fill(Array.from({ length: 120_000 }, (_, i) => [`log/${String(i).padStart(6, '0')}`, 'x', NOW]));
    const limits: SummaryLimits = { plans: 100, objects: 100_000, segment: 5000 };
    expect((await planReach(ports, DEFAULT_SETTINGS, 'all', { limits })).objects).toBe(120_000);
    const read: string[] = [];
    const watched = {
      list: lake.list.bind(lake),
      create: lake.create.bind(lake),
      get(key: string) {
        read.push(key);
        return lake.get(key);
      },
    };
    const prefix = (await keysOf(lake, planFolder(''))).map((key) => key.slice(planFolder('').length));
    expect(prefix).toEqual(['0.json', '1.json', '2.json']);
    const known = await PlannedObjects.read(watched, '', { limits, nonce: () => 'another' });
    expect([known.size, known.summarised, known.next]).toEqual([120_000, 2, 3]);
    expect(read).not.toContain(planKey('', 0));
    expect(read).toContain(planKey('', 2));
  });

  test('a planner that runs out of time is gone on from where it stopped, and nothing starves', async () => {
    const { raw, lake, plan } = world();
    for (let i = 0; i < 30_000; i++) raw.put(`log/${String(i).padStart(6, '0')}`, 'x');
    // Each look is told after a page that its time is over.
    let left = 0;
    const hurried = (): number => (left-- > 0 ? DAY_MS : 0);
    for (let tick = 0; tick < 40; tick++) {
      left = 2;
      await plan('tick', hurried);
    }
    expect(await planned(lake)).toEqual(await keysOf(raw));
    raw.put('log/000500-late', 'x');
    let looks = 0;
    for (left = 2; (await plan('all', hurried)) === 0; left = 2) expect(++looks).toBeLessThan(60);
  });

  test('fault 44: planners side by side on one summary plan each object once', async () => {
    const { raw, lake, plan } = world();
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 30; i++) raw.put(`${(i * 7919) % 31}/${round}`, 'x');
      await Promise.all([plan('tick'), plan('all'), plan('hourly')]);
    }
    expect(await planned(lake)).toEqual(await keysOf(raw));
  });

  test('a summary that is damaged or gone is not needed: its plans are read', async () => {
    for (const damage of ['checkpoint', 'segment', 'segment gone'] as const) {
      const { raw, lake, plan, ports } = world();
      for (let i = 0; i < 100; i++) {
        raw.put(`log/${i}`, 'x');
        await plan();
      }
      const [newest = ''] = await keysOf(lake, damage === 'checkpoint' ? checkpointsRoot : segmentsRoot);
      if (damage === 'segment gone') for (const key of await keysOf(lake, segmentsRoot)) await lake.remove(key);
      else if (damage === 'segment') for (const key of await keysOf(lake, segmentsRoot)) lake.put(key, 'damaged');
      else lake.put(newest, 'damaged');
      raw.put('log/100', 'x');
      expect(await plan('all')).toBe(1);
      expect(await planned(lake)).toEqual(await keysOf(raw));
      const { drifts } = await audit(ports, { reach: 'daily' });
      expect(drifts.filter(({ kind }) => kind !== 'open_unit')).toEqual([]);
    }
  });

  test('an object that a summary holds and no plan is found by a thorough audit, and planned by its repair', async () => {
    const { raw, lake, plan, ports } = world();
    for (let i = 0; i < 8; i++) {
      raw.put(`log/${i}`, 'x');
      await plan();
    }
    const last = planKey('', 7);
    const plans = await keysOf(lake, planFolder(''));
    expect(plans).toContain(last);
    await lake.remove(last);
    const before = await audit(ports, { reach: 'all' });
    expect(before.drifts_by_kind).toMatchObject({ unplanned_object: 1 });
    expect(await plan('all')).toBe(0);
    // As the repair does.
    await planPrefix(ports, DEFAULT_SETTINGS, '', { trusts: false });
    expect(await planned(lake)).toEqual(await keysOf(raw));
  });
});

test('keys are told apart in the order of listings, where it is not that of JavaScript', async () => {
  const { raw, lake, plan } = world();
  const names = ['\u{1F600}', '\uFFFD', '\uE000', 'é', 'z', '\u{10000}'];
  for (let i = 0; i < 20; i++) {
    for (const name of names) raw.put(`${name}${i}`, 'x');
    await plan();
    await plan();
  }
  await plan('all');
  expect(await plan('all')).toBe(0);
  expect((await planned(lake)).sort()).toEqual((await keysOf(raw)).sort());
});

test('plans of another template are read once after the change, whatever their number', async () => {
  const { raw, lake, ports } = world();
  for (let i = 0; i < 300; i++) {
    const prefix = `raw/2026/10/05/${String(i).padStart(3, '0')}/`;
    raw.put(`${prefix}a`, 'x');
    const [object] = await Array.fromAsync(raw.list(prefix));
    const plan: Plan = { prefix, units: [{ id: `2026-10-05-0123456789ab-${i}-0`, objects: object ? [object] : [] }] };
    await createState(lake, planKey(prefix, 0), plan);
  }
  const reads: number[] = [];
  for (let tick = 0; tick < 3; tick++) {
    const counted = countingStore(lake);
    const { objects } = await planReach({ ...ports, lake: counted.store }, DEFAULT_SETTINGS, 'tick');
    expect(objects).toBe(0);
    reads.push(counted.calls.get);
  }
  expect(reads[0]).toBeGreaterThanOrEqual(300);
  expect(reads[1]).toBeLessThan(20);
  expect(reads[2]).toBe(reads[1]);
});

test('without a summary, a few plans are read as they are', async () => {
  const { raw, lake, plan } = world();
  raw.put('a', 'x');
  await plan();
  raw.put('b', 'x');
  await plan();
  expect(await keysOf(lake, checkpointsRoot)).toEqual([]);
  expect(await keysOf(lake, cursorsRoot)).toEqual([]);
  const known = await PlannedObjects.read(lake, '');
  expect([known.next, known.size]).toEqual([2, 2]);
});
