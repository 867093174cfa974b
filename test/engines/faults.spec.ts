/** Faults of AWS (test/README.md, rows 55 to 62): put between the SDK and the account, met by the adapters and functions as they are. */

import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartQueryExecutionCommand, type StartQueryExecutionCommandOutput } from '@aws-sdk/client-athena';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { GlueCatalog } from '#aws/glue-catalog.ts';
import { S3Store } from '#aws/s3-store.ts';
import { generate } from '#generate/index.ts';
import { systemClock } from '#host/clock.ts';
import { DAY_MS } from '#lake/days.ts';
import { ChangedObject, DeniedObject, type Engine } from '#lake/ports.ts';
import { newestGeneration, readBytes } from '#lake/protocol/records.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { type SettlePorts, settleDay } from '#lake/steps/settle.ts';
import { handler as plan } from '../../functions/plan.ts';
import { handler as transform } from '../../functions/transform.ts';
import { type CloudLake, cloudLake, putAll, rawFiles, SETTINGS } from './cloud-lake.ts';
import { breakBody, call, doom, failPartitions, first, loseAnswer, refuse, refuseJson, s3 } from './faults.ts';
import { drain, eventOf, invocation } from './invoke.ts';

let cloud: CloudLake;
let store: S3Store;
let catalog: GlueCatalog;

beforeAll(async () => {
  cloud = await cloudLake();
  const { clients, database, bucket } = cloud.account;
  store = new S3Store({ client: clients.s3, bucket });
  catalog = new GlueCatalog({ client: clients.glue, database, bucket });
  return () => cloud.close();
});
afterEach(() => cloud.account.gateway.inject());

const inject = (...faults: Parameters<typeof cloud.account.gateway.inject>): void =>
  cloud.account.gateway.inject(...faults);
const calls = (operation: string): number =>
  cloud.account.gateway.passed.filter((passing) => passing.operation === operation).length;
const content = async (key: string): Promise<string> => Buffer.from(await readBytes(store, key)).toString();

describe('S3', () => {
  test('fault 55: a PUT whose answer was lost is recognised as its own by the retry that gets 412', async () => {
    inject(loseAnswer(first(1, s3('PUT', '/f55/own'))));
    expect(await store.create('f55/own', 'mine')).toBe(true);
    expect(await content('f55/own')).toBe('mine');
    await store.create('f55/theirs', 'theirs');
    inject(loseAnswer(first(1, s3('PUT', '/f55/theirs'))));
    expect(await store.create('f55/theirs', 'mine')).toBe(false);
    expect(await content('f55/theirs')).toBe('theirs');
  });

  test.each([
    [409, 'ConditionalRequestConflict'],
    [503, 'SlowDown'],
    [500, 'InternalError'],
  ])('fault 56: a PUT that is told %i %s is tried again until it is through', async (status, code) => {
    inject(refuse(first(4, s3('PUT', `/f56/${code}`)), status, code));
    expect(await store.create(`f56/${code}`, 'x')).toBe(true);
    expect(await content(`f56/${code}`)).toBe('x');
  });

  test('fault 56: a storm that does not end is given up after bounded tries', async () => {
    const before = calls('PUT');
    inject(refuse(s3('PUT', '/f56/storm'), 400, 'RequestTimeout'));
    await expect(store.create('f56/storm', 'x')).rejects.toThrow();
    expect(calls('PUT') - before).toBeGreaterThan(1);
    expect(calls('PUT') - before).toBeLessThanOrEqual(8);
  });

  test('fault 56: a body that breaks off, once or again and again, is read on from where it broke', async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
    await store.create('f56/body', bytes);
    inject(breakBody(first(3, s3('GET', '/f56/body')), 60_000));
    expect(Buffer.compare(await readBytes(store, 'f56/body'), bytes)).toBe(0);
  });

  test('fault 56: an object rewritten while its broken body is read on is a ChangedObject, never a mixture', async () => {
    await cloud.put('f56', Buffer.alloc(200_000, 1));
    inject(breakBody(first(1, s3('GET', '/f56')), 60_000));
    const { etag, body } = await cloud.raw.get('f56');
    expect(etag).not.toBe('');
    await cloud.put('f56', Buffer.alloc(200_000, 2));
    await expect(Array.fromAsync(body)).rejects.toThrow(ChangedObject);
  });

  test('fault 60: access denied, and a key of KMS that is denied, are a DeniedObject at once', async () => {
    await store.create('f60/x', 'x');
    for (const code of ['AccessDenied', 'KMS.DisabledException']) {
      const before = calls('GET');
      inject(refuse(s3('GET', '/f60/x'), code === 'AccessDenied' ? 403 : 400, code));
      await expect(store.get('f60/x')).rejects.toThrow(DeniedObject);
      expect(calls('GET') - before).toBe(1);
    }
  });
});

