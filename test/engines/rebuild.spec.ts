/** A rebuild on S3, Glue and Athena: by the steps themselves, as no function runs it yet. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { DAY_MS } from '#lake/days.ts';
import type { Ports } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { NO_PARTITIONS, RebuildStore } from '#lake/protocol/rebuild-store.ts';
import type { Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planReach } from '#lake/steps/plan.ts';
import { previewRebuild } from '#lake/steps/rebuild/preview.ts';
import { goBack, switchToRebuild } from '#lake/steps/rebuild/switch.ts';
import { beginRebuild, makeDays, planRebuild } from '#lake/steps/rebuild.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, SENT, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { wiring } from '../../functions/wiring.ts';
import { type CloudLake, cloudLake, SETTINGS } from './cloud-lake.ts';
import { invocation } from './invoke.ts';

const TODAY: Settings = {
  ...SETTINGS,
  tags: [['campaign', 'treatment_id'], ...SETTINGS.tags.filter(([tag]) => tag !== 'campaign')],
};
const TAGS = { campaign: ['spring'] };
const DAY = new Date(SENT).toISOString().slice(0, 10).replaceAll('-', '/');

let cloud: CloudLake;
let ports: Ports;
beforeAll(async () => {
  cloud = await cloudLake();
  ports = wiring().ports(invocation('audit'));
  const content = [sesSend({ tags: TAGS }), sesDelivery({ tags: TAGS }), sesOpen({ tags: TAGS })];
  await cloud.put(`raw/${DAY}/a`, Buffer.from(ndjson(...content, sesClick({ tags: TAGS, at: SENT + DAY_MS }))));
});
afterAll(() => cloud?.close());

const rows = (): Promise<unknown> =>
  cloud
    .query('select campaign_id, treatment_id, count(*) from events group by 1, 2')
    .then((found) => found.rows.map((row) => row.map((value) => (value === null ? null : String(value)))));

test('a changed tag is read again, named by Athena, switched to, and taken back', async () => {
  const { views, rollup: rolled } = await loadSql(join(process.cwd(), 'sql'));
  const computed = { views, select: rolled.sql };
  await planReach(ports, SETTINGS, 'all');
  for (const unit of await openUnits(ports.lake)) {
    await transform(ports, unit, { settings: SETTINGS, version: 'abc123' });
  }
  await settle(ports, { settings: SETTINGS, open: [], ignorePace: true });
  await rollup(ports, { settings: SETTINGS, ...computed });
  expect(await rows()).toEqual([['spring', null, '4']]);

  const rebuild = await beginRebuild(ports, { version: 'def456', from: null, to: null });
  const own = { ...ports, lake: new RebuildStore(ports.lake, rebuild.n), catalog: NO_PARTITIONS, queue: undefined };
  for (const unit of await planRebuild(ports, rebuild)) {
    await transform(own, unit, { settings: TODAY, version: rebuild.version });
  }
  const { made, unmade } = await makeDays(ports, rebuild);
  expect(unmade).toEqual([]);
  const { columns, daily } = await previewRebuild(ports, rebuild, made, { settings: TODAY, ...computed });
  const named = columns.map(({ table, column, rows: changed }) => `${table}.${column} ${changed}`);
  expect(named.sort()).toEqual([
    'clicks.campaign_id 1',
    'clicks.treatment_id 1',
    'events.campaign_id 4',
    'events.treatment_id 4',
    'recipient_messages.campaign_id 1',
    'recipient_messages.treatment_id 1',
  ]);
  expect(columns.find(({ column }) => column === 'treatment_id')?.example).toMatchObject({
    before: null,
    after: 'spring',
  });
  expect(daily).toEqual([]);
  expect(await rows()).toEqual([['spring', null, '4']]);

  expect((await switchToRebuild(ports, rebuild, rebuild)).left).toEqual([]);
  expect(await rows()).toEqual([[null, 'spring', '4']]);
  const lives = await cloud.query('select campaign_id, treatment_id from recipient_messages');
  expect(lives.rows).toEqual([[null, 'spring']]);
  const report = await audit(ports, { settings: TODAY, ...computed });
  expect(report.drifts).toEqual([]);
  expect(report.rebuilds).toMatchObject([{ rebuild: 0, records: 4 }]);

  expect((await goBack(ports, rebuild)).left).toEqual([]);
  expect(await rows()).toEqual([['spring', null, '4']]);
});
