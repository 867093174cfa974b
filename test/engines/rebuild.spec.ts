/** A rebuild in the cloud, step by step as stacks/README.md has it, through the functions; and the same on a laptop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { generate } from '#generate/index.ts';
import { silentProgress } from '#host/progress.ts';
import { loadSql } from '#host/sql-folder.ts';
import { HOUR_MS } from '#lake/days.ts';
import type { Ports } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { newestRebuild } from '#lake/protocol/rebuilds.ts';
import type { Settings } from '#lake/settings.ts';
import { planReach } from '#lake/steps/plan.ts';
import { compareRebuild } from '#lake/steps/rebuild/preview.ts';
import { rollup as rollUp } from '#lake/steps/rollup.ts';
import { settle as settleAll } from '#lake/steps/settle.ts';
import { transform as transformUnit } from '#lake/steps/transform.ts';
import { rebuildAll, switchAll } from '#local/run/rebuild.ts';
import { ndjson, sesOpen } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { handler as audit } from '../../functions/audit.ts';
import { handler as plan } from '../../functions/plan.ts';
import { handler as rebuild } from '../../functions/rebuild.ts';
import { handler as rollupDays } from '../../functions/rollup-days.ts';
import { handler as settleDay } from '../../functions/settle-day.ts';
import { handler as transform } from '../../functions/transform.ts';
import { wiring } from '../../functions/wiring.ts';
import { type CloudLake, cloudLake, putAll, rawFiles, SETTINGS } from './cloud-lake.ts';
import { type Drained, drain, invocation } from './invoke.ts';
import { expectSameRows } from './same-rows.ts';

/** Another tag than that of the first reading fills a column. */
const TODAY: Settings = {
  ...SETTINGS,
  tags: [['campaign', 'treatment_id'], ...SETTINGS.tags.filter(([tag]) => tag !== 'campaign')],
};
const FIRST_VERSION = 'aaa111';
/** Mail of the generated days that comes late, while the rebuild is under way. */
const LATE_AT = Date.parse('2025-03-08T10:00:00Z');
const late = (messageId: string): string =>
  ndjson(sesOpen({ messageId, sentAt: LATE_AT, at: LATE_AT + HOUR_MS, tags: { campaign: ['spring'] } }));
const LATE = ['raw/2025/03/09/late-a', 'raw/2025/03/09/late-b'] as const;

const folder = mkdtempSync(join(tmpdir(), 'rebuild-'));
let cloud: CloudLake;
let ports: Ports;
let local: SmallLake;
let files: Awaited<ReturnType<typeof rawFiles>>;
const { views, rollup: rolled } = await loadSql(join(process.cwd(), 'sql'));
const computed = { views, select: rolled.sql };

beforeAll(async () => {
  await generate({ out: folder, messages: 80, days: 3, seed: 11, dirty: true, dates: 5, end: '2025-03-10' });
  files = await rawFiles(folder);
  cloud = await cloudLake(TODAY);
  ports = wiring().ports(invocation('test'));
  await putAll(cloud, files);
  await firstReading(ports);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await cloud?.close();
  await local?.close();
  rmSync(folder, { recursive: true });
});

/** By the steps, as the functions have the settings of today. */
async function firstReading(all: Ports): Promise<void> {
  const of = { ...all, queue: { send: async () => {} } };
  await planReach(of, SETTINGS, 'all');
  for (const unit of await openUnits(of.lake)) {
    await transformUnit(of, unit, { settings: SETTINGS, version: FIRST_VERSION });
  }
  await settleAll(of, { settings: SETTINGS, open: [], ignorePace: true });
  await rollUp(of, { settings: SETTINGS, ...computed });
}

const call = (event: object) => rebuild(event, invocation('rebuild'));
const HANDLERS = {
  backfill: ['transform', transform],
  settle: ['settle-day', settleDay],
  rollup: ['rollup-days', rollupDays],
} as const;
const work = async (queue: keyof typeof HANDLERS): Promise<Drained> => {
  const [name, handler] = HANDLERS[queue];
  const drained = await drain(cloud.account.clients.sqs, cloud.queues[queue], name, handler);
  expect(drained.failed).toEqual([]);
  return drained;
};
/** From now on functions live so many hours later. */
function hoursLater(hours: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + hours * HOUR_MS);
}

