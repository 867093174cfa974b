/**
 * What a call of each schedule, and a query of each view of data quality, asks for in a lake of a month, a year and ten years:
 * requests, seconds at 30 ms each with those side by side that are made so, dollars a month. The state is made (lake.ts), the
 * steps are the real ones. Settling, rolling up and transforming themselves aren't in it: they go by the day's mail, which
 * `npm run bench:cost` plays.
 *
 * `npm run bench:years [raw objects a day]`: 24 by default, in some minutes and 1 GB
 */
import { addDays, DAY_MS, utcDate } from '#lake/days.ts';
import type { Catalog, Ports } from '#lake/ports.ts';
import { recentlyOpenUnits } from '#lake/protocol/open-units.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { compact } from '#lake/steps/compact.ts';
import { HOUR_OF_SURVEY, planReach, requeue } from '#lake/steps/plan.ts';
import { daysToSettle } from '#lake/steps/settle.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { countingRaw, countingStore, SimulatedTime } from '#test/ports/counting.ts';
import { monthlyCost } from '../cost/prices.ts';
import { type LakeOfYears, type Layout, lakeOfYears, NOW } from './lake.ts';

const OBJECTS = Number(process.argv[2] ?? 24);
const AGES = { 'a month': 30, 'a year': 365, 'ten years': 3650 };
const CALL_MS = 30;
/** Days behind which data_freshness doesn't look. */
const FRESHNESS_DAYS = 400;
/** Files that Athena reads side by side, and requests for each (assumed). */
const READERS = 20;
const REQUESTS_A_FILE = 2;

type Step = (lake: LakeOfYears, ports: Ports) => Promise<unknown>;
const reach = (name: 'tick' | 'hourly' | 'daily' | 'all'): Step => {
  return ({ settings }, ports) => planReach(ports, settings, name, { remainingMs: () => DAY_MS });
};
const settling: Step = async ({ settings }, { lake, clock }) => {
  const open = await recentlyOpenUnits(lake, clock.now());
  return Array.fromAsync(daysToSettle({ lake, clock }, { settings, open }));
};
const hourOfDay = new Date(NOW).getUTCHours();

/** Each schedule's own reading of the lake, and how often a day it runs. */
const SCHEDULES: readonly { name: string; step: string; daily: number; run: Step }[] = [
  { name: 'plan-tick', step: 'plan', daily: 288, run: reach('tick') },
  { name: 'plan-hourly', step: 'plan', daily: 24, run: reach('hourly') },
  { name: 'plan-daily', step: 'plan', daily: 1, run: reach('daily') },
  { name: 'plan-all', step: 'plan', daily: 1 / 7, run: reach('all') },
  { name: 'queue again', step: 'plan', daily: 23, run: ({ settings }, ports) => requeue(ports, settings) },
  {
    name: 'queue again, all',
    step: 'plan',
    daily: 1,
    run: ({ settings }, ports) => {
      const now = NOW + ((HOUR_OF_SURVEY - hourOfDay + 24) % 24) * (DAY_MS / 24);
      return requeue({ ...ports, clock: { ...ports.clock, now: () => now } }, settings);
    },
  },
  {
    name: 'settle',
    step: 'settle',
    daily: 24,
    run: settling,
  },
  { name: 'audit', step: 'audit', daily: 1, run: ({ settings }, ports) => audit(ports, { settings, reach: 'daily' }) },
  { name: 'collect', step: 'collect', daily: 1, run: async (_, ports) => [await collect(ports), await compact(ports)] },
];

const byHour = await printSchedules('by hour');
await printViews(byHour);
await printSchedules('without hours');

async function printSchedules(layout: Layout): Promise<LakeOfYears[]> {
  const lakes: LakeOfYears[] = [];
  console.log(`\nRaw objects ${layout}, ${OBJECTS} a day: LIST, GET, PUT of a call; seconds; dollars a month`);
  const rows = new Map<string, string[]>(SCHEDULES.map(({ name }) => [name, []]));
  for (const [age, days] of Object.entries(AGES)) {
    const made = await lakeOfYears(layout, days, OBJECTS);
    lakes.push(made);
    const first = await called(made, reach('tick'));
    // The first time after an upgrade it looks whether rules have changed, and notes it.
    await called(made, settling);
    console.log(`  ${age}: ${made.records} records; the first look takes ${first.seconds.toFixed(1)} s`);
    for (const { name, step, daily, run } of SCHEDULES) {
      const { calls, seconds } = await called(made, run);
      const tally = { ...calls, runs: daily };
      const aDay = Object.fromEntries(
        Object.entries(tally).map(([what, n]) => [what, what === 'runs' ? n : n * daily]),
      );
      const none = { records: 0, rawBytes: 0, lakeBytes: { kept: 0, replaced: 0 } };
      const costs = monthlyCost({ ...none, steps: new Map([[step, aDay]]) }, 0);
      const dollars = ['S3 requests', 'Lambda', 'Glue'].reduce((sum, item) => sum + (costs.get(item) ?? 0), 0);
      rows.get(name)?.push(`${calls.LIST} + ${calls.GET} + ${calls.PUT}`, seconds.toFixed(1), dollars.toFixed(2));
    }
  }
  const columns = Object.keys(AGES).flatMap((age) => [age, 's', '$']);
  console.log(`| Schedule | ${columns.join(' | ')} |\n| --- |${columns.map(() => ' ---: |').join('')}`);
  for (const [name, cells] of rows) console.log(`| ${name} | ${cells.join(' | ')} |`);
  return lakes;
}