describe('Glue', () => {
  const partition = (dt: string): { dt: string; location: string } => ({ dt, location: `v1/live/clicks/dt=${dt}/` });
  const days = (from: number, count: number): { dt: string; location: string }[] =>
    Array.from({ length: count }, (_, i) =>
      partition(new Date(Date.UTC(2030, 0, 1 + from + i)).toISOString().slice(0, 10)),
    );

  test('fault 58: where 3 of 100 fail for the moment only those are asked for again', async () => {
    const all = days(0, 100);
    const failing = all.slice(40, 43).map(({ dt }) => dt);
    inject(failPartitions(first(1, call('BatchCreatePartition')), failing, 'InternalServiceException'));
    const { passed } = cloud.account.gateway;
    const before = passed.length;
    await catalog.ensurePartitions('clicks', all);
    const asked = passed
      .slice(before)
      .filter(({ operation }) => operation === 'BatchCreatePartition')
      .map(({ body }) => JSON.parse(body).PartitionInputList.map(({ Values }: { Values: string[] }) => Values[0]));
    expect(asked).toEqual([all.map(({ dt }) => dt), failing]);
    expect(
      await catalog.locations(
        'clicks',
        all.map(({ dt }) => dt),
      ),
    ).toEqual(all);
  });

  test('fault 58: where some fail for good the error names them, and why', async () => {
    const all = days(200, 5);
    inject(failPartitions(call('BatchCreatePartition'), [all[2]?.dt ?? ''], 'InvalidInputException'));
    await expect(catalog.ensurePartitions('clicks', all)).rejects.toThrow(`dt=${all[2]?.dt} (InvalidInputException)`);
  });

  test('fault 58: dropping asks again for those that failed for the moment, names others, and knows those that are gone', async () => {
    const all = days(500, 30);
    const dts = all.map(({ dt }) => dt);
    await catalog.ensurePartitions('clicks', all);
    inject(failPartitions(first(1, call('BatchDeletePartition')), dts.slice(3, 5), 'InternalServiceException'));
    await catalog.dropPartitions('clicks', dts.slice(0, 28));
    expect(await catalog.locations('clicks', dts)).toEqual(all.slice(28));
    inject(refuseJson(first(2, call('BatchDeletePartition')), 400, 'ThrottlingException'));
    await catalog.dropPartitions('clicks', dts.slice(20, 29));
    expect(await catalog.locations('clicks', dts)).toEqual(all.slice(29));
    inject(failPartitions(call('BatchDeletePartition'), [dts[29] ?? ''], 'InvalidInputException'));
    await expect(catalog.dropPartitions('clicks', dts)).rejects.toThrow(`dt=${dts[29]} (InvalidInputException)`);
  });

  test.each(['ThrottlingException', 'ConcurrentModificationException', 'InternalServiceException'])(
    'fault 58: %s passes, for creating and for switching',
    async (type) => {
      const [one = partition('')] = days(300 + type.length, 1);
      inject(refuseJson(first(2, call('BatchCreatePartition')), 400, type));
      await catalog.ensurePartitions('clicks', [one]);
      inject(refuseJson(first(2, call('UpdatePartition')), 400, type));
      const target = { dt: one.dt, location: `v1/settled/clicks/dt=${one.dt}/0-a/` };
      await catalog.switchPartition('clicks', target);
      expect(await catalog.locations('clicks', [one.dt])).toEqual([target]);
    },
  );

  test('fault 58: a batch refused as a whole because one is there already loses none of the others', async () => {
    const all = days(400, 4);
    await catalog.ensurePartitions('clicks', all.slice(1, 2));
    inject(refuseJson(first(1, call('BatchCreatePartition')), 400, 'AlreadyExistsException'));
    await catalog.ensurePartitions('clicks', all);
    expect(
      await catalog.locations(
        'clicks',
        all.map(({ dt }) => dt),
      ),
    ).toEqual(all);
  });

  test.each([
    [101, 2],
    [250, 3],
  ])('fault 59: %i partitions are %i calls', async (count, expected) => {
    const before = calls('BatchCreatePartition');
    await catalog.ensurePartitions(
      'headers',
      days(1000, count).map(({ dt }) => ({ dt, location: 'v1/live/headers/' })),
    );
    expect(calls('BatchCreatePartition') - before).toBe(expected);
  });
});

