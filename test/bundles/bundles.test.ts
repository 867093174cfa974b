import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOUD_SETTINGS, type EnvironmentVariables } from '#aws/environment.ts';
import { attemptVersion } from '#host/attempt-version.ts';
import { readBytes } from '#lake/protocol/records.ts';
import { transform } from '#lake/steps/transform.ts';
import { addressesIn, addressFinder } from '#test/addresses-in.ts';
import { SEEDS } from '#test/fuzz/corpus.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';
import { SENT, sesBounce, sesDelivery, sesSend } from '#test/records.ts';
import type { LambdaName } from '../../stacks/spec/lambdas.ts';
import { eventOf } from '../engines/invoke.ts';
import { buildPackages, declared, filesOf, names, type Package, zippedBytes } from './build.ts';
import { type LoopbackAccount, openLoopbackAccount } from './loopback-account.ts';
import { type RunningFunction, startFunction } from './running-function.ts';

const MOST_ZIPPED = 10_000_000;
const VERSION = 'abc123';

// Outside the repository: nothing but what is in the package is found there.
const folder = mkdtempSync(join(tmpdir(), 'packages-'));
let account: LoopbackAccount;
let packages: Map<LambdaName, Package>;
let environment: Record<string, string>;
const running = new Map<LambdaName, RunningFunction>();

beforeAll(async () => {
  [account, packages] = await Promise.all([
    openLoopbackAccount(),
    buildPackages(folder).then((built) => new Map(built.map((item) => [item.name, item]))),
  ]);
  const variables: EnvironmentVariables = {
    RAW_BUCKET: 'raw',
    OTHER_RAW_BUCKETS: '{}',
    LAKE_BUCKET: 'lake',
    REPORTS_BUCKET: 'reports',
    DATABASE: 'mail',
    WORKGROUP: 'pipeline',
    LIVE_QUEUE_URL: `${account.address}/1/live`,
    BACKFILL_QUEUE_URL: `${account.address}/1/backfill`,
    SETTLE_QUEUE_URL: `${account.address}/1/settle`,
    ROLLUP_QUEUE_URL: `${account.address}/1/rollup`,
    LAKE_VERSION: VERSION,
    LAKE_SETTINGS: JSON.stringify(CLOUD_SETTINGS),
    ERASES_RAW: 'false',
    RETENTION: '{}',
    DASHBOARD: JSON.stringify({
      account: '123456789012',
      id: 'maillake-test',
      dataSets: ['facts', 'delays'],
      isRefreshedHourly: true,
    }),
    COPIES: 'null',
    REPORT: 'null',
    APP: 'maillake',
    STAGE: 'test',
  };
  environment = { ...variables, AWS_ENDPOINT_URL: account.address, AWS_REGION: 'eu-west-1' };
  for (const name of names) {
    running.set(name, await startFunction(packageOf(name).folder, environment));
  }
});
afterAll(async () => {
  await Promise.all([...running.values()].map((one) => one.stop()));
  await account?.close();
  rmSync(folder, { recursive: true });
});

function packageOf(name: LambdaName): Package {
  const found = packages.get(name);
  if (!found) throw new Error(`${name} was not built`);
  return found;
}

function invoke(name: LambdaName, event: unknown): Promise<unknown> {
  const started = running.get(name);
  if (!started) throw new Error(`${name} was not started`);
  return started.invoke(event);
}

const messages = (queue: string): string[] => account.messages.get(queue) ?? [];
const batchOf = (body: string): object => eventOf([{ MessageId: 'm', Body: body, ReceiptHandle: 'r' }]);

describe('a package', () => {
  test.each(names)(
    'of %s holds its bundle and what its declaration adds, no DuckDB, Arrow or wasm, below 10 MB',
    (name) => {
      const { needsSql } = declared(name);
      const { folder: place, packages: used } = packageOf(name);
      const files = filesOf(place);
      const bytes = zippedBytes(place);
      const ms = Math.round(running.get(name)?.importMs ?? 0);
      console.log(`${name}: ${(bytes / 1e6).toFixed(2)} MB zipped, cold import ${ms} ms`);
      expect(files).toContain('bundle.mjs');
      expect(files.includes('sql/rollup/recipient_messages.sql')).toBe(needsSql === true);
      expect([...used, ...files].filter((path) => /duckdb|arrow|\.wasm$|\.node$/i.test(path))).toEqual([]);
      expect(bytes).toBeLessThan(MOST_ZIPPED);
    },
  );
});

