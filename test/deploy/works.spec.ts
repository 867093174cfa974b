/** A stage that was deployed does its work: raw objects go in, the functions run as the account has them, an analyst gets rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { connect } from '#aws/clients.ts';
import { S3Store } from '#aws/s3-store.ts';
import { generate } from '#generate/index.ts';
import { HOUR_MS } from '#lake/days.ts';
import { smallLake } from '#test/small-lake.ts';
import { atNoon, rawFiles } from '../engines/cloud-lake.ts';
import { useTestCredentials } from '../engines/engines.ts';
import { Gateway } from '../engines/gateway.ts';
import { installEngines } from '../engines/install.ts';
import { expectSameRows } from '../engines/same-rows.ts';
import { REGION, startTrino } from '../engines/trino.ts';
import { type Installed, openInstalled, roleOf } from './installed.ts';
import { done, openWorld, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'works-'));
let world: World;
let trino: Awaited<ReturnType<typeof startTrino>>;
let stage: Installed;
beforeAll(async () => {
  useTestCredentials();
  const say = (line: string): void => console.log(line);
  world = await openWorld(say, REGION);
  const checkout = world.checkout({ app: 'maillake', region: REGION });
  done(await checkout.sst('deploy', 'dev'));
  // Athena writes and reads as who asks it; Trino as one of them.
  trino = await startTrino(installEngines(say), world.moto, folder, await roleOf(world, 'maillake-dev-settle-day'));
  stage = await openInstalled(world, trino.client, 'maillake-dev');
});
afterAll(async () => {
  await stage?.close();
  await trino?.stop();
  await world?.stop();
  rmSync(folder, { recursive: true });
});

test('what its schedules call turns raw objects into rows, and an analyst gets what a laptop says', async () => {
  const made = join(folder, 'raw');
  await generate({ out: made, messages: 60, days: 2, seed: 7, dirty: true, dates: 2, end: '2025-03-10' });
  const files = (await rawFiles(made)).map(({ key, bytes }) => ({ key: atNoon(key), bytes }));
  const { clients, environment } = stage;
  const raw = new S3Store({ client: clients.s3, bucket: environment.RAW_BUCKET ?? '' });
  for (const { key, bytes } of files) await raw.create(key, bytes);
  await stage.runs('plan-all');
  await stage.runs('settle', 26 * HOUR_MS);
  await stage.runs('rollup-all', 26 * HOUR_MS);

  const laptop = await smallLake();
  const workgroup = 'maillake-dev-analysts';
  const gateway = await Gateway.start({
    moto: world.moto,
    trino: trino.client,
    results: await stage.resultsOf(workgroup),
  });
  try {
    for (const { key, bytes } of files) laptop.put(key, bytes);
    await laptop.run();
    const bucket = environment.LAKE_BUCKET ?? '';
    const database = environment.DATABASE ?? '';
    const analysts = connect({ endpoint: gateway.address });
    const analyst = new AthenaEngine({ ...analysts, database, workgroup, bucket });
    for (const sql of [
      'select event_type, count(*) as events from events group by event_type',
      'select send_date, sent, delivered, hard_bounces, soft_bounces, complaints from deliverability_daily',
    ]) {
      expectSameRows(await analyst.query(sql), await laptop.lake.ports.engine.query(sql));
    }
  } finally {
    await gateway.stop();
    await laptop.close();
  }
});

test('the audit finds nothing, and the collector removes nothing that is read', async () => {
  await stage.runs('collect', 40 * HOUR_MS);
  expect(await stage.runs('audit', 40 * HOUR_MS)).toMatchObject({ drift_count: 0 });
});

test('no function asked for what its role does not allow', () => {
  for (const [name, { forbidden }] of stage.functions) expect(forbidden(), name).toEqual(new Set());
});