describe('the functions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  beforeAll(async () => {
    await generate({ out: folder, messages: 30, days: 2, seed: 3, end: '2025-03-10' });
    await putAll(cloud, await rawFiles(folder));
    return () => rmSync(folder, { recursive: true });
  });

  test('fault 60: a unit whose object is denied waits, and the others go on', async () => {
    await plan({ reach: 'all' }, invocation('plan'));
    const { sqs } = cloud.account.clients;
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.queues.backfill, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
    );
    expect(Messages.length).toBeGreaterThan(2);
    inject(refuse(s3('GET', '-raw/raw/2025/03/09'), 403, 'AccessDenied'));
    const { batchItemFailures } = await transform(eventOf(Messages), invocation('transform'));
    expect(batchItemFailures).toHaveLength(1);
    const outcomes = await Array.fromAsync(store.list('v1/state/units/'));
    expect(outcomes).toHaveLength(Messages.length - 1);
    const ends = (await Array.fromAsync(store.list('v1/state/tries/'))).filter(({ key }) =>
      key.endsWith('excused.json'),
    );
    expect(ends).toHaveLength(1);
  });

  test("fault 61: with the function's time nearly up no unit is begun, or it stops, and nothing is left half done", async () => {
    const { sqs } = cloud.account.clients;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.queues.backfill, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
    );
    const done = new Set((await Array.fromAsync(store.list('v1/state/units/'))).map(({ key }) => key.slice(-35)));
    const open = Messages.filter(({ Body = '' }) => ![...done].some((key) => key.includes(JSON.parse(Body).unit)));
    expect(open).toHaveLength(1);
    const tries = async (): Promise<number> => (await Array.fromAsync(store.list('v1/state/tries/'))).length;
    const before = await tries();
    const none = await transform(eventOf(open), invocation('transform', 30_000));
    expect(none.batchItemFailures).toHaveLength(1);
    expect(await tries()).toBe(before);

    // Begun with time that is up while it reads: excused, because it had less than its share.
    let asked = 0;
    const getRemainingTimeInMillis = (): number => (asked++ < 1 ? 61_000 : 19_000);
    const stopped = await transform(eventOf(open), { ...invocation('transform'), getRemainingTimeInMillis });
    expect(stopped.batchItemFailures).toHaveLength(1);
    expect((await Array.fromAsync(store.list('v1/state/units/'))).length).toBe(done.size);
    inject();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { failed } = await drain(sqs, cloud.queues.backfill, 'transform', transform);
    expect(failed).toEqual([]);
    expect((await Array.fromAsync(store.list('v1/state/units/'))).length).toBe(done.size + 1);
  });
});

describe('readers', () => {
  test('fault 66: a foreign file in a partition, and a file that was removed, are found by the audit', async () => {
    const ports = { raw: cloud.raw, lake: store, catalog, clock: systemClock };
    const drifts = async (): Promise<unknown> =>
      (await audit(ports, { settings: SETTINGS })).drifts.map(({ kind, key }) => ({ kind, key }));
    expect(await drifts()).toEqual([]);
    const folder = 'v1/live/clicks/dt=2025-03-11/';
    const [file] = (await Array.fromAsync(store.list('v1/live/headers/'))).map(({ key }) => key);
    const bytes = await readBytes(store, file ?? '');
    await store.create(`${folder}foreign.parquet`, bytes);
    await store.remove(file ?? '');
    expect(await drifts()).toEqual([
      { kind: 'foreign_file', key: `${folder}foreign.parquet` },
      { kind: 'live_file_missing', key: file },
    ]);
    await store.remove(`${folder}foreign.parquet`);
    await store.create(file ?? '', bytes);
    expect(await drifts()).toEqual([]);
  });
});

