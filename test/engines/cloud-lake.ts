/** A deployed lake on the loopback account: buckets, tables, views, queues and the functions' environment. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { CLOUD_SETTINGS, type EnvironmentVariables } from '#aws/environment.ts';
import { S3Store } from '#aws/s3-store.ts';
import { loadSql } from '#host/sql-folder.ts';
import { concurrently } from '#lake/concurrently.ts';
import type { QueryResult, StoredObject } from '#lake/ports.ts';
import type { Settings } from '#lake/settings.ts';
import { type Account, makeQueue, makeViews, openAccount } from './account.ts';
import type { Addresses } from './engines.ts';

/** Folders by day, not by hour: as many units as the days, which makes the tests short. */
export const SETTINGS: Settings = { ...CLOUD_SETTINGS, rawTemplate: 'raw/{yyyy}/{MM}/{dd}/' };

export interface CloudLake {
  account: Account;
  queues: { live: string; backfill: string; settle: string; rollup: string };
  rawBucket: string;
  raw: S3Store;
  lake: S3Store;
  /** puts a file's bytes where Firehose would */
  put(key: string, bytes: Uint8Array): Promise<void>;
  rawObjects(): Promise<StoredObject[]>;
  /** as an analyst asks, through Athena's API */
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

/** The version of the code, as far as a stage says it. */
export const VERSION = 'abc123';

/** @param at where the account is; tests are told */
export async function cloudLake(settings: Settings = SETTINGS, at?: Addresses): Promise<CloudLake> {
  const account = await openAccount(at);
  const { clients, database, bucket, gateway } = account;
  const rawBucket = `${bucket}-raw`;
  await clients.s3.send(new CreateBucketCommand({ Bucket: rawBucket }));
  await makeViews(account, (await loadSql(join(process.cwd(), 'sql'))).views);
  const queues = {
    live: await makeQueue(account),
    backfill: await makeQueue(account),
    settle: await makeQueue(account),
    rollup: await makeQueue(account),
  };
  const variables: EnvironmentVariables = {
    RAW_BUCKET: rawBucket,
    OTHER_RAW_BUCKETS: '{}',
    LAKE_BUCKET: bucket,
    REPORTS_BUCKET: bucket,
    DATABASE: database,
    WORKGROUP: 'settle',
    LIVE_QUEUE_URL: queues.live,
    BACKFILL_QUEUE_URL: queues.backfill,
    SETTLE_QUEUE_URL: queues.settle,
    ROLLUP_QUEUE_URL: queues.rollup,
    LAKE_VERSION: VERSION,
    LAKE_SETTINGS: JSON.stringify(settings),
    ERASES_RAW: 'false',
    RETENTION: '{}',
    DASHBOARD: 'null',
    COPIES: 'null',
    REPORT: 'null',
    APP: 'maillake',
    STAGE: 'test',
  };
  Object.assign(process.env, variables, { AWS_ENDPOINT_URL: gateway.address });
  const engine = new AthenaEngine({ ...clients, database, workgroup: 'analysts', bucket });
  const raw = new S3Store({ client: clients.s3, bucket: rawBucket });
  return {
    account,
    queues,
    rawBucket,
    raw,
    lake: new S3Store({ client: clients.s3, bucket }),
    async put(key, bytes) {
      await clients.s3.send(new PutObjectCommand({ Bucket: rawBucket, Key: key, Body: bytes }));
    },
    rawObjects: () => Array.fromAsync(raw.list('')),
    query: (sql) => engine.query(sql),
    close: () => account.close(),
  };
}

/** The files of a folder of raw data under the keys that `SETTINGS` expects: all in a folder of their day. */
export async function rawFiles(folder: string): Promise<{ key: string; bytes: Uint8Array }[]> {
  const paths = await readdir(folder, { recursive: true, withFileTypes: true });
  return paths
    .filter((path) => path.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const inside = path.slice(folder.length + 1);
      const [, before = '', day = '2025/03/10', rest = inside] =
        /^(.*?)\/?(\d{4}\/\d\d\/\d\d)\/(.*)$/.exec(inside) ?? [];
      const own = before === '' ? rest : `${before}/${rest}`;
      return { key: `raw/${day}/${own}`, bytes: readFileSync(path) };
    });
}

/** The key of a stage, whose folders are by the hour: one hour a day, so that there are as many units as days. */
export const atNoon = (key: string): string => key.replace(/^raw\/(\d{4}\/\d\d\/\d\d)\//, 'raw/$1/12/');

export const putAll = async (lake: CloudLake, files: readonly { key: string; bytes: Uint8Array }[]): Promise<void> =>
  void (await concurrently(files, 8, ({ key, bytes }) => lake.put(key, bytes)));
