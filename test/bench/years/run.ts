/**
 * What a call of each schedule, and a query of each view of data quality, asks for in a lake of a month, a year and ten years:
 * requests, seconds at 30 ms each with those side by side that are made so, dollars a month. The state is made (lake.ts), the
 * steps are the real ones. Settling, rolling up, watching and transforming themselves aren't in it: they go by the day's mail, which
 * `npm run bench:cost` plays.
 *
 * `npm run bench:years [raw objects a day]`: 24 by default, in some minutes and 2 GB
 */
import { join } from 'node:path';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { loadSql } from '#host/sql-folder.ts';
import { addDays, DAY_MS, utcDate } from '#lake/days.ts';
import type { Catalog, Ports } from '#lake/ports.ts';
import type { Erasure, ErasureEnd } from '#lake/protocol/erasures.ts';
import { erasureEndKey, erasureKey, hourlyBaselineKey, restKey } from '#lake/protocol/keys.ts';
import { openUnits, recentlyOpenUnits } from '#lake/protocol/open-units.ts';
import { readState } from '#lake/protocol/records.ts';
import type { Retention } from '#lake/retention.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { compact } from '#lake/steps/compact.ts';
import { erase } from '#lake/steps/erase.ts';
import { expire } from '#lake/steps/expire.ts';
import { HOUR_OF_SURVEY, planReach, requeue } from '#lake/steps/plan.ts';
import { rebuildThatGoesOn } from '#lake/steps/rebuild/hand-out.ts';
import { daysToRollUp, rollupRecipe } from '#lake/steps/rollup.ts';
import { daysToSettle } from '#lake/steps/settle.ts';
import { recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { tellNews } from '#report/alerts/tell.ts';
import { countingRaw, countingStore, SimulatedTime } from '#test/ports/counting.ts';
import type { LambdaName, ScheduleName } from '../../../stacks/spec/lambdas.ts';
import { monthlyCost } from '../cost/prices.ts';
import { type LakeOfYears, type Layout, lakeOfYears, NOW } from './lake.ts';

const OBJECTS = Number(process.argv[2] ?? 24);
const AGES = { 'a month': 30, 'a year': 365, 'ten years': 3650 };
const KEPT_DAYS = 730;
const CALL_MS = 30;
/** Days behind which data_freshness doesn't look. */
const FRESHNESS_DAYS = 400;
/** Files that Athena reads side by side, and requests for each (assumed). */
const READERS = 20;
const REQUESTS_A_FILE = 2;
const { views, rollup } = await loadSql(join(process.cwd(), 'sql'));
const computed = { views, select: rollup.sql };

type Step = (lake: LakeOfYears, ports: Ports, retention: Retention) => Promise<unknown>;
interface Schedule {
  step: LambdaName;
  /** how often a day it runs */
  daily: number;
  run: Step;
  /** what is done to the lake first */
  before?: (made: LakeOfYears) => Promise<unknown>;
}

const reach = (name: 'tick' | 'hourly' | 'daily' | 'all'): Step => {
  return ({ settings }, ports) => planReach(ports, settings, name, { remainingMs: () => DAY_MS });
};
const settling: Step = async ({ settings }, { lake, clock }) => {
  const open = await recentlyOpenUnits(lake, clock.now());
  return Array.fromAsync(daysToSettle({ lake, clock }, { settings, open }));
};
const handingOut = (name: 'hourly' | 'all'): Step => {
  return async ({ settings }, ports) => {
    const { lake, clock } = ports;
    const open = await (name === 'all' ? openUnits(lake) : recentlyOpenUnits(lake, clock.now()));
    return daysToRollUp(ports, { ...ATHENA_ROLLUP, settings, ...computed, reach: name, open });
  };
};
const telling: Step = (_, ports) => tellNews(ports, [], { findings: [], whyOver: () => null });
const erasing: Step = ({ settings }, ports) => erase(ports, { settings, keyedHash: undefined, mayRest: true });
const hourOfDay = new Date(NOW).getUTCHours();

/** Each schedule's own reading of the lake, but for the report, which asks views alone. */
const SCHEDULED: Readonly<Record<Exclude<ScheduleName, 'report'>, Schedule>> = {
  'plan-tick': { step: 'plan', daily: 288, run: reach('tick') },
  'plan-hourly': { step: 'plan', daily: 24, run: reach('hourly') },
  'plan-daily': { step: 'plan', daily: 1, run: reach('daily') },
  'plan-all': { step: 'plan', daily: 1 / 7, run: reach('all') },
  settle: { step: 'settle', daily: 24, run: settling },
  'rollup-hourly': { step: 'rollup', daily: 24, run: handingOut('hourly') },
  'rollup-all': { step: 'rollup', daily: 1, run: handingOut('all') },
  'watch-hourly': {
    step: 'watch',
    daily: 24,
    run: async (lake, ports, retention) => {
      await readState(ports.lake, hourlyBaselineKey(utcDate(NOW)));
      await telling(lake, ports, retention);
    },
  },
  'watch-daily': { step: 'watch', daily: 1, run: telling },
  rebuild: { step: 'rebuild', daily: 24, run: (_, { lake }) => rebuildThatGoesOn(lake, { version: '' }) },
  erase: { step: 'erase', daily: 24, run: erasing },
  audit: {
    step: 'audit',
    daily: 1,
    run: ({ settings }, ports, retention) => audit(ports, { settings, retention, reach: 'daily', ...computed }),
  },
  collect: {
    step: 'collect',
    daily: 1,
    run: async (_, ports, retention) => [
      await expire(ports, { retention }),
      await collect(ports),
      await compact(ports),
    ],
  },
};

/** What they do besides; the last two in a lake that is made so before. */
const MORE: Readonly<Record<string, Schedule>> = {
  'queue again': { step: 'plan', daily: 23, run: ({ settings }, ports) => requeue(ports, settings) },
  'queue again, all': {
    step: 'plan',
    daily: 1,
    run: ({ settings }, ports) => {
      const now = NOW + ((HOUR_OF_SURVEY - hourOfDay + 24) % 24) * (DAY_MS / 24);
      return requeue({ ...ports, clock: { ...ports.clock, now: () => now } }, settings);
    },
  },
  'erase, somebody was forgotten: once a day': { step: 'erase', daily: 1, run: erasing, before: forgotten },
  'each hour': { step: 'erase', daily: 23, run: erasing },
};
const ROWS = Object.entries<Schedule>({ ...SCHEDULED, ...MORE });

/** In the lake's first days; the last look that found nothing left was yesterday's. */
async function forgotten({ lake, first }: LakeOfYears): Promise<void> {
  const erasure: Erasure = { n: 0, created_at: first, fingerprint: '', added: 1, persons: { someone: first } };
  const end: ErasureEnd = { days: [], rows: {}, masked: {}, sources: [], ended_at: first + 3 * DAY_MS };
  lake.fill([
    [erasureKey(0), JSON.stringify(erasure), first],
    [erasureEndKey(0), JSON.stringify(end), end.ended_at],
    [restKey(0, NOW - DAY_MS), '{}', NOW - DAY_MS],
  ]);
}

const byHour = await printSchedules('by hour');
await printViews(byHour);
await printSchedules('by hour', KEPT_DAYS);
await printSchedules('without hours');

async function printSchedules(layout: Layout, keptDays: number | null = null): Promise<LakeOfYears[]> {
  const lakes: LakeOfYears[] = [];
  const tables = [...SETTLED_TABLES, recipientMessages];
  const retention: Retention = { days: Object.fromEntries(tables.map(({ name }) => [name, keptDays])) };
  const kept = keptDays === null ? '' : `, tables kept for ${keptDays} days`;
  console.log(`\nRaw objects ${layout}, ${OBJECTS} a day${kept}: LIST, GET, PUT of a call; seconds; dollars a month`);
  const rows = new Map<string, string[]>(ROWS.map(([name]) => [name, []]));
  for (const [age, days] of Object.entries(AGES)) {
    const recipe = rollupRecipe(rollup.sql, views);
    const made = await lakeOfYears({ layout, days, objects: OBJECTS, rollupRecipe: recipe, keptDays });
    lakes.push(made);
    const first = await called(made, reach('tick'), retention);
    // The first time after an upgrade it looks whether rules have changed, and notes it.
    await called(made, settling, retention);
    console.log(`  ${age}: ${made.records} records; the first look takes ${first.seconds.toFixed(1)} s`);
    for (const [name, { step, daily, run, before }] of ROWS) {
      await before?.(made);
      const { calls, seconds } = await called(made, run, retention);
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
  retention: Retention,
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
  await run(made, ports, retention);
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
    ['data_quality_daily, which looks back 400 days', { units: since(FRESHNESS_DAYS), generations: all }],
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
