/**
 * The stage that `sst deploy` would make, from one end to the other: its tables and views as the graph has them, the
 * functions from their packages with the graph's environment, and what their roles allow against what they asked for.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeletePartitionCommand, UpdatePartitionCommand } from '@aws-sdk/client-glue';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { glueStorage } from '#aws/glue-table.ts';
import { S3Store } from '#aws/s3-store.ts';
import { generate } from '#generate/index.ts';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { tryEndKey, tryKey } from '#lake/protocol/keys.ts';
import { readBytes } from '#lake/protocol/records.ts';
import { TABLES } from '#lake/tables/index.ts';
import { addressesIn, addressFinder } from '#test/addresses-in.ts';
import { rawContent } from '#test/raw-content.ts';
import { sesSend } from '#test/records.ts';
import type { LambdaName } from '../../stacks/spec/lambdas.ts';
import { names } from '../bundles/build.ts';
import { glueInputs } from '../stacks/glue-inputs.ts';
import { ACCOUNT, ofType, textAt } from '../stacks/graph.ts';
import { verifySender } from './account.ts';
import { atNoon, rawFiles } from './cloud-lake.ts';
import type { DeployedFunction } from './deployed-function.ts';
import { type DeployedStage, deployStage, READERS } from './deployed-stage.ts';
import { call, doom, first, refuseJson } from './faults.ts';
import { eventOf } from './invoke.ts';
import { onBehalf } from './on-behalf.ts';
import { ESTIMATES } from './percentiles.ts';
import { covers, decisionOf, rightText } from './policy.ts';
import { REGION } from './trino.ts';

const folder = mkdtempSync(join(tmpdir(), 'deployed-'));
let stage: DeployedStage;
let raw: S3Store;
let lake: S3Store;
let drainedMessages = 0;
/** of the data, as it was delivered */
const addresses = new Set<string>();

beforeAll(async () => {
  stage = await deployStage();
  const { clients, environment } = stage;
  raw = new S3Store({ client: clients.s3, bucket: environment.RAW_BUCKET ?? '' });
  lake = new S3Store({ client: clients.s3, bucket: environment.LAKE_BUCKET ?? '' });
  await generate({ out: folder, messages: 60, days: 2, seed: 5, dirty: true, dates: 2, end: '2025-03-10' });
  for (const { key, bytes } of await rawFiles(folder)) {
    await raw.create(atNoon(key), bytes);
    for (const address of addressesIn((await rawContent(bytes)).toString('latin1'))) addresses.add(address);
  }
});
afterAll(async () => {
  await stage?.close();
  rmSync(folder, { recursive: true });
});

function functionOf(name: LambdaName): DeployedFunction {
  const found = stage.functions.get(name);
  if (!found) throw new Error(`no such function: ${name}`);
  return found;
}

const invoke = (name: LambdaName, event: unknown, aheadMs = 0, options = {}): Promise<unknown> =>
  functionOf(name).invoke(event, { aheadMs, ...options });

const keys = async (prefix: string): Promise<string[]> =>
  (await Array.fromAsync(lake.list(prefix))).map(({ key }) => key);

interface Received {
  body: string;
  taken: () => Promise<unknown>;
}

const unitsOf = (messages: readonly Received[]): string[] => messages.map(({ body }) => JSON.parse(body).unit);

/** Three tries of a unit have failed. */
async function fail(unit: string): Promise<void> {
  for (const k of [0, 1, 2]) {
    await lake.create(tryKey(unit, k), '{}');
    await lake.create(
      tryEndKey(unit, k, 'failed'),
      JSON.stringify({ unit, end: 'failed', why: 'killed', ended_at: 0 }),
    );
  }
}

async function receive(queue: string, count: number): Promise<Received[]> {
  const { sqs } = stage.clients;
  const QueueUrl = stage.environment[queue] ?? '';
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: count, VisibilityTimeout: 900 }),
  );
  return Messages.map(({ Body = '', ReceiptHandle }) => ({
    body: Body,
    taken: () => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
  }));
}

