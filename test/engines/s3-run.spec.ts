/** `lake run --raw s3://…`: raw data in a bucket, a lake on this machine; against the same data from disk. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Store } from '#aws/s3-store.ts';
import { generate } from '#generate/index.ts';
import { concurrently } from '#lake/concurrently.ts';
import { TABLES } from '#lake/tables/index.ts';
import { openLake } from '#local/lake.ts';
import { type Folder, folder, type Ran } from '#test/cli/lake.ts';
import { type Account, openAccount } from './account.ts';
import { rawFiles } from './cloud-lake.ts';
import { first, refuse, s3 } from './faults.ts';
import { expectSameRows } from './same-rows.ts';

const PREFIX = 'firehose/mail/';

let account: Account;
let bucket: string;
let here: Folder;
let objects = 0;
/** what the run from disk said, and what the first run from S3 said */
const ran: Record<'disk' | 's3', Ran> = {
  disk: { code: null, stdout: '', stderr: '' },
  s3: { code: null, stdout: '', stderr: '' },
};

beforeAll(async () => {
  account = await openAccount();
  const { clients, gateway } = account;
  bucket = `r${randomBytes(5).toString('hex')}`;
  await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  here = folder({ AWS_ENDPOINT_URL: gateway.address, AWS_EC2_METADATA_DISABLED: 'true', NO_COLOR: '1' });
  const made = here.at('made');
  await generate({ out: made, messages: 150, days: 3, seed: 12, dirty: true, dates: 5, end: '2025-03-10' });
  const files = await rawFiles(made);
  objects = files.length;
  await concurrently(files, 8, async ({ key, bytes }) => {
    await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: PREFIX + key, Body: bytes }));
  });
  // Beside the folder: never to be read.
  await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'firehose/mailx', Body: '{"other":1}' }));
  const times = new Map<string, number>();
  const store = new S3Store({ client: clients.s3, bucket });
  for await (const { key, modified } of store.list('')) times.set(key, modified);
  for (const { key, bytes } of files) {
    const path = join(here.at('raw'), key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    // An object whose name tells no time was delivered when it was put.
    const modified = (times.get(PREFIX + key) ?? 0) / 1000;
    utimesSync(path, modified, modified);
  }
  ran.disk = await here.lake('run', '--raw', 'raw', '--lake', 'disk', '--json');
  gateway.passed.length = 0;
  ran.s3 = await here.lake('run', '--raw', `s3://${bucket}/firehose/mail`, '--lake', 's3', '--json');
});
afterAll(async () => {
  await account?.close();
  await here?.remove();
});

const summary = ({ stdout }: Ran): Record<string, unknown> => {
  const { seconds: _, ...rest } = JSON.parse(stdout);
  return rest;
};
/** What stderr has beside the lines of progress. */
const said = ({ stderr }: Ran): string => stderr.replace(/^(transform|settle|rollup) +\d.*\n/gm, '');
const raw = (): string => `s3://${bucket}/${PREFIX}`;
const requests = (): string[] =>
  account.gateway.passed
    .filter(({ service, path }) => service === 'S3' && path.startsWith(`/${bucket}`))
    .map(({ operation, path }) => `${operation} ${path}`);

