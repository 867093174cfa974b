import { beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, utcDate } from '#lake/days.ts';
import type { Store, UnitMessage } from '#lake/ports.ts';
import { decidedDayKey, outcomeKey, planKey, splitKey, unitId } from '#lake/protocol/keys.ts';
import { laneOf } from '#lake/protocol/lanes.ts';
import { announcePlan, openUnits, recentlyOpenUnits } from '#lake/protocol/open-units.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import { createState, type Plan, type PlannedUnit } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { HOUR_OF_SURVEY, requeue } from '#lake/steps/plan.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';
import { SENT } from '#test/records.ts';

const template = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const settings: Settings = { ...DEFAULT_SETTINGS, rawTemplate: template };

let clock: ManualClock;
let lake: MemoryStore;
let queue: MemoryQueue;
beforeEach(() => {
  clock = new ManualClock(SENT);
  lake = new MemoryStore(() => clock.now());
  queue = new MemoryQueue();
});

/** Plans one unit of the raw hour that is so long ago, now. */
async function plan(hoursAgo: number, objects = 1): Promise<UnitMessage> {
  const prefix = hourPrefix(template, clock.now() - hoursAgo * HOUR_MS, 0);
  const id = unitId(new Date(clock.now()).toISOString().slice(0, 10), prefix, 0, 0);
  const of = Array.from({ length: objects }, (_, i) => ({
    key: `${prefix}${i}`,
    etag: '1',
    size: 10,
    modified: clock.now(),
  }));
  const sealed: Plan = { prefix, units: [{ id, objects: of }] };
  await announcePlan(lake, planKey(prefix, 0), sealed.units);
  await createState(lake, planKey(prefix, 0), sealed);
  return { unit: id, plan: planKey(prefix, 0) };
}

const decide = async ({ unit }: UnitMessage, split?: [string, string]): Promise<void> => {
  if (split) await createState(lake, splitKey(unit), { unit });
  await createState(lake, outcomeKey(unit), { unit, status: split ? 'split' : 'done', ...(split ? { split } : {}) });
};

/** Queues again in the hour in which all plans are looked at. */
async function surveyed(): Promise<void> {
  const hours = (HOUR_OF_SURVEY - new Date(clock.now()).getUTCHours() + 24) % 24;
  clock.advance((hours || 24) * HOUR_MS);
  await requeue({ lake, queue, clock }, settings);
}

const names = async (): Promise<string[]> => (await openUnits(lake)).map(({ unit }) => unit);

/** The same store; calls are counted, a listing's as pages of 1,000. */
const counting = (calls: { list: number; get: number }): Pick<Store, 'list' | 'get'> => ({
  list(prefix, options) {
    calls.list++;
    const items = lake.list(prefix, options);
    return (async function* () {
      let n = 0;
      for await (const item of items) {
        if (++n % 1000 === 0) calls.list++;
        yield item;
      }
    })();
  },
  get(key) {
    calls.get++;
    return lake.get(key);
  },
});

describe('open units', () => {
  test('of a split unit the halves are open, down to the leaves', async () => {
    const unit = await plan(1, 4);
    expect(await names()).toEqual([unit.unit]);
    const [a, b] = [`${unit.unit}a`, `${unit.unit}b`];
    await decide(unit, [a, b]);
    expect(await names()).toEqual([a, b]);
    await decide({ ...unit, unit: a }, [`${a}a`, `${a}b`]);
    expect(await names()).toEqual([`${a}a`, `${a}b`, b]);
    for (const half of [`${a}a`, `${a}b`, b]) await decide({ ...unit, unit: half });
    expect(await names()).toEqual([]);
  });

  test('a hint of a split that came to nothing hides and opens nothing', async () => {
    const unit = await plan(1, 2);
    await createState(lake, splitKey(unit.unit), unit);
    expect(await names()).toEqual([unit.unit]);
    await decide(unit);
    expect(await names()).toEqual([]);
  });

  test('years that are over cost no read: only days with something open are looked at', async () => {
    const days = 150;
    let stuck: UnitMessage | null = null;
    for (let day = 0; day < days; day++) {
      for (let part = 0; part < 4; part++) {
        const unit = await plan(1);
        if (day === 100 && part === 0) stuck = unit;
        else await decide(unit);
        clock.advance(DAY_MS / 4);
      }
    }
    const fresh = await plan(1);
    const before = { list: 0, get: 0 };
    const everyone = await openUnits(counting(before), {});
    expect(before.get).toBe(days * 4 + 1);

    await surveyed();
    const after = { list: 0, get: 0 };
    expect(await openUnits(counting(after))).toEqual(everyone);
    expect(everyone.map(({ unit }) => unit)).toEqual([stuck?.unit, fresh.unit]);
    // The day of the stuck unit, the last days, and the marks themselves, which are listed.
    expect(after.get).toBeLessThanOrEqual(4 + 3 * 4 + 1);
    expect(after.list).toBeLessThanOrEqual(20);
    expect(await openUnits(lake, { everything: true })).toEqual(everyone);
  });

  test('a day is marked only once the store has taken in a plan a whole day after its end', async () => {
    await decide(await plan(1));
    clock.advance(3 * DAY_MS);
    await surveyed();
    expect(await Array.fromAsync(lake.list('v1/state/decided/'))).toEqual([]);
    await plan(1);
    await surveyed();
    expect((await Array.fromAsync(lake.list('v1/state/decided/'))).map(({ key }) => key)).toEqual([
      'v1/state/decided/dt=2026-10-05/decided.json',
    ]);
  });
});

