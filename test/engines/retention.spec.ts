/** Days that expire, on S3, Glue and Athena: the steps of "Two years are enough" (stacks/README.md), with 40 days for two years. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { addDays, DAY_MS, utcDate } from '#lake/days.ts';
import type { Ports } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { lastExpired, type Retention } from '#lake/retention.ts';
import type { View } from '#lake/sql/views/view.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { planReach } from '#lake/steps/plan.ts';
import { type RollupOptions, rollup } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { handler } from '../../functions/collect.ts';
import { wiring } from '../../functions/wiring.ts';
import { type CloudLake, cloudLake, SETTINGS } from './cloud-lake.ts';
import { invocation } from './invoke.ts';

const KEPT = 40;
const TABLES = ['events', 'headers', 'clicks', 'recipient_messages'] as const;
const retention: Retention = { rawDays: 60, days: Object.fromEntries(TABLES.map((table) => [table, KEPT])) };
const NOW = Date.now();
const LAST = lastExpired(KEPT, NOW);

let cloud: CloudLake;
let ports: Ports;
let views: View[];
let computed: Pick<RollupOptions, 'views' | 'select'>;
beforeAll(async () => {
  cloud = await cloudLake();
  process.env.RETENTION = JSON.stringify(retention);
  ports = wiring().ports(invocation('collect'));
  const sql = await loadSql(join(process.cwd(), 'sql'));
  views = sql.views;
  computed = { views, select: sql.rollup.sql };
  for (const ago of [55, 50, 45, 5]) await mail(`m${ago}`, ago);
  await runAll();
}, 300_000);
afterAll(async () => {
  delete process.env.RETENTION;
  await cloud?.close();
});

async function mail(messageId: string, ago: number): Promise<void> {
  const sentAt = NOW - ago * DAY_MS;
  const parts = { messageId, sentAt };
  const records = [sesSend(parts), sesDelivery(parts), sesOpen(parts), sesClick({ ...parts, at: sentAt + 60_000 })];
  await cloud.put(`raw/${utcDate(sentAt).replaceAll('-', '/')}/${messageId}`, Buffer.from(ndjson(...records)));
}

async function runAll(): Promise<void> {
  await planReach(ports, SETTINGS, 'all');
  for (const unit of await openUnits(ports.lake)) {
    await transform(ports, unit, { settings: SETTINGS, version: 'abc123' });
  }
  await settle(ports, { settings: SETTINGS, open: [], ignorePace: true });
  await rollup(ports, { settings: SETTINGS, ...computed });
}

const asked = async (sql: string): Promise<string[]> =>
  (await cloud.query(sql)).rows.map((row) => row.map(String).join(' '));
const daysOf = async (table: string): Promise<string[]> =>
  (await ports.catalog.locations(table)).map(({ dt }) => dt).filter((dt) => dt <= LAST);
const filesOf = async (): Promise<string[]> => {
  const keys = (await Array.fromAsync(cloud.lake.list('v1/'))).map(({ key }) => key);
  return keys.filter((key) => {
    const [, table = '', dt = ''] = /^v1\/(?:live|settled)\/(\w+)\/.*dt=([\d-]+)\//.exec(key) ?? [];
    return table !== '' && dt <= LAST;
  });
};
const driftsOf = async () => (await audit(ports, { settings: SETTINGS, retention, ...computed })).drifts;

test('more than a month at once waits for a word, and the audit says so', async () => {
  const old = Array.from({ length: 40 }, (_, i) => addDays(LAST, -60 - i));
  await ports.catalog.ensurePartitions(
    'clicks',
    old.map((dt) => ({ dt, location: `v1/live/clicks/dt=${dt}/` })),
  );
  await handler({}, invocation('collect'));
  expect(await daysOf('clicks')).toHaveLength(43);
  expect(await daysOf('events')).toEqual([]);
  expect((await driftsOf()).map(({ kind, key }) => `${kind} ${key}`)).toEqual(['unexpired_day clicks']);
  // Asked once more by a person who has seen to the retention.
  await handler({ expire: true }, invocation('collect'));
  expect(await daysOf('clicks')).toEqual([]);
  expect(cloud.account.gateway.passed.filter(({ operation }) => operation === 'BatchDeletePartition')).toHaveLength(5);
});

test('readers see nothing of these days, and every view runs', { timeout: 300_000 }, async () => {
  for (const table of TABLES) {
    expect(await asked(`select distinct message_id from ${table}`)).toEqual(['m5']);
  }
  for (const { name } of views) expect(await asked(`select count(*) from ${name}`), name).toHaveLength(1);
  expect(await asked('select sum(sent) from deliverability_daily')).toEqual(['1']);
  expect(await driftsOf()).toEqual([]);
});

test('their files are there for a day, and then nothing of them is', async () => {
  const later = (days: number): Ports => ({ ...ports, clock: { ...ports.clock, now: () => NOW + days * DAY_MS } });
  expect(await filesOf()).not.toEqual([]);
  await collect(later(0.9));
  expect(await filesOf()).not.toEqual([]);
  await collect(later(1.1));
  expect(await filesOf()).toEqual([]);
  expect(await asked('select distinct message_id from events')).toEqual(['m5']);
});

test('what comes late for such a day is seen by nobody, and the counts of all that was read stay', async () => {
  await mail('late', 50);
  await runAll();
  expect(await asked('select distinct message_id from events')).toEqual(['m5']);
  expect(await daysOf('events')).toEqual([]);
  expect(await asked('select sum(records), sum(accepted) from units')).toEqual(['20 20']);
  expect(await driftsOf()).toEqual([]);
});
