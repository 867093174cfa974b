/**
 * A backlog of years beside live mail, at 30 ms a call: planned, transformed (the work is stubbed) and settled by the real
 * steps, in the lanes and at the hours in which they run in the cloud.
 */

import { DAY_MS, HOUR_MS, MINUTE_MS, utcDate } from '#lake/days.ts';
import type { Lane } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { planReach, requeue } from '#lake/steps/plan.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { SETTLED_TABLES } from '#lake/tables/index.ts';
import { BacklogLake, type Pace } from './backlog-lake.ts';
import { Timeline } from './timeline.ts';

const TEMPLATE = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const SETTINGS: Settings = { ...DEFAULT_SETTINGS, rawTemplate: TEMPLATE };
const START = Date.parse('2026-03-01T12:00:00Z');
const TICK_MS = 5 * MINUTE_MS;
const WORKERS: Record<Lane, number> = { live: 4, backfill: 32 };
const PACE: Pace = { msPerCall: 30, unitMs: 30_000, queryMs: 5000 };

export interface BacklogOptions {
  days: number;
  objects: number;
  pace?: Partial<Pace>;
  /** hours of the clock after which it is given up */
  mostHours?: number;
}

export interface BacklogReport {
  objects: number;
  /** units of the backlog that have their outcome, and when the last one had it, hours after the start */
  units: number;
  plannedAfter: number;
  transformedAfter: number;
  settledAfter: number;
  /** days of a table that were settled, and the generations they took */
  days: number;
  generations: number;
  mostGenerations: number;
  rows: number;
  /** from the arrival of live mail to its outcome, minutes; while the backlog was there */
  live: { objects: number; mean: number; most: number };
  /** by kind of process */
  calls: Record<string, number>;
  /** heap after a collection before, while and after planning the backlog, MB (without --expose-gc: without a collection) */
  heapMb: number[];
}

/** Plays it until nothing of the backlog is left to be done. */
export async function playBacklog({ days, objects, pace, mostHours = 24 }: BacklogOptions): Promise<BacklogReport> {
  const timeline = new Timeline(START);
  const world = new BacklogLake(timeline, TEMPLATE, { ...PACE, ...pace });
  const hours = days * 24;
  // Up to yesterday noon, so that none of it is live.
  const last = START - 2 * DAY_MS;
  for (let i = 0; i < hours; i++) world.fill(hourPrefix(TEMPLATE, last - i * HOUR_MS, 0), Math.ceil(objects / hours));
  const report: BacklogReport = {
    objects: Math.ceil(objects / hours) * hours,
    units: 0,
    plannedAfter: 0,
    transformedAfter: 0,
    settledAfter: 0,
    days: 0,
    generations: 0,
    mostGenerations: 0,
    rows: 0,
    live: { objects: 0, mean: 0, most: 0 },
    calls: {},
    heapMb: [heapMb()],
  };
  const hoursSince = (): number => (timeline.now - START) / HOUR_MS;
  let isDone = false;
  const delays: number[] = [];
  const done = new Set<string>();
  for (const lane of ['live', 'backfill'] as const) {
    for (let i = 0; i < WORKERS[lane]; i++) void work(lane);
  }
  void tick();
  void deliver();
  const planning = planBacklog();
  while (!isDone && hoursSince() < mostHours) {
    await timeline.sleep(HOUR_MS - ((timeline.now - START) % HOUR_MS) + 20 * MINUTE_MS);
    await requeue(world.ports('requeue'), SETTINGS);
    const ports = world.ports('settle');
    const open = await openUnits(ports.lake);
    const settled = await settle(ports, { settings: SETTINGS, open });
    if (settled.length > 0) report.settledAfter = hoursSince();
    isDone = settled.length === 0 && open.length < WORKERS.live * 4 && report.units >= hours;
  }
  await planning;
  countGenerations();
  const sum = delays.reduce((total, delay) => total + delay, 0);
  const inMinutes = (ms: number): number => Math.round((ms / MINUTE_MS) * 10) / 10;
  report.live = { objects: delays.length, mean: inMinutes(sum / delays.length), most: inMinutes(Math.max(...delays)) };
  report.calls = Object.fromEntries([...world.calls].sort());
  return report;

  async function planBacklog(): Promise<void> {
    const ports = world.ports('plan everything');
    const { queue } = ports;
    let sent = 0;
    ports.queue = {
      send: (messages, lane) => {
        // About ten times on the way.
        if (sent++ % Math.ceil(hours / 10) === 0) report.heapMb.push(heapMb());
        return queue.send(messages, lane);
      },
    };
    await planReach(ports, SETTINGS, 'all');
    report.heapMb.push(heapMb());
    report.plannedAfter = hoursSince();
  }

  async function tick(): Promise<void> {
    while (!isDone) {
      await planReach(world.ports('tick'), SETTINGS, 'tick');
      await timeline.sleep(TICK_MS - (timeline.now % TICK_MS));
    }
  }

  /** A mail every other minute. */
  async function deliver(): Promise<void> {
    for (let i = 0; !isDone; i++) {
      world.deliver(hourPrefix(TEMPLATE, timeline.now, 0), `live-${String(i).padStart(6, '0')}`);
      await timeline.sleep(2 * MINUTE_MS);
    }
  }

  async function work(lane: Lane): Promise<void> {
    for (;;) {
      const message = await world.receive(lane);
      const outcome = await transform(world.ports(`transform ${lane}`), message, {
        settings: SETTINGS,
        version: 'abc123',
        read: world.read,
      });
      // Messages come more than once: a unit that waits for over an hour is queued again.
      if (done.has(message.unit)) continue;
      done.add(message.unit);
      if (lane === 'backfill') {
        report.units++;
        report.transformedAfter = hoursSince();
      } else delays.push(timeline.now - (outcome.newest_delivered_at ?? timeline.now));
    }
  }

  function countGenerations(): void {
    const from = utcDate(last - hours * HOUR_MS);
    for (const { name } of SETTLED_TABLES) {
      for (const { dt } of world.partitions.locations(name)) {
        const n = [...world.lake.keys(`v1/state/generations/dt=${dt}/${name}/`)].length;
        if (n === 0 || dt < from || dt > utcDate(last)) continue;
        report.days++;
        report.generations += n;
        report.mostGenerations = Math.max(report.mostGenerations, n);
        const [file] = [...world.lake.keys(world.partitions.location(name, dt) ?? '-')];
        report.rows += Number(Buffer.from(world.lake.held(file ?? '')?.bytes ?? []).toString());
      }
    }
  }
}

function heapMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}