/** What a step asks for, and how long that takes if it waits for nothing else. */
async function called(
  made: LakeOfYears,
  run: Step,
): Promise<{ calls: { LIST: number; GET: number; PUT: number; Glue: number }; seconds: number }> {
  const time = new SimulatedTime();
  const raw = countingRaw(made.raw, { time, callMs: CALL_MS });
  const lake = countingStore(made.lake, { time, callMs: CALL_MS });
  let Glue = 0;
  const asked = async <T>(answer: Promise<T>, calls = 1): Promise<T> => {
    Glue += calls;
    await time.sleep(CALL_MS);
    return answer;
  };
  const { catalog: of } = made;
  const catalog: Catalog = {
    ensurePartitions: (table, partitions) => asked(of.ensurePartitions(table, partitions)),
    switchPartition: (table, partition) => asked(of.switchPartition(table, partition)),
    dropPartitions: (table, dts) => asked(of.dropPartitions(table, dts)),
    locations: (table, dts) => asked(of.locations(table, dts)),
  };
  const engine = { query: refused, write: refused };
  const ports: Ports = {
    raw: raw.store,
    lake: lake.store,
    catalog,
    engine,
    queue: new MemoryQueue(),
    clock: made.clock,
  };
  await run(made, ports);
  const LIST = raw.calls.list + lake.calls.list;
  const GET = raw.calls.get + lake.calls.get;
  return { calls: { LIST, GET, PUT: lake.calls.create, Glue }, seconds: time.now / 1000 };
}

async function refused(): Promise<never> {
  throw new Error('no step of this benchmark asks the engine');
}

/** Files of the partitions that a query names, as they are, and as they were before past days were gathered. */
async function printViews(lakes: readonly LakeOfYears[]): Promise<void> {
  const since = (days: number) => (dt: string) => dt >= addDays(utcDate(NOW), -days);
  const all = (): boolean => true;
  const views: readonly [name: string, reads: Readonly<Record<string, (dt: string) => boolean>>][] = [
    [
      'data_freshness',
      { units: since(FRESHNESS_DAYS), generations: since(FRESHNESS_DAYS), audits: since(FRESHNESS_DAYS) },
    ],
    ['data_quality_daily', { units: all, generations: all }],
    ['data_quality_daily of a month', { units: since(30), generations: all }],
  ];
  console.log(`\nQueries: files, seconds and dollars; in brackets the files if no day were gathered`);
  const rows = new Map<string, string[]>(views.map(([name]) => [name, []]));
  for (const { lake, catalog } of lakes) {
    for (const [name, reads] of views) {
      let [files, bytes, records, partitions] = [0, 0, 0, 0];
      for (const [table, isRead] of Object.entries(reads)) {
        for (const { dt, location } of (await catalog.locations(table)).filter((one) => isRead(one.dt))) {
          partitions++;
          for await (const { size } of lake.list(location)) {
            files++;
            bytes += size;
          }
          const folder = table === 'generations' ? `v1/state/generations/dt=${dt}/` : `v1/state/${table}/dt=${dt}/`;
          for await (const _ of lake.list(folder)) records++;
        }
      }
      const seconds = ((files * REQUESTS_A_FILE + partitions) * CALL_MS) / 1000 / READERS;
      const dollars = (files * REQUESTS_A_FILE * 0.4 + partitions * 5 + (Math.max(bytes, 10e6) / 1e6) * 5) / 1e6;
      rows.get(name)?.push(`${files} (${records})`, seconds.toFixed(1), dollars.toFixed(4));
    }
  }
  const columns = Object.keys(AGES).flatMap((age) => [age, 's', '$']);
  console.log(`| View | ${columns.join(' | ')} |\n| --- |${columns.map(() => ' ---: |').join('')}`);
  for (const [name, cells] of rows) console.log(`| ${name} | ${cells.join(' | ')} |`);
}
