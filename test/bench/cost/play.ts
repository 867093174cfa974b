/**
 * Plays the schedules of stacks/spec/lambdas.ts over a day of a sender's mail, on a disk and DuckDB, and counts what each step
 * would have asked S3, Glue, SQS and Athena for; and a seventh of what a week has. The lake holds the days before: what a step asks for may grow with them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { billedBytes } from '#aws/athena-price.ts';
import { generate } from '#generate/index.ts';
import { DAY_MS, MINUTE_MS, startOfDay, utcDate } from '#lake/days.ts';
import type { Catalog, Engine, Input, Lane, Ports, Queue, RawStore, UnitMessage } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { relations } from '#lake/sql/views/relations.ts';
import { audit } from '#lake/steps/audit.ts';
import { COLLECT_RULES } from '#lake/steps/collect/rules.ts';
import { collect } from '#lake/steps/collect.ts';
import { compact } from '#lake/steps/compact.ts';
import { erase } from '#lake/steps/erase.ts';
import { expire } from '#lake/steps/expire.ts';
import { planReach, requeue } from '#lake/steps/plan.ts';
import { rebuildThatGoesOn } from '#lake/steps/rebuild/hand-out.ts';
import { daysToRollUp, rollup, rollupDays } from '#lake/steps/rollup.ts';
import { daysToSettle, settle, settleDay } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import { openLake } from '#local/lake.ts';
import { tellNews } from '#report/alerts/tell.ts';
import { lookAt } from '#report/alerts/watch.ts';
import { makeReport } from '#report/index.ts';
import type { ReportLake } from '#report/scope.ts';
import { countingRaw, countingStore } from '#test/ports/counting.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { SCHEDULES, type ScheduleName } from '../../../stacks/spec/lambdas.ts';
import type { Day } from './prices.ts';

/** Tables whose files are large. */
const SIZED: ReadonlySet<string> = new Set([...SETTLED_TABLES, recipientMessages].map(({ name }) => name));

