/** Worker processes that die, hang and are stopped: real processes, real deaths. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#host/clock.ts';
import { type OpenUnit, openUnits } from '#lake/protocol/open-units.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { DiskStore } from '#local/disk/store.ts';
import { bytesOf, type WorkerLimits, workerLimits } from '#local/run/limits.ts';
import { transformUnits } from '#local/run/pool.ts';
import { ndjson, SENT, sesDelivery, sesSend } from '#test/records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-workers-'));
  mkdirSync(join(folder, 'raw'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const raw = (name: string, content: string): void => writeFileSync(join(folder, 'raw', name), content);

const lake = (): DiskStore => new DiskStore(join(folder, 'lake'), { durable: false });

async function plan(): Promise<OpenUnit[]> {
  await planPrefix({ raw: new DiskStore(join(folder, 'raw')), lake: lake(), clock: systemClock }, DEFAULT_SETTINGS, '');
  return openUnits(lake());
}

interface Done {
  outcomes: Outcome[];
  read: number;
  failures: string[];
}

async function transformAll(units: readonly OpenUnit[], limits: Partial<WorkerLimits>): Promise<Done> {
  const done: Done = { outcomes: [], read: 0, failures: [] };
  try {
    await transformUnits(units, {
      rawRoot: join(folder, 'raw'),
      otherRaws: {},
      lakeRoot: join(folder, 'lake'),
      durable: false,
      settings: DEFAULT_SETTINGS,
      version: 'abc123',
      limits,
      onRead: (bytes) => {
        done.read += bytes;
      },
      onOutcome: (outcome) => done.outcomes.push(outcome),
    });
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    done.failures = error.errors.map(String);
  }
  return done;
}

/** Sends a signal to the worker of this process, once its unit has begun. */
async function signalWorker(unit: OpenUnit, signal: NodeJS.Signals): Promise<void> {
  const mark = join(folder, 'lake', 'v1/state/tries', unit.unit, '0.json');
  while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 2));
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const pids = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === process.pid && args.includes('run/worker-process') ? [Number(pid)] : [];
  });
  expect(pids).toHaveLength(1);
  for (const pid of pids) process.kill(pid, signal);
}

const tries = ({ unit }: Pick<OpenUnit, 'unit'>): string[] =>
  readdirSync(join(folder, 'lake', 'v1/state/tries', unit)).sort();

/** Enough to be in the middle of for a while. */
const manyRecords = (): string =>
  ndjson(...Array.from({ length: 20_000 }, (_, i) => sesDelivery({ messageId: `m${i}`, sentAt: SENT + i })));

/** A record within all limits that takes much memory once it is parsed: 5 million objects. */
const swelling = (): string => `{"eventType":"Send","mail":{},"x":[${'{},'.repeat(5_000_000)}{}]}\n`;

const one = (units: readonly OpenUnit[]): OpenUnit => {
  const [unit] = units;
  if (!unit || units.length > 1) throw new Error(`one unit was expected: ${units.length}`);
  return unit;
};

describe('a worker process', () => {
  test('fault 51: dies of an object that takes too much memory, three times at each split, and only that object is quarantined', async () => {
    raw('a', ndjson(sesSend(), sesDelivery()));
    raw('b', swelling());
    const unit = one(await plan());
    const { outcomes, failures, read } = await transformAll([unit], { workers: 1, memoryBytes: 200_000_000 });
    expect(failures).toEqual([]);
    const counts = outcomes
      .map(({ unit: id, records, accepted, quarantined_by_reason }) => ({
        id,
        records,
        accepted,
        quarantined_by_reason,
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(counts).toEqual([
      { id: `${unit.unit}a`, records: 2, accepted: 2, quarantined_by_reason: {} },
      { id: `${unit.unit}b`, records: 1, accepted: 0, quarantined_by_reason: { poison: 1 } },
    ]);
    const [poison] = outcomes.flatMap((outcome) => outcome.poison ?? []);
    expect(poison?.key).toBe('b');
    expect(poison?.why).toMatch(
      /its process ended \(SIGABRT|its process ended \(exit code 134|of memory, over the limit/,
    );
    expect(read).toBeLessThanOrEqual(unit.bytes);
    expect(await openUnits(lake())).toEqual([]);
  });

  test('fault 45: killed in the middle of a unit, is replaced, and the unit is done in the same run', async () => {
    raw('a', manyRecords());
    const unit = one(await plan());
    const done = transformAll([unit], { workers: 1 });
    await signalWorker(unit, 'SIGKILL');
    const { outcomes, failures } = await done;
    expect(failures).toEqual([]);
    expect(outcomes).toMatchObject([{ unit: unit.unit, status: 'done', accepted: 20_000 }]);
    expect(tries(unit)).toEqual(['0.failed.json', '0.json', '1.json']);
  });

  test('fault 51: that falls silent is killed after its time, and its unit is tried again', async () => {
    raw('a', manyRecords());
    const unit = one(await plan());
    const done = transformAll([unit], { workers: 1, silenceMs: 4000 });
    await signalWorker(unit, 'SIGSTOP');
    const { outcomes, failures } = await done;
    expect(failures).toEqual([]);
    expect(outcomes).toMatchObject([{ unit: unit.unit, status: 'done', accepted: 20_000 }]);
    expect(tries(unit)).toEqual(['0.failed.json', '0.json', '1.json']);
  });

  test('that is told to stop leaves an excuse, and its unit stays open for the next run', async () => {
    raw('a', manyRecords());
    const unit = one(await plan());
    const done = transformAll([unit], { workers: 1 });
    await signalWorker(unit, 'SIGTERM');
    const { outcomes, failures } = await done;
    expect(outcomes).toEqual([]);
    expect(failures).toEqual([`Error: unit ${unit.unit} failed: its worker was told to stop; run again`]);
    expect(tries(unit)).toEqual(['0.excused.json', '0.json']);
    expect((await transformAll(await openUnits(lake()), { workers: 1 })).outcomes).toHaveLength(1);
  });

  test('that cannot begin is a failure of the run and not of its unit', async () => {
    raw('a', ndjson(sesSend()));
    const unit = one(await plan());
    rmSync(join(folder, 'lake', 'v1/state/plans'), { recursive: true });
    const { failures } = await transformAll([unit], { workers: 2 });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain('object does not exist');
    expect(existsSync(join(folder, 'lake', 'v1/state/tries', unit.unit))).toBe(false);
  });

  test('is told without what its fault quotes', async () => {
    raw('a', ndjson(sesSend()));
    const unit = one(await plan());
    const { failures } = await transformAll([{ ...unit, unit: 'ann%40example.org' }], { workers: 1 });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.replace('unit ann%40example.org failed', '')).not.toContain('ann%40example.org');
  });
});

describe('limits of workers', () => {
  test('share the machine’s memory, and take what they are told', () => {
    const many = workerLimits({ workers: 1000 });
    expect(many).toMatchObject({ workers: 1000, memoryBytes: 200_000_000 });
    expect(workerLimits({ workers: 1 }).memoryBytes).toBeLessThanOrEqual(1_500_000_000);
    expect(workerLimits({ memoryBytes: 300_000_000, silenceMs: 5 })).toMatchObject({
      memoryBytes: 300_000_000,
      silenceMs: 5,
    });
  });

  test.each([
    ['1.5GB', 1_500_000_000],
    ['800 mb', 800_000_000],
    ['800', null],
    ['GB', null],
  ])('%s is %s bytes', (text, bytes) => {
    expect(bytesOf(text)).toBe(bytes);
  });
});