const batchOf = (body: string): object => eventOf([{ MessageId: 'm', Body: body, ReceiptHandle: 'r' }]);

/** Each rollup has all views copied, which takes Trino minutes: only where a test looks at the copies. */
let areCopiesMade = false;

/** Plays the event source, until the queue is empty. */
async function work(name: 'transform' | 'settle-day' | 'rollup-days', queue: string, aheadMs = 0): Promise<number> {
  for (let done = 0; ; done++) {
    const [message] = await receive(queue, 1);
    if (!message) return done;
    if (areCopiesMade || !('ended' in JSON.parse(message.body)))
      expect(await invoke(name, batchOf(message.body), aheadMs)).toEqual({ batchItemFailures: [] });
    await message.taken();
    drainedMessages++;
  }
}

/** The same of days, one of which can't be settled. */
async function settleAllBut(table: string, dt: string, aheadMs: number): Promise<void> {
  for (;;) {
    const [message] = await receive('SETTLE_QUEUE_URL', 1);
    if (!message) return;
    const day = JSON.parse(message.body);
    const batchItemFailures = day.table === table && day.dt === dt ? [{ itemIdentifier: 'm' }] : [];
    expect(await invoke('settle-day', batchOf(message.body), aheadMs), message.body).toEqual({ batchItemFailures });
    await message.taken();
  }
}

async function transformAll(aheadMs = 0): Promise<void> {
  while (
    (await work('transform', 'BACKFILL_QUEUE_URL', aheadMs)) + (await work('transform', 'LIVE_QUEUE_URL', aheadMs)) >
    0
  );
}

const thisHour = (): string => new Date().toISOString().slice(0, 13).replace(/[-T]/g, '/');

/** Someone points readers of a day at its live files, or drops the day. */
async function misplace(table: string, dt: string, how: 'elsewhere' | 'gone'): Promise<void> {
  const { DATABASE: DatabaseName, LAKE_BUCKET } = stage.environment;
  const target = { DatabaseName, TableName: table, PartitionValueList: [dt] };
  const PartitionValues = [dt];
  const declared = TABLES[table];
  if (!declared) throw new Error(`no such table: ${table}`);
  if (how === 'gone')
    await stage.clients.glue.send(new DeletePartitionCommand({ DatabaseName, TableName: table, PartitionValues }));
  else {
    const storage = glueStorage(declared, `s3://${LAKE_BUCKET}/v1/live/${table}/dt=${dt}/`);
    await stage.clients.glue.send(
      new UpdatePartitionCommand({ ...target, PartitionInput: { Values: [dt], StorageDescriptor: storage } }),
    );
  }
}

const count = async (relation: string): Promise<number> => {
  const { rows } = await stage.trino.query(`select count(*) from ${relation}`, {
    schema: stage.environment.DATABASE ?? '',
  });
  return Number(rows[0]?.[0]);
};

/** The day that most events are of. */
const DAY = '2025-03-09';

/** Of mail that nothing else is about. */
const SENT_AT = Date.parse('2025-02-01');
/** An hour in which nothing else lies. */
const POISON = '2025/02/01/12';
/** Gone before it is read, and there again. */
const BACK = 'raw/2025/03/14/12/back.json';

