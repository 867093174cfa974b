/** What an audit and a planner cost after the raw template has changed, and that they find all they found before. */
import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import type { Ports, RawStore, Store } from '#lake/ports.ts';
import { planKey, plansRoot, segmentsRoot, unitId } from '#lake/protocol/keys.ts';
import { hourPrefix, type Reach } from '#lake/protocol/raw-prefixes.ts';
import { createState, type Plan } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { type AuditReach, audit } from '#lake/steps/audit.ts';
import { planReach } from '#lake/steps/plan.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { SortedStore } from '#test/ports/sorted-store.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const HOURLY = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const NONE: Settings = { ...DEFAULT_SETTINGS, rawTemplate: null };
const BY_HOUR: Settings = { ...DEFAULT_SETTINGS, rawTemplate: HOURLY };
const HOURS = 48;

const hour = (ago: number): string => hourPrefix(HOURLY, NOW - ago * HOUR_MS, 0);

/** A lake with as many plans of `template: null`, then a new object in each of the last hours, planned by a template. */
async function changed(oldPlans: number) {
  const clock = new ManualClock(NOW - oldPlans * 5 * MINUTE_MS);
  const [raw, lake] = [new SortedStore(() => clock.now()), new SortedStore(() => clock.now())];
  const ports = { raw, lake, clock, queue: new MemoryQueue(), catalog: new MemoryCatalog() };
  for (let i = 0; i < oldPlans; i++) {
    raw.put(`${hour(i % HOURS)}old-${i}`, 'x');
    clock.advance(5 * MINUTE_MS);
    await planReach(ports, NONE, 'tick');
  }
  for (let ago = 0; ago < HOURS; ago++) raw.put(`${hour(ago)}new`, 'x');
  expect(await planReach(ports, BY_HOUR, 'daily')).toMatchObject({ objects: HOURS, known: oldPlans });
  return {
    ...ports,
    plan: (reach: Reach | 'all', other: { raw?: RawStore } = {}) => planReach({ ...ports, ...other }, BY_HOUR, reach),
    /** Drifts but for open units, and how often the plan was read that was read most often. */
    async audit(reach: AuditReach) {
      const reads = new Map<string, number>();
      const counted: Store = {
        list: (prefix, options) => lake.list(prefix, options),
        prefixes: (prefix) => lake.prefixes(prefix),
        create: (key, bytes) => lake.create(key, bytes),
        remove: (key) => lake.remove(key),
        get(key, options) {
          if (key.startsWith(plansRoot)) reads.set(key, (reads.get(key) ?? 0) + 1);
          return lake.get(key, options);
        },
      };
      const { drifts, raw_objects } = await audit({ ...ports, lake: counted }, { settings: BY_HOUR, reach });
      const found = drifts.filter(({ kind }) => !kind.endsWith('_unit')).map(({ kind, key }) => `${kind} ${key}`);
      return { raw_objects, found, mostReads: Math.max(...reads.values()) };
    },
  };
}

/** Plans that hold an object once more, as planners of two templates at the same moment could make them. */
async function planAgain({ raw, lake }: Pick<Ports, 'raw' | 'lake'>, prefix: string, key: string): Promise<void> {
  const objects = await Array.fromAsync(raw.list(key));
  for (let n = 0; ; n++) {
    const plan: Plan = { prefix, units: [{ id: unitId('2026-11-23', prefix, n, 0), objects }] };
    if (await createState(lake, planKey(prefix, n), plan)) return;
  }
}

describe.each(['daily', 'all'] as const)('after a change of the raw template, an audit (%s)', (reach) => {
  test('fault 69: reads each plan a few times at most, however many prefixes lie below it', async () => {
    for (const oldPlans of [30, 250]) {
      const { audit } = await changed(oldPlans);
      // One reading of an open unit, and of a thorough audit two more: as a plan above others, and by itself.
      const mostReads = reach === 'all' ? 3 : 2;
      expect(await audit(reach)).toEqual({ raw_objects: oldPlans + HOURS, found: [], mostReads });
    }
  });

  test('fault 74: finds what no plan has, what two have, and what was rewritten', async () => {
    const lake = await changed(250);
    const { raw, audit } = lake;
    raw.put(`${hour(5)}unplanned`, 'x');
    await planAgain(lake, hour(7), `${hour(7)}old-7`);
    raw.put(`${hour(11)}old-11`, 'other');
    raw.put(`${hour(12)}new`, 'other');
    const below = `${hour(14)}part/a`;
    raw.put(below, 'x');
    await planAgain(lake, `${hour(14)}part/`, below);
    await planAgain(lake, hour(14), below);
    expect((await audit(reach)).found).toEqual([
      `planned_twice ${below}`,
      `planned_twice ${hour(7)}old-7`,
      `raw_changed ${hour(12)}new`,
      `raw_changed ${hour(11)}old-11`,
      `unplanned_object ${hour(5)}unplanned`,
    ]);
  });
});

describe('after a change of the raw template', () => {
  test('a thorough audit finds objects that two plans of another template have, also when they have gone', async () => {
    const lake = await changed(3);
    await planAgain(lake, '', `${hour(1)}old-1`);
    await planAgain(lake, 'raw/', `${hour(2)}old-2`);
    await lake.raw.remove(`${hour(1)}old-1`);
    expect((await lake.audit('all')).found).toEqual([`planned_twice ${hour(2)}old-2`, `planned_twice ${hour(1)}old-1`]);
  });

  test('days of the past that were found whole are closed, and planners list them no more one by one', async () => {
    const { raw, clock, plan, audit } = await changed(30);
    clock.advance(12 * DAY_MS);
    await audit('all');
    const listed: string[] = [];
    const watched: RawStore = {
      get: (key, options) => raw.get(key, options),
      prefixes: (prefix) => raw.prefixes(prefix),
      list(prefix, options) {
        listed.push(prefix);
        return raw.list(prefix, options);
      },
    };
    expect(await plan('all', { raw: watched })).toMatchObject({ objects: 0, changed: [] });
    expect(listed.filter((prefix) => prefix.startsWith(hour(24).slice(0, -3)))).toEqual([hour(24).slice(0, -3)]);
  });

  test.each(['damaged', 'gone'])(
    'a summary that is %s is not needed: plans are read, and drifts told once',
    async (how) => {
      const { raw, lake, plan, audit } = await changed(250);
      for (const { key } of await Array.fromAsync(lake.list(segmentsRoot))) {
        if (how === 'gone') await lake.remove(key);
        else lake.put(key, 'damaged');
      }
      for (const name of ['a', 'z']) raw.put(`${hour(2)}${name}`, 'x');
      expect((await audit('daily')).found).toEqual([`unplanned_object ${hour(2)}a`, `unplanned_object ${hour(2)}z`]);
      expect(await plan('tick')).toMatchObject({ objects: 2 });
      expect((await audit('daily')).found).toEqual([]);
    },
  );
});