describe('Athena', () => {
  const day = { table: 'events', dt: '2025-03-10' };

  const engineWith = (options: { remainingMs?: () => number; signal?: AbortSignal } = {}): Engine => {
    const { clients, database, bucket } = cloud.account;
    return new AthenaEngine({ ...clients, database, workgroup: 'settle', bucket, ...options });
  };
  const ports = (engine: Engine = engineWith()): SettlePorts => ({
    raw: cloud.raw,
    lake: store,
    catalog,
    engine,
    clock: systemClock,
  });
  const settledFiles = async (): Promise<string[]> =>
    (await Array.fromAsync(store.list(`v1/settled/events/dt=${day.dt}/`))).map(({ key }) => key);
  const seen = async (): Promise<unknown> =>
    (await cloud.query(`select count(*), count(distinct event_id) from events where dt = '${day.dt}'`)).rows;

  test('fault 62: a query that fails after writing leaves files that nobody reads; the next run has a place of its own', async () => {
    const before = await seen();
    inject(doom('fails', first(1, call('StartQueryExecution'))));
    await expect(settleDay(ports(), day)).rejects.toThrow('injected');
    const orphans = await settledFiles();
    expect(orphans.length).toBeGreaterThan(0);
    expect(await newestGeneration(store, day.table, day.dt)).toBe(null);
    expect(await seen()).toEqual(before);

    inject();
    const [settled] = await settleDay(ports(), day);
    expect(settled?.generation).toBe(0);
    const newest = await newestGeneration(store, day.table, day.dt);
    for (const { key } of newest?.file_list ?? []) expect(orphans).not.toContain(key);
    expect(await seen()).toEqual(before);
    const later = { ...systemClock, now: () => Date.now() + 3 * DAY_MS };
    const removed = (await collect({ lake: store, catalog, clock: later })).map(({ key }) => key);
    expect(removed).toEqual(expect.arrayContaining(orphans));
    expect(await seen()).toEqual(before);
  });

  test('fault 62: a query that never ends is stopped before the time is up, and says so', async () => {
    let left = 16_000;
    inject(doom('hangs', call('StartQueryExecution')));
    const query = engineWith({ remainingMs: () => (left -= 300) }).query('select 1');
    await expect(query).rejects.toThrow('would not have ended in time');
    expect(calls('StopQueryExecution')).toBe(1);
  });

  test('fault 62: a query is stopped when its caller gives up, and one that others cancel is a failure', async () => {
    const stops = calls('StopQueryExecution');
    const caller = new AbortController();
    inject(doom('hangs', call('StartQueryExecution')));
    const query = engineWith({ signal: caller.signal }).query('select 1');
    setTimeout(() => caller.abort(), 50);
    await expect(query).rejects.toThrow('caller has given up');
    expect(calls('StopQueryExecution')).toBe(stops + 1);
  });

  test('fault 62: throttled, and with its first answer lost, a query runs once', async () => {
    const { passed } = cloud.account.gateway;
    inject(
      refuseJson(first(2, call('StartQueryExecution')), 400, 'TooManyRequestsException'),
      loseAnswer(first(1, call('StartQueryExecution'))),
    );
    const before = passed.length;
    const { queries } = cloud.account.gateway;
    const files = await engineWith().write({
      select: 'select * from quarantine where false',
      table: 'quarantine',
      inputs: [],
      location: 'v1/settled/quarantine/dt=2025-03-10/0-lost/',
      partitioned: false,
    });
    expect(files).toEqual([]);
    const started = passed.slice(before).filter(({ operation }) => operation === 'StartQueryExecution');
    expect(started).toHaveLength(4);
    expect(new Set(started.map(({ body }) => JSON.parse(body).ClientRequestToken)).size).toBe(1);
    expect(cloud.account.gateway.queries - queries).toBe(1);
  });

  test('fault 62: where the settle that started a query has died, another makes the one generation that counts', async () => {
    const dayOfHeaders = { table: 'headers', dt: '2025-03-10' };
    const engine = engineWith();
    let dead: Promise<unknown> | undefined;
    const dying: Engine = {
      query: (sql, inputs) => engine.query(sql, inputs),
      write(job) {
        dead = engine.write(job);
        dead.catch(() => {});
        return Promise.reject(new Error('the function has died'));
      },
    };
    await expect(settleDay(ports(dying), dayOfHeaders)).rejects.toThrow('has died');
    const [settled] = await settleDay(ports(), dayOfHeaders);
    await dead;
    expect(settled?.generation).toBe(0);
    const newest = await newestGeneration(store, 'headers', dayOfHeaders.dt);
    expect(await catalog.locations('headers', [dayOfHeaders.dt])).toEqual([
      { dt: dayOfHeaders.dt, location: newest?.location },
    ]);
    const { rows } = await cloud.query(
      "select count(*), count(distinct (message_id, position)) from headers where dt = '2025-03-10'",
    );
    expect(rows).toEqual([[newest?.rows_out, newest?.rows_out]]);
  });

  test('fault 62: the same token with another text is refused', async () => {
    const { athena } = cloud.account.clients;
    const ClientRequestToken = 't'.repeat(40);
    const start = (QueryString: string): Promise<StartQueryExecutionCommandOutput> =>
      athena.send(new StartQueryExecutionCommand({ QueryString, ClientRequestToken }));
    const one = await start('select 1');
    expect((await start('select 1')).QueryExecutionId).toBe(one.QueryExecutionId);
    await expect(start('select 2')).rejects.toThrow('Idempotent');
  });
});