describe('units of the last days', () => {
  const recent = async (): Promise<string[]> =>
    (await recentlyOpenUnits(lake, clock.now())).map(({ unit }) => unit).sort();

  test('are the open ones, halves too, without a read of a plan that is done', async () => {
    const [whole, parent, done] = [await plan(1), await plan(2, 2), await plan(3)];
    await decide(parent, [`${parent.unit}a`, `${parent.unit}b`]);
    await decide(done);
    const calls = { list: 0, get: 0 };
    const found = await recentlyOpenUnits(counting(calls), clock.now());
    expect(found.map(({ unit }) => unit).sort()).toEqual([whole.unit, `${parent.unit}a`, `${parent.unit}b`].sort());
    expect(found.map(({ plannedAt }) => plannedAt)).toEqual(found.map(() => clock.now()));
    // An announcement and a plan for each of the two, and the outcome of the split.
    expect(calls.get).toBe(2 + 2 + 1);
  });

  test('are found at the same cost after ten years', async () => {
    const costs: { list: number; get: number }[] = [];
    for (let day = 0; day < 3650; day++) {
      await decide(await plan(1));
      if (day % 7 === 0) await createState(lake, decidedDayKey(utcDate(clock.now() - 4 * DAY_MS)), {});
      clock.advance(DAY_MS);
      if (day !== 20 && day !== 3649) continue;
      const calls = { list: 0, get: 0 };
      await recentlyOpenUnits(counting(calls), clock.now());
      costs.push(calls);
    }
    expect(costs[1]).toEqual(costs[0]);
  });

  test('are not those of a plan that its planner only announced, or that another one made', async () => {
    const [announced] = await sealedUnits('raw/a/', 2);
    expect(announced).toBeDefined();
    expect(await recent()).toEqual([]);
    const [theirs] = await sealedUnits('raw/b/', 3);
    const made: Plan = { prefix: 'raw/b/', units: theirs ? [theirs] : [] };
    await createState(lake, planKey('raw/b/', 0), made);
    expect(await recent()).toEqual([theirs?.id]);
    if (theirs) await decide({ unit: theirs.id, plan: planKey('raw/b/', 0) });
    expect(await recent()).toEqual([]);
  });

  /** Announces a plan of so many units, and makes none. */
  async function sealedUnits(prefix: string, n: number): Promise<PlannedUnit[]> {
    const units = Array.from({ length: n }, (_, i) => ({
      id: unitId(utcDate(clock.now()), prefix, 0, i),
      objects: [{ key: `${prefix}${i}`, etag: '1', size: 1, modified: clock.now() }],
    }));
    await announcePlan(lake, planKey(prefix, 0), units);
    return units;
  }
});

describe('requeue', () => {
  test('fault 52: with all messages lost, units without outcome are queued again after an hour, halves too', async () => {
    const [whole, parent, done] = [await plan(1), await plan(2, 2), await plan(3)];
    const halves: [string, string] = [`${parent.unit}a`, `${parent.unit}b`];
    await decide(parent, halves);
    await decide(done);
    expect((await requeue({ lake, queue, clock }, settings))?.queued).toBe(0);
    clock.advance(HOUR_MS);
    expect((await requeue({ lake, queue, clock }, settings))?.queued).toBe(3);
    expect(
      queue
        .takeAll('live')
        .map(({ unit }) => unit)
        .sort(),
    ).toEqual([whole.unit, ...halves].sort());
  });

  test('happens once an hour, however often and by however many planners it is asked for', async () => {
    await plan(1);
    clock.advance(HOUR_MS);
    const all = await Promise.all([1, 2, 3].map(() => requeue({ lake, queue, clock }, settings)));
    expect(all.filter((one) => one !== null)).toHaveLength(1);
    expect(queue.takeAll('live')).toHaveLength(1);
    clock.advance(5 * 60_000);
    expect(await requeue({ lake, queue, clock }, settings)).toBe(null);
    clock.advance(HOUR_MS);
    expect((await requeue({ lake, queue, clock }, settings))?.queued).toBe(1);
  });

  test('a backlog goes into the lane of its own, so that live mail does not wait behind it', async () => {
    const [live, old] = [await plan(25), await plan(40)];
    clock.advance(HOUR_MS);
    await requeue({ lake, queue, clock }, settings);
    expect(queue.takeAll('live')).toEqual([live]);
    expect(queue.takeAll('backfill')).toEqual([old]);
  });

  test('without hours in the layout the newest object decides, and a replay is never live', () => {
    const flat = { ...settings, rawTemplate: null };
    const unit = { rawPrefix: '', newestModified: SENT };
    expect(laneOf(unit, flat, SENT + 26 * HOUR_MS)).toBe('live');
    expect(laneOf(unit, flat, SENT + 27 * HOUR_MS)).toBe('backfill');
    expect(laneOf({ ...unit, kind: 'replay' }, flat, SENT)).toBe('backfill');
  });
});