describe('the packages, with the environment of the graph', () => {
  test('plan and transform read all there is, in both lanes, although units die, and are split down to one object', async () => {
    for (const name of ['a', 'b']) {
      const young = sesSend({ messageId: `young ${name}`, sentAt: Date.now() });
      await raw.create(`raw/${thisHour()}/${name}.json`, JSON.stringify(young));
      const old = sesSend({ messageId: `poison ${name}`, sentAt: SENT_AT });
      await raw.create(`raw/${POISON}/${name}.json`, JSON.stringify(old));
    }
    await invoke('plan', { reach: 'all' });
    const live = await receive('LIVE_QUEUE_URL', 10);
    const backfill = await receive('BACKFILL_QUEUE_URL', 10);
    // Three tries have failed: of a unit of two objects in each lane, and of one of the halves that it is split into.
    expect(live).toHaveLength(1);
    for (const unit of unitsOf(live)) await fail(unit);
    const poison = unitsOf(backfill.filter(({ body }) => body.includes(POISON)));
    expect(poison).toHaveLength(1);
    for (const unit of poison.flatMap((whole) => [whole, `${whole}a`])) await fail(unit);
    functionOf('transform').gateway.inject(
      refuseJson(first(1, call('BatchCreatePartition')), 400, 'AlreadyExistsException'),
    );
    for (const { body, taken } of [...live, ...backfill]) {
      expect(await invoke('transform', batchOf(body))).toEqual({ batchItemFailures: [] });
      await taken();
    }
    await transformAll();
    expect(await keys('v1/state/splits/')).toHaveLength(2);
    expect(await count("quarantine where reason = 'poison'")).toBe(1);
    expect(await count('events')).toBeGreaterThan(200);
    // Only the halves of the live unit say how late mail is.
    expect(
      functionOf('transform')
        .logs()
        .match(/"LagSeconds":\d/g),
    ).toHaveLength(2);
  });

  test('a unit whose message got lost is queued again after an hour', async () => {
    await raw.create(
      'raw/2025/03/11/12/lost.json',
      JSON.stringify(sesSend({ messageId: 'lost', sentAt: Date.parse('2025-03-11') })),
    );
    await raw.create(`raw/${thisHour()}/lost.json`, JSON.stringify(sesSend({ messageId: 'lost too' })));
    await invoke('plan', { reach: 'all' });
    for (const queue of ['BACKFILL_QUEUE_URL', 'LIVE_QUEUE_URL'])
      for (const { taken } of await receive(queue, 10)) await taken();
    await invoke('plan', { reach: 'tick' }, 2 * HOUR_MS);
    const before = drainedMessages;
    await transformAll();
    expect(drainedMessages - before).toBe(2);
  });

  test('settle hands out the days, each is settled by a query, and rollup hands out the send days', async () => {
    const before = await count('events');
    await invoke('settle', {});
    expect(await work('settle-day', 'SETTLE_QUEUE_URL')).toBeGreaterThan(5);
    const settled = await keys('v1/state/generations/');
    expect(settled.length).toBeGreaterThan(5);
    expect(await count('events')).toBeLessThanOrEqual(before);
    await invoke('rollup', { reach: 'all' });
    expect(await work('rollup-days', 'ROLLUP_QUEUE_URL')).toBeGreaterThan(0);
    expect(await count('recipient_messages')).toBeGreaterThan(60);
  });

  test('what came late is taken in, and readers who are pointed elsewhere are pointed back', async () => {
    const sentAt = Date.parse(`${DAY}T10:00:00Z`);
    await raw.create('raw/2025/03/12/12/late.json', JSON.stringify(sesSend({ messageId: 'late', sentAt })));
    await invoke('plan', { reach: 'all' }, DAY_MS);
    await transformAll(DAY_MS);
    await misplace('events', DAY, 'elsewhere');
    await misplace('headers', DAY, 'gone');
    await invoke('settle', {}, 26 * HOUR_MS);
    await work('settle-day', 'SETTLE_QUEUE_URL', 26 * HOUR_MS);
    await invoke('rollup', { reach: 'all' }, 26 * HOUR_MS);
    await work('rollup-days', 'ROLLUP_QUEUE_URL', 26 * HOUR_MS);
    await misplace('recipient_messages', DAY, 'elsewhere');
    await invoke('rollup', { reach: 'all' }, 26 * HOUR_MS);
    await work('rollup-days', 'ROLLUP_QUEUE_URL', 26 * HOUR_MS);
    expect(await count("recipient_messages where message_id = 'late'")).toBe(1);
    const healed = (await keys(`v1/state/heals/dt=${DAY}/`)).map((key) => key.split('/')[4]);
    expect(healed).toEqual(['events', 'recipient_messages']);
  });

  test('replay has read again what was poison, and what came back after it was gone', async () => {
    const text = JSON.stringify(sesSend({ messageId: 'back', sentAt: SENT_AT }));
    await raw.create(BACK, text);
    await invoke('plan', { reach: 'all' }, 26 * HOUR_MS);
    await raw.remove(BACK);
    await transformAll(26 * HOUR_MS);
    await raw.create(BACK, text);
    expect(await invoke('replay', {}, 26 * HOUR_MS)).toMatchObject({ objects: 2 });
    await transformAll(26 * HOUR_MS);
    expect(await keys('v1/state/replays/')).toHaveLength(1);
    const before = await count('events');
    await invoke('settle', {}, 60 * HOUR_MS);
    await work('settle-day', 'SETTLE_QUEUE_URL', 60 * HOUR_MS);
    await invoke('rollup', { reach: 'all' }, 60 * HOUR_MS);
    await work('rollup-days', 'ROLLUP_QUEUE_URL', 60 * HOUR_MS);
    expect(await count('events')).toBe(before + 2);
  });

  test('collect removes what is superseded, and audit finds nothing but what is lost, which a person acknowledges', async () => {
    await misplace('events', DAY, 'elsewhere');
    await misplace('clicks', DAY, 'gone');
    const live = await keys('v1/live/events/');
    await invoke('collect', {}, 60 * HOUR_MS);
    await invoke('collect', {}, 90 * HOUR_MS);
    expect((await keys('v1/live/events/')).length).toBeLessThan(live.length);
    expect((await keys(`v1/settled/events/dt=${DAY}/`)).every((key) => key.includes('/1-'))).toBe(true);
    const gone = { kind: 'source_missing', key: BACK };
    expect(await invoke('audit', { reach: 'all' }, 90 * HOUR_MS)).toMatchObject({ drifts: [gone] });
    expect((await keys('v1/state/closed/')).length).toBeGreaterThan(0);
    const [lost = ''] = await keys(`v1/settled/headers/dt=${DAY}/`);
    await lake.remove(lost);
    // Another audit has registered the day of its report meanwhile.
    functionOf('audit').gateway.inject(
      refuseJson(first(1, call('BatchCreatePartition')), 400, 'AlreadyExistsException'),
    );
    expect(await invoke('audit', { reach: 'all' }, 5 * DAY_MS)).toMatchObject({ drift_count: 2 });
    await invoke('audit', { reach: 'all', acknowledge: true }, 5 * DAY_MS);
    expect(await invoke('audit', { reach: 'daily' }, 5 * DAY_MS)).toMatchObject({ drift_count: 0 });
  });

  test('rebuild has all read again, switches readers when it is told to, and gives them back what they had', async () => {
    const at = 4 * DAY_MS;
    const move = (event: object) => invoke('rebuild', event, at);
    expect(await move({ do: 'begin' })).toMatchObject({ rebuild: 0, is: 'reading' });
    await transformAll(at);
    expect(await move({ do: 'go on' })).toMatchObject({ is: 'making days' });
    await work('settle-day', 'SETTLE_QUEUE_URL', at);
    expect(await move({ do: 'go on' })).toMatchObject({ is: 'rolling up' });
    await work('rollup-days', 'ROLLUP_QUEUE_URL', at);
    expect(await move({ do: 'go on' })).toMatchObject({ is: 'made', left: 0 });
    const before = await count('events');
    expect(await move({ do: 'switch', rebuild: 0 })).toMatchObject({ is: 'switched', left: 0 });
    await work('rollup-days', 'ROLLUP_QUEUE_URL', at);
    expect(await count('events')).toBe(before);
    expect(await invoke('audit', { reach: 'all' }, at)).toMatchObject({ rebuilds: [{ rebuild: 0 }] });
    expect(await move({ do: 'back', rebuild: 0 })).toMatchObject({ is: 'going back' });
    // Its former file was lost before.
    await settleAllBut('headers', DAY, at);
    expect(await move({ do: 'back', rebuild: 0 })).toMatchObject({ left: 1 });
    await work('rollup-days', 'ROLLUP_QUEUE_URL', at);
    expect(await count('events')).toBe(before);
  });

  test('erase forgets a person: their rows go from the tables, and its answer names nobody', async () => {
    const at = 4 * DAY_MS;
    const { rows } = await stage.trino.query(
      "select recipient_key from events where recipient_key like '%_@_%' group by 1 order by count(*) desc, 1 limit 1",
      { schema: stage.environment.DATABASE ?? '' },
    );
    const person = String(rows[0]?.[0]);
    const ofPerson = (): Promise<number> => count(`events where recipient_key = '${person}'`);
    const before = await ofPerson();
    expect(before).toBeGreaterThan(0);
    const asked = await invoke('erase', { do: 'ask', recipients: [person.toUpperCase()] }, at);
    expect(asked).toMatchObject({ erasure: 0, ended_at: null });
    // Who had no answer asks again.
    expect(await invoke('erase', { do: 'ask', recipients: [person] }, at)).toMatchObject({ erasure: 0 });
    const looked = await invoke('erase', { do: 'go on' }, at);
    expect(looked).toMatchObject({ left: 0, waiting: 0, ended_at: expect.any(Number), rows: { events: before } });
    expect(await ofPerson()).toBe(0);
    expect(JSON.stringify(looked)).not.toContain(person);

    // From raw data they go when that is asked for, and nobody takes it for a change that nobody knows of.
    const were = await rawTexts();
    const find = addressFinder([person]);
    const naming = [...were].filter(([, text]) => find(text).length > 0).map(([key]) => key);
    expect(naming.length).toBeGreaterThan(0);
    const drifts = async (): Promise<unknown> => {
      const report = await invoke('audit', { reach: 'all' }, at);
      return report instanceof Object && 'drifts_by_kind' in report ? report.drifts_by_kind : null;
    };
    const known = await drifts();
    expect(await invoke('erase', { do: 'raw' }, at)).toMatchObject({ raw: { is_under_way: true, searched: 0 } });
    const gone = await invoke('erase', { do: 'go on' }, at);
    // Of the object that an earlier test's reader died of nobody knows what is in it.
    const left = [{ key: expect.stringMatching(/a\.json$/), why: expect.stringContaining('died of it') }];
    expect(gone).toMatchObject({ raw: { is_under_way: false, rewritten: naming.sort(), left, older_versions: 0 } });
    expect(JSON.stringify(gone)).not.toContain(person);
    const after = await rawTexts();
    expect([...after].filter(([, text]) => find(text).length > 0)).toEqual([]);
    for (const [key, text] of were) if (!naming.includes(key)) expect(after.get(key)).toBe(text);
    expect(await drifts()).toEqual(known);

    // A copy that comes afterwards is kept out as it is read.
    const copy = { messageId: 'copy', sentAt: Date.parse(`${DAY}T10:00:00Z`), to: [person] };
    await raw.create('raw/2025/03/12/13/copy.json', JSON.stringify(sesSend(copy)));
    await invoke('plan', { reach: 'all' }, at);
    await transformAll(at);
    expect(await count("events where message_id = 'copy'")).toBe(0);
    expect(await drifts()).toEqual(known);
  });

  test('who may see no persons reads the same numbers after each rollup, and has rights to nothing else', async () => {
    const { bucket = '' } = JSON.parse(functionOf('rollup-days').variables.COPIES ?? '{}');
    const copies = new S3Store({ client: stage.clients.s3, bucket });
    await copies.create('copies/a_view_of_before/0/1/part', 'x');
    areCopiesMade = true;
    await invoke('rollup', { reach: 'all' }, 4 * DAY_MS);
    await work('rollup-days', 'ROLLUP_QUEUE_URL', 4 * DAY_MS);
    areCopiesMade = false;
    expect((await Array.fromAsync(copies.list('copies/'))).map(({ key }) => key).join()).not.toContain('of_before');
    const { DATABASE: schema = '' } = stage.environment;
    const { database, tables } = glueInputs(stage.graph, 'WithoutPersonsDatabase');
    const open = tables.filter(({ TableType }) => TableType === 'VIRTUAL_VIEW');
    expect(open.length).toBeGreaterThan(35);
    const withRows: string[] = [];
    for (const { Name = '', StorageDescriptor } of open) {
      // Some count seconds until now, some are estimates.
      const columns = StorageDescriptor?.Columns?.flatMap(({ Name: column = '' }) =>
        /lag_seconds$/.test(column) || ESTIMATES.test(column) ? [] : [`"${column}"`],
      );
      const lines = async (of: string): Promise<string[]> => {
        const { rows } = await stage.trino.query(`select ${columns?.join(', ')} from ${Name}`, { schema: of });
        return rows.map((row) => JSON.stringify(row)).sort();
      };
      const found = await lines(database);
      if (found.length > 0) withRows.push(Name);
      expect(found, Name).toEqual(await lines(schema));
    }
    expect(withRows.length).toBeGreaterThan(25);
  });

  test('no function has logged an address of the data', () => {
    const find = addressFinder(addresses);
    expect(addresses.size).toBeGreaterThan(50);
    for (const [name, deployed] of stage.functions) expect(find(deployed.logs()), name).toEqual([]);
  });

  /** What raw objects hold, decompressed. */
  async function rawTexts(): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for await (const { key } of raw.list('raw/')) {
      texts.set(key, (await rawContent(await readBytes(raw, key))).toString('latin1'));
    }
    return texts;
  }

  test.each(['settle-day', 'rollup-days', 'replay', 'report'] as const)(
    '%s stops its query when its time is up',
    async (name) => {
      const sentAt = Date.parse(`${DAY}T11:00:00Z`);
      await raw.create(`raw/2025/03/13/12/${name}.json`, JSON.stringify(sesSend({ messageId: name, sentAt })));
      await invoke('plan', { reach: 'all' }, 5 * DAY_MS);
      await transformAll(5 * DAY_MS);
      const started = functionOf(name).gateway.queries;
      functionOf(name).gateway.inject(doom('hangs', call('StartQueryExecution')));
      const event = {
        'settle-day': batchOf(JSON.stringify({ table: 'events', dt: DAY })),
        'rollup-days': batchOf(JSON.stringify({ days: [DAY] })),
        replay: {},
        report: {},
      };
      const time = { remainingMs: 61_000, pace: 60 };
      const run = invoke(name, event[name], 5 * DAY_MS, time);
      if (name === 'replay' || name === 'report') await expect(run).rejects.toThrow(`${name} failed: Athena query`);
      else expect(await run).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
      // A report asks its first two questions at once.
      expect(functionOf(name).gateway.queries - started).toBe(name === 'report' ? 2 : 1);
    },
  );
});