/** Mail that comes late is read, settled and rolled up. */
async function takeIn(key: string): Promise<void> {
  await cloud.put(key, Buffer.from(late(key)));
  await plan({ reach: 'all' }, invocation('plan'));
  await work('backfill');
  // Days as old as these are settled once a day by themselves.
  await settleAll(ports, { settings: TODAY, open: [], ignorePace: true });
  await rollUp(ports, { settings: TODAY, ...computed });
}

const SHOWN =
  "select campaign_id, treatment_id, count(*) as n from events where message_id not like 'raw/%' group by 1, 2";
const shown = async (): Promise<string[]> =>
  (await cloud.query(SHOWN)).rows.map((row) => row.map(String).join(' ')).sort();
const keys = async (prefix: string): Promise<string[]> =>
  (await Array.fromAsync(cloud.lake.list(prefix))).map(({ key }) => key);

let before: string[];

describe('a release wrote wrong rows, and a stage reads its raw data again', () => {
  test('begin plans all units and queues them; a call that comes twice queues nothing twice', async () => {
    before = await shown();
    const begun = await call({ do: 'begin' });
    expect(begun).toMatchObject({ rebuild: 0, is: 'reading', left: 5 });
    expect(begun).toMatchObject({ handed_out: Object(begun).left });
    expect(await call({ do: 'begin' })).toMatchObject({ rebuild: 0, left: Object(begun).left, handed_out: 0 });
    expect(await call({ do: 'status' })).toMatchObject({ is: 'under way', isOfToday: true, units: 5, units_left: 5 });
  });

  test('a message that got lost is queued again in another hour', async () => {
    const { sqs } = cloud.account.clients;
    const QueueUrl = cloud.queues.backfill;
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 3600 }));
    expect(Messages[0]?.Body).toContain('"rebuild":0');
    await work('backfill');
    expect(await call({ do: 'go on' })).toMatchObject({ is: 'reading', left: 1, handed_out: 0 });
    hoursLater(1);
    expect(await call({ do: 'go on' })).toMatchObject({ is: 'reading', left: 1, handed_out: 1 });
    await work('backfill');
  });

  test('then days are made by workers, also of what came late; readers see nothing of it', async () => {
    const due = await call({ do: 'go on' });
    expect(due).toMatchObject({ is: 'making days' });
    expect(Object(due).handed_out).toBe(Object(due).left);
    expect(await call({ do: 'go on' })).toMatchObject({ is: 'making days', left: Object(due).left, handed_out: 0 });
    const { messages } = await drain(cloud.account.clients.sqs, cloud.queues.settle, 'settle-day', settleDay);
    expect(messages).toBe(Object(due).left);
    await takeIn(LATE[0]);
    const again = await call({ do: 'go on' });
    expect(again).toMatchObject({ is: 'making days' });
    expect((await work('settle')).messages).toBe(Object(again).left);
    expect(await call({ do: 'go on' })).toMatchObject({ is: 'rolling up' });
    expect((await work('rollup')).messages).toBeGreaterThan(0);
    expect(await call({ do: 'go on' })).toMatchObject({ is: 'made', left: 0 });
    // It rests until a person says more.
    expect(await call({ do: 'go on' })).toBeNull();
    expect(await shown()).toEqual(before);
    expect(await call({ do: 'status' })).toMatchObject({ is: 'made', units_left: 0, units: 5 });
  });

  test('the comparison is that of the laptop', async () => {
    local = await smallLake(TODAY);
    const times = new Map((await cloud.rawObjects()).map(({ key, modified }) => [key, modified]));
    for (const { key, bytes } of files) local.put(key, bytes, times.get(key));
    await firstReading(local.lake.ports);
    local.put(LATE[0], late(LATE[0]), times.get(LATE[0]));
    await planReach(local.lake.ports, TODAY, 'all');
    await local.transformAll('bbb222');
    const summary = await rebuildAll(local.lake, { progress: silentProgress, from: null, to: null });
    expect(summary).toMatchObject({ unmade: [], unsettled: null });
    const newest = await newestRebuild(ports.lake);
    if (!newest) throw new Error('there is no rebuild');
    const { clients, database, bucket } = cloud.account;
    const engine = new AthenaEngine({ ...clients, database, workgroup: 'analysts', bucket });
    const found = await compareRebuild({ lake: cloud.lake, engine }, newest, views);
    expect(found.columns.map(({ example: _, ...column }) => column).sort(byName)).toEqual(
      summary.columns.map(({ example: _, ...column }) => column).sort(byName),
    );
    expect(found.daily).toEqual(summary.daily);
    expect(found.days).toEqual(summary.days);
    expect(new Set(found.columns.map(({ column }) => column))).toEqual(new Set(['campaign_id', 'treatment_id']));
  });

  test('a switch waits for days that have changed since, and then shows readers all of them', async () => {
    await takeIn(LATE[1]);
    const waits = await call({ do: 'switch', rebuild: 0 });
    expect(waits).toMatchObject({ is: 'making days' });
    expect(Object(waits).left).toBeLessThan(4);
    expect(await shown()).toEqual(before);
    await work('settle');
    // On another day what was read since is read again before.
    hoursLater(24);
    expect(await call({ do: 'switch', rebuild: 0 })).toMatchObject({ is: 'reading', left: 2, handed_out: 2 });
    await work('backfill');
    expect(await call({ do: 'switch', rebuild: 0 })).toMatchObject({ is: 'switched', left: 0 });
    await work('rollup');
    expect(await call({ do: 'switch', rebuild: 0 })).toMatchObject({ is: 'switched', left: 0, handed_out: 0 });
    expect(await shown()).not.toEqual(before);
    expect(await call({ do: 'go on' })).toBeNull();
    const report = await audit({ reach: 'all' }, invocation('audit'));
    expect(report.drifts).toEqual([]);
    expect(report.rebuilds).toMatchObject([{ rebuild: 0, units: 7 }]);
  });

  test.each(['events', 'headers', 'clicks', 'recipient_messages', 'deliverability_daily'])(
    'after it %s has the rows that the laptop has',
    async (name) => {
      if (name === 'events') {
        const [object] = (await cloud.rawObjects()).filter(({ key }) => key === LATE[1]);
        local.put(LATE[1], late(LATE[1]), object?.modified);
        const summary = await rebuildAll(local.lake, { progress: silentProgress, from: null, to: null });
        expect((await switchAll(local.lake, summary.rebuild, silentProgress)).left).toEqual([]);
        await planReach(local.lake.ports, TODAY, 'all');
        await local.transformAll('bbb222');
        await local.settle();
        await local.rollup();
      }
      const sql = `select * from ${name}`;
      expectSameRows(await cloud.query(sql), await local.lake.engine.query(sql), { without: ['attempt', 'as_of'] });
    },
  );

  test('the way back gives readers what they had', async () => {
    const back = await call({ do: 'back', rebuild: 0 });
    expect(back).toMatchObject({ is: 'going back' });
    expect((await work('settle')).messages).toBe(Object(back).left);
    expect(await call({ do: 'back', rebuild: 0 })).toMatchObject({ is: 'going back', left: 0 });
    await work('rollup');
    expect(await shown()).toEqual(before);
    const { drifts } = await audit({ reach: 'all' }, invocation('audit'));
    expect(new Set(drifts.map(({ kind }) => kind))).toEqual(new Set(['other_settings']));
  });

  test('of a rebuild that was dropped no message does anything, and none ends another one', async () => {
    const begun = await call({ do: 'begin', from: '2025-03-09' });
    expect(begun).toMatchObject({ rebuild: 1, is: 'reading' });
    await expect(call({ do: 'drop', rebuild: 0 })).rejects.toThrow('the newest rebuild is 1, not 0');
    expect(await call({ do: 'drop', rebuild: 1 })).toMatchObject({ is: 'dropped' });
    expect((await work('backfill')).messages).toBe(Object(begun).handed_out);
    expect(await keys('v1/state/rebuilds/1/state/units/')).toEqual([]);
    expect(await call({ do: 'go on' })).toBeNull();
    await expect(call({ do: 'switch', rebuild: 1 })).rejects.toThrow('was dropped');
    await expect(call({ do: 'back', rebuild: 1 })).rejects.toThrow('never switched');
    expect(await call({ do: 'drop', rebuild: 1 })).toMatchObject({ is: 'dropped' });
    await expect(call({ do: 'begin', from: '2025-03-10', to: '2025-03-09' })).rejects.toThrow('is after to');
    await expect(call({ do: 'switch' })).rejects.toThrow();
  });
});

const byName = (a: { table: string; column: string }, b: { table: string; column: string }): number =>
  `${a.table}.${a.column}` < `${b.table}.${b.column}` ? -1 : 1;