/** @param daily mails a day @param days the lake is old, that one included */
export async function playDay(daily: number, days: number): Promise<Day> {
  /** The day that is counted: yesterday, so that times of files and of the clock are near each other. */
  const begin = startOfDay(utcDate(Date.now())) - DAY_MS;

  const folder = mkdtempSync(join(tmpdir(), 'requests-'));
  const raw = join(folder, 'raw');
  const { records, bytes } = await generate({
    out: raw,
    messages: daily * days,
    days,
    seed: 1,
    incident: false,
    end: utcDate(begin),
  });
  const lake = await openLake({ raw, lake: join(folder, 'lake'), durable: false });
  const settings = { ...lake.settings, rawTemplate: 'ses/{yyyy}/{MM}/{dd}/{HH}/' };
  const computed = { views: lake.views, select: lake.rollupSelect };
  const clock = new ManualClock(begin);

  const tallies = new Map<string, Map<string, number>>();
  let step = '';
  let weight = 1;
  /** of what a week does: what a day has of it */
  let share = 1;
  const tally = (what: string, n = 1): void => {
    const of = tallies.get(step) ?? new Map<string, number>();
    tallies.set(step, of.set(what, (of.get(what) ?? 0) + n * weight));
  };

  /** Only what has been delivered by now is there. */
  const delivered: RawStore = {
    async *list(prefix, options) {
      for await (const object of lake.ports.raw.list(prefix, options)) if (object.modified <= clock.now()) yield object;
    },
    prefixes: (prefix) => lake.ports.raw.prefixes(prefix),
    get: (key, options) => lake.ports.raw.get(key, options),
  };
  const countedRaw = countingRaw(delivered);
  const countedLake = countingStore(lake.ports.lake);

  const catalog: Catalog = {
    async ensurePartitions(table, partitions) {
      tally('Glue', Math.ceil(partitions.length / 100));
      await lake.ports.catalog.ensurePartitions(table, partitions);
    },
    async switchPartition(table, partition) {
      tally('Glue');
      await lake.ports.catalog.switchPartition(table, partition);
    },
    async dropPartitions(table, dts) {
      tally('Glue', Math.ceil(dts.length / 25));
      await lake.ports.catalog.dropPartitions(table, dts);
    },
    async locations(table, dts) {
      tally('Glue');
      return lake.ports.catalog.locations(table, dts);
    },
  };

  /** Whole files: more than Athena reads of those of whose columns it needs a few. */
  async function read(inputs: readonly Input[]): Promise<void> {
    let bytes = 0;
    for (const key of inputs.flatMap(({ keys }) => keys)) {
      const size = await sizeOf(key);
      bytes += size;
    }
    tally('bytes read', bytes);
    tally('files', inputs.flatMap(({ keys }) => keys).length);
    tally('billed', billedBytes(bytes));
  }
  async function sizeOf(wanted: string): Promise<number> {
    for await (const { key, size } of lake.ports.lake.list(wanted)) if (key === wanted) return size;
    return 0;
  }
  const engine: Engine = {
    async query(sql, inputs = []) {
      tally('queries');
      await read(inputs);
      return lake.engine.query(sql, inputs);
    },
    async write(job) {
      tally('queries');
      await read(job.inputs);
      return lake.engine.write(job);
    },
  };
  /** Who asks views reads, of the days that the question names, the whole files of each table that they rest on. */
  const reader: ReportLake['engine'] = {
    async query(sql) {
      tally('queries');
      const days = [...sql.matchAll(/'(\d{4}-\d\d-\d\d)/g)].map(([, day = '']) => day).sort();
      const first = days[0] ?? '';
      // One day is where they begin.
      const last = days.length > 1 ? days.at(-1) : undefined;
      const isAsked = (dt: string): boolean => dt >= first && (last === undefined || dt <= last);
      let bytes = 0;
      for (const table of tablesOf(sql)) {
        for (const { dt, location } of await lake.ports.catalog.locations(table)) {
          const below = isAsked(dt) ? await lakeBytes(location) : 0;
          bytes += below;
        }
      }
      tally('bytes read', bytes);
      tally('billed', billedBytes(bytes));
      return lake.engine.query(sql);
    },
  };
  const tablesOf = (sql: string): Set<string> =>
    new Set(
      relations(sql).flatMap((name) => {
        const view = lake.views.find((one) => one.name === name);
        return view ? [...tablesOf(view.sql)] : SIZED.has(name) ? [name] : [];
      }),
    );
  const asked: ReportLake = { engine: reader, views: lake.views, settings };
  const queued: UnitMessage[] = [];
  const queue: Queue = {
    async send(sent: readonly UnitMessage[], _lane: Lane) {
      // One to send; a worker's receipt and deletion.
      tally('SQS', sent.length * 3);
      queued.push(...sent);
    },
  };
  const ports: Ports = { ...lake.ports, raw: countedRaw.store, lake: countedLake.store, catalog, engine, queue, clock };

  /** @param times how often a day it is done that is played once */
  async function run(name: string, work: () => Promise<unknown>, times = 1): Promise<void> {
    step = name;
    weight = times * share;
    const before = structuredClone([countedRaw.calls, countedLake.calls]);
    const startedAt = performance.now();
    await work();
    tally('runs');
    tally('ms', performance.now() - startedAt);
    for (const [i, { calls }] of [countedRaw, countedLake].entries()) {
      tally('LIST', calls.list - (before[i]?.list ?? 0));
      tally('GET', calls.get - (before[i]?.get ?? 0));
      tally('PUT', calls.create - (before[i]?.create ?? 0));
    }
  }

  async function work(): Promise<void> {
    for (let unit = queued.shift(); unit; unit = queued.shift()) {
      const message = unit;
      await run('transform', () => transform(ports, message, { settings, version: lake.version }));
    }
  }

  type Reach = 'tick' | 'hourly' | 'daily' | 'all';
  async function plan(reach: Reach): Promise<void> {
    await run(`plan ${reach}`, async () => {
      await planReach(ports, settings, reach);
      await requeue(ports, settings);
    });
    await work();
  }

  async function settleAll(): Promise<void> {
    const days: { table: string; dt: string }[] = [];
    await run('settle', async () => {
      const open = await openUnits(ports.lake);
      for await (const day of daysToSettle(ports, { settings, open })) days.push(day);
    });
    for (const day of days) await run('settle-day', () => settleDay(ports, day));
  }

  async function rollupAll(reach: 'hourly' | 'all'): Promise<void> {
    const options = { ...ATHENA_ROLLUP, settings, ...computed };
    let groups: string[][] = [];
    await run(`rollup ${reach}`, async () => {
      groups = await daysToRollUp(ports, { ...options, reach, open: await openUnits(ports.lake) });
    });
    for (const days of groups) await run('rollup-days', () => rollupDays(ports, options, days));
  }

  /** Nobody is told: what messages cost is not in it. */
  async function watch(reach: 'hourly' | 'daily', times = 1): Promise<void> {
    const look = () => lookAt(reach, asked, { now: clock.now(), store: ports.lake });
    await run(`watch ${reach}`, async () => tellNews(ports, [], await look()), times);
  }

  /** Each call of the declared schedules. */
  const CALLS: Readonly<Record<ScheduleName, () => Promise<void>>> = {
    'plan-tick': () => plan('tick'),
    'plan-hourly': () => plan('hourly'),
    'plan-daily': () => plan('daily'),
    'plan-all': () => plan('all'),
    settle: settleAll,
    'rollup-hourly': () => rollupAll('hourly'),
    'rollup-all': () => rollupAll('all'),
    audit: () => run('audit', () => audit(ports, { settings, reach: 'daily', ...computed })),
    collect: () =>
      run('collect', async () => {
        await expire(ports, { retention: {} });
        await collect(ports);
        await compact(ports);
      }),
    rebuild: () => run('rebuild', () => rebuildThatGoesOn(ports.lake, lake)),
    erase: () => run('erase', () => erase(ports, { settings, keyedHash: undefined })),
    // Of the looks of a day, which are alike, one in eight is played.
    'watch-hourly': () => (hours++ % 8 === 0 ? watch('hourly', 8) : Promise.resolve()),
    'watch-daily': () => watch('daily'),
    report: () => run('report', () => makeReport(asked, {})),
  };
  const calls = new Map<string, () => Promise<void>>(Object.entries(CALLS));
  let hours = 0;

  /** The days before it are in the lake already, settled and rolled up side by side, as nobody counts that. */
  await plan('all');
  const uncounted: Ports = { ...ports, lake: lake.ports.lake, catalog: lake.ports.catalog, engine: lake.engine };
  await settle(uncounted, { settings, open: await openUnits(uncounted.lake) });
  await rollup(uncounted, { ...ATHENA_ROLLUP, settings, ...computed });
  // As the collector has left them, but for the last two: each hour hands out every day that has live files.
  await collect(ports, {
    ...COLLECT_RULES,
    isSettled: (attempt, day) => day.dt < utcDate(begin - DAY_MS) && COLLECT_RULES.isSettled(attempt, day),
    isPastGrace: () => true,
  });
  tallies.clear();
  const before = await lakeBytes();

  for (let minute = 0; minute < 24 * 60; minute++) {
    clock.advance(MINUTE_MS);
    for (const { name, expression } of SCHEDULES) if (isDue(expression, minute)) await calls.get(name)?.();
  }
  share = 1 / 7;
  for (const { name, expression } of SCHEDULES) if (isWeekly(expression)) await calls.get(name)?.();
  const after = await lakeBytes();
  const kept = (await readableBytes()) / days;
  await lake.close();
  rmSync(folder, { recursive: true });

  async function lakeBytes(prefix = 'v1/'): Promise<number> {
    let bytes = 0;
    for await (const { size } of lake.ports.lake.list(prefix)) bytes += size;
    return bytes;
  }

  /** What readers see: of each day the newest generation. */
  async function readableBytes(): Promise<number> {
    let bytes = 0;
    for (const { name } of [...SETTLED_TABLES, recipientMessages]) {
      for (const { location } of await lake.ports.catalog.locations(name)) {
        const below = await lakeBytes(location);
        bytes += below;
      }
    }
    return bytes;
  }

  return {
    records: records / days,
    rawBytes: bytes / days,
    lakeBytes: { kept, replaced: Math.max(0, after - before - kept) },
    steps: new Map([...tallies].map(([name, of]) => [name, Object.fromEntries(of)])),
  };
}

const isWeekly = (expression: string): boolean => / [A-Z]{3} \*\)$/.test(expression);

/** Of the expressions that are declared: every n minutes, at a minute of each hour, at a time of each day. */
function isDue(expression: string, minute: number): boolean {
  const [, every] = /^rate\((\d+) minutes\)$/.exec(expression) ?? [];
  if (every !== undefined) return minute % Number(every) === 0;
  const [, at = '', hour = ''] = /^cron\((\d+) (\S+) /.exec(expression) ?? [];
  if (isWeekly(expression)) return false;
  return minute % 60 === Number(at) && (hour === '*' || Math.floor(minute / 60) === Number(hour));
}