test('report writes its page and mails it, but what another call is sending', async () => {
  functionOf('report').gateway.inject();
  await verifySender(inject('moto'), READERS.from);
  const bucket = stage.environment.REPORTS_BUCKET ?? '';
  const other = { request: 'another', begun_at: Date.now() };
  const reports = new S3Store({ client: stage.clients.s3, bucket });
  await reports.create(`mails/${DAY}T060000Z/try-0.json`, JSON.stringify(other));
  expect(await invoke('report', { due: `${DAY}T06:00:00Z` })).toMatchObject({ bucket, mail: 'being sent' });
  expect(await invoke('report', { due: `${DAY}T07:00:00Z` })).toMatchObject({ bucket, mail: 'sent' });
});

describe('tables and views of the graph', () => {
  test('all can be queried, and have their columns', async () => {
    const { database, tables } = glueInputs(stage.graph);
    expect(tables.length).toBeGreaterThan(40);
    for (const { Name, PartitionKeys, StorageDescriptor } of tables) {
      const needsDay = PartitionKeys?.some((key) => key.Name === 'generation')
        ? ` where dt = '${DAY}' and generation = '1-x'`
        : '';
      const { columns } = await stage.trino.query(`select * from ${Name}${needsDay} limit 0`, { schema: database });
      expect(
        columns.map(({ name }) => name),
        Name,
      ).toEqual([...(StorageDescriptor?.Columns ?? []), ...(PartitionKeys ?? [])].map((column) => column.Name));
    }
  });

  test('the views see what the functions wrote', async () => {
    expect(await count('deliverability_daily')).toBeGreaterThan(1);
    expect(await count(`message_timeline where message_id = 'late'`)).toBeGreaterThan(0);
    expect(await count('data_quality_daily')).toBeGreaterThan(0);
  });
});

