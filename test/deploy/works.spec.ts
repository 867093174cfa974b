/** The stage that was deployed does its work: its packages, as SST has built them, with the environment that AWS was given. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clients, connect } from '#aws/clients.ts';
import { S3Store } from '#aws/s3-store.ts';
import { generate } from '#generate/index.ts';
import type { LambdaName } from '../../stacks/spec/lambdas.ts';
import { logicalName } from '../../stacks/spec/names.ts';
import { type RunningFunction, startFunction } from '../bundles/running-function.ts';
import { rawFiles } from '../engines/cloud-lake.ts';
import { Gateway } from '../engines/gateway.ts';
import { installEngines } from '../engines/install.ts';
import { drain } from '../engines/invoke.ts';
import { REGION, startTrino } from '../engines/trino.ts';
import type { TrinoClient } from '../engines/trino-client.ts';
import { at, textAt } from '../stacks/graph.ts';
import { type Checkout, done, openWorld, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'works-'));
let world: World;
let checkout: Checkout;
let trino: { client: TrinoClient; stop(): Promise<void> };
let gateway: Gateway;
let clients: Clients;
const running: RunningFunction[] = [];

beforeAll(async () => {
  const say = (line: string): void => console.log(line);
  world = await openWorld(say, REGION);
  checkout = world.checkout({ app: 'maillake', region: REGION });
  done(await checkout.sst('deploy', 'dev'));
  trino = await startTrino(installEngines(say), world.moto, folder);
  const { WORKGROUP = '' } = await environmentOf('plan');
  const group = await world.account.recall(`aws:athena/workgroup:Workgroup ${WORKGROUP}`);
  const results = textAt(group, 'configuration', 'resultConfiguration', 'outputLocation');
  gateway = await Gateway.start({
    moto: world.moto,
    trino: trino.client,
    results: results.replace(/^s3:\/\//, '').replace(/\/$/, ''),
  });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION });
  clients = connect({ endpoint: gateway.address });
});
afterAll(async () => {
  for (const { stop } of running) await stop();
  for (const client of Object.values(clients ?? {})) client.destroy();
  await gateway?.stop();
  await trino?.stop();
  await world?.stop();
  rmSync(folder, { recursive: true });
});

/** As Lambda has it. */
async function environmentOf(name: LambdaName): Promise<Record<string, string>> {
  const FunctionName = `maillake-dev-${name}`;
  const said = await world.account.send({
    service: 'lambda',
    operation: 'GetFunctionConfiguration',
    input: { FunctionName },
  });
  const variables = at(said, 'Environment', 'Variables');
  return Object.fromEntries(Object.entries(variables ?? {}).map(([key, value]) => [key, String(value)]));
}

/** From the zip that SST has built. */
async function started(name: LambdaName): Promise<RunningFunction> {
  const place = join(folder, name);
  mkdirSync(place);
  const zip = join(checkout.folder, '.sst', 'artifacts', logicalName(name), 'code.zip');
  execFileSync('unzip', ['-q', zip, '-d', place]);
  const made = await startFunction(place, {
    ...(await environmentOf(name)),
    AWS_REGION: REGION,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
    AWS_ENDPOINT_URL: gateway.address,
  });
  running.push(made);
  return made;
}

test('raw objects become rows that the views count', async () => {
  const {
    RAW_BUCKET = '',
    LIVE_QUEUE_URL = '',
    BACKFILL_QUEUE_URL = '',
    SETTLE_QUEUE_URL = '',
  } = await environmentOf('plan');
  const raw = new S3Store({ client: clients.s3, bucket: RAW_BUCKET });
  const out = join(folder, 'raw');
  await generate({ out, messages: 30, days: 1, seed: 3, end: '2025-03-10' });
  for (const { key, bytes } of await rawFiles(out))
    await raw.create(key.replace(/^raw\/(\d{4}\/\d\d\/\d\d)\//, 'raw/$1/12/'), bytes);

  const [plan, transform, settle, settleDay, rollup] = [
    await started('plan'),
    await started('transform'),
    await started('settle'),
    await started('settle-day'),
    await started('rollup'),
  ];
  await plan.invoke({ reach: 'all' });
  const work = (queue: string, name: LambdaName, worker: RunningFunction) =>
    drain(
      clients.sqs,
      queue,
      name,
      async (event) => {
        const said = await worker.invoke(event);
        return said as { batchItemFailures: [] };
      },
      1,
    );
  for (const queue of [BACKFILL_QUEUE_URL, LIVE_QUEUE_URL])
    expect(await work(queue, 'transform', transform)).toMatchObject({ failed: [] });
  await settle.invoke({});
  const settled = await work(SETTLE_QUEUE_URL, 'settle-day', settleDay);
  expect(settled.messages).toBeGreaterThan(0);
  expect(settled.failed).toEqual([]);
  await rollup.invoke({ reach: 'all' });
  const count = async (relation: string): Promise<number> => {
    const { rows } = await trino.client.query(`select count(*) from ${relation}`, { schema: 'maillake_dev' });
    return Number(rows[0]?.[0]);
  };
  expect(await count('events')).toBeGreaterThan(30);
  expect(await count('recipient_messages')).toBeGreaterThanOrEqual(30);
  expect(await count('deliverability_daily')).toBeGreaterThan(0);
});