describe('a run from S3', () => {
  test('says what a run over the same data from disk says', () => {
    expect([ran.disk.code, ran.s3.code]).toEqual([0, 0]);
    expect(summary(ran.s3)).toEqual(summary(ran.disk));
    expect(summary(ran.s3)).toMatchObject({ objects, known_objects: 0, missing_objects: [], poison_objects: [] });
  });

  /** What tells of the runs and not of the data. */
  const OF_THE_RUN = ['as_of', 'started_at', 'finished_at', 'created_at', 'location', 'bytes', 'raw_prefix'];

  test.each(Object.keys(TABLES).filter((name) => name !== 'audits'))('makes the same rows in %s', async (name) => {
    const tables = await Promise.all(
      ['s3', 'disk'].map(async (lake) => {
        const opened = await openLake({ lake: here.at(lake) });
        const found = await opened.engine.query(`select * from ${name}`);
        await opened.close();
        const at = found.columns.findIndex((column) => column.name === 'source_key');
        for (const row of found.rows) if (at >= 0 && lake === 'disk') row[at] = `${PREFIX}${row[at]}`;
        return found;
      }),
    );
    const [found, expected] = tables;
    if (!found || !expected) throw new Error('no tables');
    if (name === 'events') expect(found.rows.length).toBeGreaterThan(300);
    expectSameRows(found, expected, { without: OF_THE_RUN });
  });

  test('only lists the folder and gets each object once; nothing is written, nothing else is read', () => {
    const asked = requests();
    expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([]);
    const lists = asked.filter((request) => request.includes('list-type=2'));
    expect(lists.every((request) => request.includes(`prefix=${PREFIX}`))).toBe(true);
    expect(lists.length).toBeLessThan(5);
    expect(asked.length - lists.length).toBe(objects);
    expect(asked.filter((request) => !request.includes(PREFIX))).toEqual([]);
  });

  test('says how it gets on, and nothing of what objects hold', () => expect(said(ran.s3)).toBe(''));

  test('run again says that there is nothing new, by whatever name the folder goes', async () => {
    for (const name of [raw(), raw().slice(0, -1)]) {
      const again = await here.lake('run', '--raw', name, '--lake', 's3');
      expect(again.stdout).toContain(`Nothing new: ${objects} objects were already in the lake.`);
      expect(again.code).toBe(0);
    }
    expect(JSON.parse(readFileSync(here.at('s3/raw-folder.json'), 'utf8'))).toEqual({ folder: raw() });
  });

  test('audit, quarantine --replay and the steps one by one read S3, too', async () => {
    const audit = await here.lake('audit', '--raw', raw(), '--lake', 's3', '--json');
    const fromDisk = await here.lake('audit', '--raw', 'raw', '--lake', 'disk', '--json');
    expect(audit.code).toBe(fromDisk.code);
    expect(JSON.parse(audit.stdout)).toMatchObject({
      raw_objects: objects,
      drifts: JSON.parse(fromDisk.stdout).drifts,
    });
    writeFileSync(here.at('s3/settings.json'), '{"limits":{"depth":100}}');
    const replay = await here.lake('quarantine', '--replay', '--raw', raw(), '--lake', 's3', '--json');
    expect(said(replay)).toBe('');
    expect(JSON.parse(replay.stdout)).toMatchObject({ unavailable_objects: [], missing_objects: [] });
    expect(JSON.parse(replay.stdout).replayed).toBeGreaterThan(0);
    rmSync(here.at('s3/settings.json'));

    const steps = ['--raw', raw(), '--lake', 'steps', '--json'];
    expect(JSON.parse((await here.lake('plan', ...steps)).stdout)).toMatchObject({ objects });
    expect(JSON.parse((await here.lake('transform', ...steps)).stdout)).toMatchObject({ objects });
  });

  test('killed in its middle it completes when it is run again', async () => {
    for (const seen of ['v1/state/plans', 'v1/state/tries', 'v1/state/units', 'v1/state/generations']) {
      const { process: running, ended } = here.start('run', '--raw', raw(), '--lake', 'killed', '--json');
      const until = Date.now() + 60_000;
      while (!existsSync(here.at(`killed/${seen}`)) && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      running.kill('SIGKILL');
      await ended;
    }
    const last = await here.lake('run', '--raw', raw(), '--lake', 'killed', '--json');
    expect([last.code, said(last)]).toEqual([0, '']);
    expect((await here.lake('audit', '--raw', raw(), '--lake', 'killed')).code).toBe(0);
    const opened = await Promise.all(['killed', 'disk'].map((lake) => openLake({ lake: here.at(lake) })));
    const sql = 'select count(*), count(distinct event_id), min(occurred_at), max(occurred_at) from events';
    const [killed, disk] = await Promise.all(opened.map(({ engine }) => engine.query(sql)));
    for (const { close } of opened) await close();
    expect(killed).toEqual(disk);
  });
});

describe('what goes wrong is said in words', () => {
  const run = (name: string): Promise<Ran> => here.lake('run', '--raw', name, '--lake', 'wrong');

  test('no such bucket, an empty folder: exit code 2', async () => {
    const nowhere = await run('s3://no-such-bucket-here/raw');
    expect(nowhere.stderr).toMatch(/^error: --raw: there is no bucket no-such-bucket-here: .*\n$/);
    const empty = await run(`s3://${bucket}/firehose/mai`);
    expect(empty.stderr).toContain(`--raw: nothing lies in s3://${bucket}/firehose/mai/`);
    expect([nowhere.code, empty.code]).toEqual([2, 2]);
    expect(existsSync(here.at('wrong'))).toBe(false);
  });

  test('no credentials: exit code 1', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: '/nowhere', AWS_PROFILE: '' };
    const without = folder({ ...env, AWS_ENDPOINT_URL: account.gateway.address, AWS_EC2_METADATA_DISABLED: 'true' });
    const { code, stderr } = await without.lake('run', '--raw', raw());
    await without.remove();
    expect(stderr).toMatch(/^error: no AWS credentials for s3:\/\/\w+\/firehose\/mail\/: set AWS_PROFILE, .*\n$/);
    expect(code).toBe(1);
  });

  test('access denied to the bucket, or to an object: exit code 1, and the rest is done', async () => {
    account.gateway.inject(refuse(s3('GET', 'list-type=2'), 403, 'AccessDenied'));
    const list = await run(raw());
    expect(list.stderr).toBe(
      `error: access denied to ${raw()}: allow s3:ListBucket, or take other credentials with AWS_PROFILE (AccessDenied)\n`,
    );
    expect(list.code).toBe(1);

    const { key } = (await rawFiles(here.at('made')))[0] ?? { key: '' };
    account.gateway.inject(refuse(s3('GET', `/${bucket}/${PREFIX}${key}`), 403, 'AccessDenied'));
    const get = await run(raw());
    account.gateway.inject();
    expect(get.stderr).toContain(`failed: access denied to ${raw()}${key}: allow s3:GetObject, `);
    expect(get.code).toBe(1);
    expect(JSON.parse((await here.lake('run', '--raw', raw(), '--lake', 'wrong', '--json')).stdout)).toMatchObject({
      poison_objects: [],
      missing_objects: [],
    });
  });

  test('throttling and errors of S3 that pass are waited out, and nobody notices', async () => {
    account.gateway.inject(
      refuse(first(2, s3('GET', 'list-type=2')), 503, 'SlowDown'),
      refuse(first(3, s3('GET', PREFIX)), 500, 'InternalError'),
    );
    const slow = await here.lake('run', '--raw', raw(), '--lake', 'slow', '--json');
    account.gateway.inject();
    expect([slow.code, said(slow)]).toEqual([0, '']);
    expect(summary(slow)).toMatchObject({ objects });
  });

  test('a lake in S3, another bucket, a folder after a bucket: exit code 2', async () => {
    for (const [args, says] of [
      [['run', '--raw', raw(), '--lake', 's3://b/lake'], '--lake: s3://b/lake is no folder of this machine'],
      [['query', 'select 1', '--lake', 's3://b/lake'], '--lake: s3://b/lake is no folder of this machine'],
      [['run', '--raw', 's3:/bucket', '--lake', 's3'], '--raw: s3:/bucket is no address of a bucket'],
      [['audit', '--raw', 's3://another/raw', '--lake', 's3'], `is filled from another folder: ${raw()}`],
      [['run', '--raw', 'raw', '--lake', 's3'], `is filled from another folder: ${raw()}`],
    ] as const) {
      const { code, stdout, stderr } = await here.lake(...args);
      expect(stderr).toContain(says);
      expect([code, stdout]).toEqual([2, '']);
    }
  });
});