describe('the policy of who may see no persons', () => {
  const decision = (action: string, resource: string) => {
    const { inputs } =
      ofType(stage.graph, 'aws:iam/policy:Policy').find(({ name }) => name === 'WithoutPersonsPolicy') ?? {};
    return decisionOf(textAt(inputs, 'policy'), { action, resource });
  };
  const inGlue = (rest: string): string => `arn:aws:glue:${REGION}:${ACCOUNT}:${rest}`;
  const decided = async (bucket: string, prefix: string): Promise<Set<string>> => {
    const found = await Array.fromAsync(new S3Store({ client: stage.clients.s3, bucket }).list(prefix));
    expect(found.length, prefix).toBeGreaterThan(0);
    return new Set(found.map(({ key }) => decision('s3:GetObject', `arn:aws:s3:::${bucket}/${key}`)));
  };

  test('allows the files of copies and of counts, and refuses all that hold persons', async () => {
    const { LAKE_BUCKET: lake = '', RAW_BUCKET: raw = '' } = stage.environment;
    const { bucket: results } = JSON.parse(functionOf('rollup-days').variables.COPIES ?? '');
    for (const prefix of ['v1/state/units/', 'v1/state/generations/', 'v1/state/audits/'])
      expect(await decided(lake, prefix)).toEqual(new Set(['allowed']));
    expect(await decided(results, 'copies/')).toEqual(new Set(['allowed']));
    for (const prefix of ['v1/live/', 'v1/settled/']) expect(await decided(lake, prefix)).toEqual(new Set(['refused']));
    expect(await decided(raw, 'raw/')).toEqual(new Set(['refused']));
    expect(await decided(results, 'pipeline/')).toEqual(new Set(['refused']));
    expect(await decided(lake, 'v1/state/plans/')).toEqual(new Set(['not allowed']));
  });

  test('allows every table and view of its database, and of the lake those that hold counts', () => {
    const allowed = (of: 'Database' | 'WithoutPersonsDatabase'): string[] => {
      const { database, tables } = glueInputs(stage.graph, of);
      return tables.flatMap(({ Name = '' }) =>
        decision('glue:GetTable', inGlue(`table/${database}/${Name}`)) === 'allowed' ? [Name] : [],
      );
    };
    expect(allowed('Database').sort()).toEqual(['audits', 'generations', 'units']);
    expect(allowed('WithoutPersonsDatabase')).toHaveLength(
      glueInputs(stage.graph, 'WithoutPersonsDatabase').tables.length,
    );
  });
});

describe("the functions' roles", () => {
  test.each(names)('%s asked for nothing that its role does not allow', (name) => {
    expect(functionOf(name).forbidden()).toEqual(new Set());
  });

  test.each(names)('%s may do what it did and what AWS does on its behalf, and no more', (name) => {
    const { needs, grants } = functionOf(name);
    const needed = needs();
    const behalf = onBehalf(name);
    const unused = grants.filter((grant) => !needed.some((need) => covers(grant, need)));
    const unexplained = unused.filter((grant) => !behalf.some(({ isMeant }) => isMeant(grant)));
    expect(unexplained.map(rightText)).toEqual([]);
    // And nothing is in the list that no role has.
    expect(behalf.filter(({ isMeant }) => !grants.some(isMeant)).map(({ why }) => why)).toEqual([]);
  });
});