describe('the bundles, in plain Node outside the repository', () => {
  test('all do their work on an empty lake, where no query is needed', async () => {
    expect(await invoke('plan', { reach: 'all' })).toBeNull();
    expect(await invoke('settle', {})).toBeNull();
    expect(await invoke('rollup', { reach: 'all' })).toBeNull();
    expect(await invoke('collect', {})).toBeNull();
    expect(await invoke('audit', { reach: 'all' })).toMatchObject({ raw_objects: 0, drift_count: 0 });
    // These ask Athena as soon as there is something to ask.
    expect(await invoke('settle-day', batchOf('{}'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(await invoke('rollup-days', batchOf('{}'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(await invoke('rollup-days', batchOf('{"days":["2026-10-05"]}'))).toEqual({ batchItemFailures: [] });
    expect(await invoke('rebuild', { do: 'go on' })).toBeNull();
    expect(await invoke('rebuild', { do: 'status' })).toBeNull();
    expect(await invoke('rebuild', { do: 'begin' })).toMatchObject({ rebuild: 0, is: 'made', left: 0 });
    expect(await invoke('rebuild', { do: 'drop', rebuild: 0 })).toMatchObject({ rebuild: 0, is: 'dropped' });
    expect(await invoke('erase', { do: 'go on' })).toBeNull();
    await expect(invoke('erase', { do: 'ask', recipients: ['ann@example.org'] })).rejects.toThrow(
      'the stage has no key to know persons by',
    );
    await expect(invoke('replay', { reason: 'nonsense' })).rejects.toThrow('replay failed: ');
    await expect(invoke('report', { mail: true })).rejects.toThrow(
      'report failed: nobody is to get the report by mail',
    );
    // It asks Athena in any case.
    await expect(invoke('watch', { reach: 'weekly' })).rejects.toThrow('watch failed: ');
  });

  test('transform writes, byte for byte, the files that the sources write', async () => {
    const { raw, lake } = account.stores;
    const records = [sesSend(), sesDelivery(), sesBounce({ messageId: 'm2' }), { eventType: 'Delivery' }];
    raw.put('raw/2026/10/05/09/events.gz', gzipSync(records.map((record) => JSON.stringify(record)).join('\n')));
    await invoke('plan', { reach: 'all' });
    const [message = ''] = messages('backfill');
    expect(await invoke('transform', batchOf(message))).toEqual({ batchItemFailures: [] });

    const own = new MemoryStore();
    const { plan, unit } = JSON.parse(message);
    await own.create(plan, await readBytes(lake, plan));
    const ports = { raw, lake: own, catalog: new MemoryCatalog(), clock: { now: () => SENT, nonce: () => '0' } };
    const outcome = await transform(
      ports,
      { plan, unit },
      {
        settings: CLOUD_SETTINGS,
        version: attemptVersion(VERSION),
      },
    );
    expect(outcome).toMatchObject({ accepted: 3, quarantined: 1 });
    const keys = (await Array.fromAsync(own.list('v1/live/'))).map(({ key }) => key);
    expect((await Array.fromAsync(lake.list('v1/live/'))).map(({ key }) => key)).toEqual(keys);
    expect(keys.length).toBeGreaterThan(2);
    for (const key of keys) expect(Buffer.compare(await readBytes(lake, key), await readBytes(own, key)), key).toBe(0);
  });

  test('settle and rollup then find the days, and audit that everything is accounted for', async () => {
    await invoke('settle', {});
    expect(messages('settle').map((text) => JSON.parse(text))).toContainEqual({ table: 'events', dt: '2026-10-05' });
    await invoke('rollup', { reach: 'all' });
    await invoke('rollup', { day: '2026-01-31' });
    const following = { copies: false, dashboard: true };
    const batch = { id: expect.stringMatching(/^\w+$/), group: 0, groups: 1, following };
    expect(messages('rollup').map((text) => JSON.parse(text))).toEqual([
      { days: ['2026-10-05'], batch },
      { days: ['2026-01-31'], batch },
    ]);
    expect(await invoke('audit', { reach: 'all' })).toMatchObject({ raw_objects: 1, units: 1, records: 4, drifts: [] });
  });

  test('the last group of a rollup has the dashboard read anew, once', async () => {
    const { ingestions } = account;
    await invoke('rollup', { day: '2001-01-01' });
    const message = messages('rollup').at(-1) ?? '';
    const { days, batch } = JSON.parse(message);
    expect(days).toEqual(['2001-01-01']);
    const of = (group: number): object => batchOf(JSON.stringify({ days, batch: { ...batch, group, groups: 2 } }));
    expect(await invoke('rollup-days', of(1))).toEqual({ batchItemFailures: [] });
    expect([...ingestions]).toEqual([]);
    for (const group of [0, 0]) expect(await invoke('rollup-days', of(group))).toEqual({ batchItemFailures: [] });
    expect([...ingestions].sort()).toEqual([`maillake-test-delays ${batch.id}`, `maillake-test-facts ${batch.id}`]);
  });

  test('a process that a unit has worn out ends itself with that message, and the next one does the unit', async () => {
    account.stores.raw.put('raw/2026/10/05/09/more.gz', gzipSync(JSON.stringify(sesSend({ messageId: 'm3' }))));
    await invoke('plan', { reach: 'all' });
    const message = messages('backfill').at(-1) ?? '';
    // Any process holds more than a megabyte.
    const worn = await startFunction(packageOf('transform').folder, {
      ...environment,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1',
    });
    await expect(worn.invoke(batchOf(message))).rejects.toThrow('process ended');
    expect(await worn.ended).toBe(1);
    expect(worn.logs()).toContain('MB of memory');
    expect(
      worn
        .logs()
        .split('\n')
        .filter((line) => line.includes('unit goes back to the queue')),
    ).toHaveLength(1);
    expect(await invoke('transform', batchOf(message))).toEqual({ batchItemFailures: [] });
    expect(await invoke('audit', { reach: 'all' })).toMatchObject({ raw_objects: 2, units: 2, drifts: [] });
  });

  test('no function logs or answers an address of the data, whatever the data are', async () => {
    for (const [i, { bytes }] of SEEDS.entries()) account.stores.raw.put(`raw/2026/10/05/10/fixture-${i}`, bytes);
    const before = messages('backfill').length;
    const answers: unknown[] = [await invoke('plan', { reach: 'all' })];
    for (const body of messages('backfill').slice(before)) answers.push(await invoke('transform', batchOf(body)));
    for (const [name, event] of [
      ['settle', {}],
      ['rollup', { reach: 'all' }],
      ['audit', { reach: 'all' }],
      ['collect', {}],
    ] as const) {
      answers.push(await invoke(name, event));
    }
    // Of all units, which are read again.
    answers.push(await invoke('rebuild', { do: 'begin' }));
    const units = messages('backfill').filter((body) => body.includes('"rebuild":1'));
    expect(units.length).toBeGreaterThan(0);
    for (const body of units) answers.push(await invoke('transform', batchOf(body)));
    answers.push(await invoke('rebuild', { do: 'go on' }));
    // These need Athena, which is not here: what they say of that is looked at. test/engines has them do their work.
    for (const name of ['settle-day', 'rollup-days'] as const) {
      const queue = name === 'settle-day' ? 'settle' : 'rollup';
      answers.push(await invoke(name, batchOf(messages(queue).at(-1) ?? '')));
    }
    for (const name of ['replay', 'report', 'watch'] as const) {
      answers.push(await invoke(name, { reach: 'daily' }).catch((error: unknown) => String(error)));
    }
    const addresses = SEEDS.flatMap(({ bytes }) => addressesIn(bytes.toString()));
    expect(addresses.length).toBeGreaterThan(100);
    const [person = ''] = addresses;
    for (const recipients of [[`Ann <${person}>`, person], [person]]) {
      answers.push(await invoke('erase', { do: 'ask', recipients }).catch((error: unknown) => String(error)));
    }
    expect(answers.slice(-2)).toEqual([
      expect.stringContaining('erase failed'),
      expect.stringContaining('no key to know persons by'),
    ]);
    const find = addressFinder(new Set(addresses));
    const logs = [...running].map(([name, one]) => `${name}\n${one.logs()}`);
    expect(logs.join('').length).toBeGreaterThan(5000);
    expect([JSON.stringify(answers), ...logs].flatMap(find)).toEqual([]);
  });
});
