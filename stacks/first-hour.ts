/**
 * The first hour in an account: asks a deployed stage what no test without an account can show, one thing after another, and
 * says of each whether it holds. It reads, and writes only below `analysts/first-hour/` of the results bucket.
 *
 * `npm run first-hour -- --stage production`, after `sst deploy` of that stage, with an administrator's credentials
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DescribeDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { type GlueClient, paginateGetTables } from '@aws-sdk/client-glue';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetBucketLifecycleConfigurationCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { connect } from '#aws/clients.ts';
import { connectS3 } from '#aws/s3-client.ts';
import { S3Store } from '#aws/s3-store.ts';
import { nameOf } from '#aws/stage-names.ts';
import { systemClock } from '#host/clock.ts';
import { concurrently } from '#lake/concurrently.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import type { Engine, StoredObject } from '#lake/ports.ts';
import { liveRoot } from '#lake/protocol/keys.ts';
import { hourOfPrefix, rawPrefixes } from '#lake/protocol/raw-prefixes.ts';
import type { RawSource } from '#lake/protocol/raw-sources.ts';
import { events } from '#lake/tables/index.ts';
import type { EventType } from '#lake/vocabulary.ts';
import { config } from '../maillake.config.ts';
import { configOf, type SES_EVENTS, type StageConfig, settingsOf } from './config.ts';
import type { LambdaName } from './spec/lambdas.ts';
import { ANALYST_RESULTS } from './spec/permissions.ts';
import { rootOf } from './spec/raw-folders.ts';

/** A raw bucket, as the planner looks at it. */
export interface RawBucket extends Omit<RawSource, 'mount'> {
  bucket: string;
  /** of the bucket's region */
  s3: S3Client;
}

/** How S3 or Firehose says that it encrypts: `AES256`, `aws:kms`, `AWS_OWNED_CMK`, … */
export interface Encryption {
  by: string;
  key: string | null;
}

export interface DeployedLake {
  s3: S3Client;
  glue: GlueClient;
  /** of the analysts' workgroup */
  engine: Pick<Engine, 'query' | 'write'>;
  /** the first one first */
  raws: readonly RawBucket[];
  /** how Firehose encrypts what waits in it, and fills the first raw bucket; null: that is yours */
  waiting: (() => Promise<Encryption>) | null;
  /** what a configuration set of the stage tells of; none where SES is left alone */
  published: readonly (typeof SES_EVENTS)[number][];
  lake: string;
  results: string;
  reports: string;
  database: string;
  kmsKeyArn: string | null;
  /** days after which raw objects expire; null: they don't, or the bucket is not the stage's own */
  rawDays: number | null;
  /** what a function answers. @throws Error with what it failed with */
  call(name: LambdaName, event: object): Promise<unknown>;
  now: number;
  nonce: string;
}

/** `later`: there is nothing yet to look at */
export type Verdict = { is: 'holds' | 'differs' | 'later'; what: string };

export interface Check {
  name: string;
  expects: string;
  look(stage: DeployedLake): Promise<Verdict>;
}

const holds = (what: string): Verdict => ({ is: 'holds', what });
const differs = (what: string): Verdict => ({ is: 'differs', what });
const later = (what: string): Verdict => ({ is: 'later', what });

const STATUS = { do: 'status' } as const;

export const CHECKS: readonly Check[] = [
  {
    name: 'raw objects',
    expects:
      'each source has objects of the last days where its template finds them; Firehose names them by their time',
    async look({ raws, waiting, now }) {
      return together(await Promise.all(raws.map((raw, i) => lookAtRaw(raw, now, waiting !== null && i === 0))));
    },
  },
  {
    name: 'mail of the simulator',
    expects:
      'what SES publishes of the mails to its simulator is in the table: send, delivered, hard_bounce, complaint',
    async look({ engine, published, now }) {
      const expected = published.flatMap((event) => SIMULATED[event] ?? []);
      if (expected.length === 0) return later('the stage publishes no such events');
      const { rows } = await engine.query(
        `select event_type, count(*) from events where dt >= '${utcDate(now - 2 * DAY_MS)}' and recipient_domain = '${SIMULATOR}' group by event_type order by event_type`,
      );
      if (rows.length === 0) return later(`no event of mail to ${SIMULATOR} since yesterday: send it, and wait`);
      const missing = expected.filter((type) => !rows.some(([found]) => found === type));
      const found = rows.map(([type, count]) => `${count} ${type}`).join(', ');
      return missing.length === 0 ? holds(found) : differs(`${found}, and no ${missing.join(', ')}`);
    },
  },
  {
    name: 'only the pipeline writes the lake',
    expects: 'an administrator who puts an object into the lake is denied by the bucket policy',
    look: ({ s3, lake, nonce }) =>
      refused(
        () => s3.send(new PutObjectCommand({ Bucket: lake, Key: `v1/live/first-hour-${nonce}`, Body: 'x' })),
        403,
      ),
  },
  {
    name: 'conditional writes',
    expects: 'a second create-only write of a key is refused with 412',
    async look({ s3, results, nonce }) {
      const request = { Bucket: results, Key: `${folderOf(nonce)}once`, Body: 'x', IfNoneMatch: '*' };
      await s3.send(new PutObjectCommand(request));
      return refused(() => s3.send(new PutObjectCommand(request)), 412);
    },
  },
  {
    name: 'raw data expires',
    expects: 'S3 has the rule that lets objects below raw/ expire after retention.rawDays',
    async look({ s3, raws: [raw], rawDays }) {
      if (rawDays === null) return later('no retention.rawDays, or the bucket is yours: nothing of it is changed');
      const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: raw?.bucket }));
      const days = Rules.filter(({ Status }) => Status === 'Enabled').flatMap(
        ({ Expiration }) => Expiration?.Days ?? [],
      );
      return (days.includes(rawDays) ? holds : differs)(`rules after ${days.join(', ') || 'no'} days`);
    },
  },
  {
    name: 'functions',
    expects: 'rebuild and erase say where they are: functions start, and read the lake’s state under their roles',
    async look({ call }) {
      const [rebuild, erase] = await Promise.all([call('rebuild', STATUS), call('erase', STATUS)]);
      return holds(`rebuild ${JSON.stringify(rebuild)}, erase ${JSON.stringify(erase)}`);
    },
  },
  {
    name: 'views',
    expects: 'Athena reads every view',
    async look({ engine, glue, database }) {
      const broken: string[] = [];
      const views = await viewsOf(glue, database);
      await concurrently(views, 4, (view) =>
        engine
          .query(`select * from "${view}" limit 1`)
          .catch((error: unknown) => broken.push(`${view}: ${said(error)}`)),
      );
      return broken.length > 0 || views.length === 0
        ? differs(broken.join('; ') || 'the database has no views')
        : holds(`${views.length} views`);
    },
  },
  {
    name: 'encryption',
    expects:
      'what Firehose writes and keeps waiting, files of the lake, results of queries and reports are encrypted with the key of the config, or with AWS’s own',
    async look({ s3, raws: [raw], waiting, lake, results, reports, kmsKeyArn, now }) {
      const inBucket = (bucket: string, prefix: string) => new S3Store({ client: s3, bucket }).list(prefix);
      const newest = async (bucket: string, objects: AsyncIterable<StoredObject>): Promise<Encryption | null> => {
        const object = await newestOf(objects);
        return object ? encryptionOf(s3, bucket, object.key) : null;
      };
      // Of a bucket of yours nothing is asked: nothing about it is changed.
      const ofRaw = waiting && raw ? newest(raw.bucket, recentRaw(raw, now)) : null;
      return together(
        await Promise.all([
          judged('raw', ofRaw, kmsKeyArn),
          judged('Firehose', waiting?.() ?? null, kmsKeyArn),
          judged('lake', newest(lake, inBucket(lake, liveRoot(events.name))), kmsKeyArn),
          judged('results', newest(results, queryResults(inBucket(results, ANALYST_RESULTS))), kmsKeyArn),
          judged('reports', newest(reports, inBucket(reports, '')), kmsKeyArn),
        ]),
      );
    },
  },
  {
    name: 'times of units',
    expects: 'Athena reads the JSON table units, its times as timestamps',
    async look({ engine, now }) {
      const { rows } = await engine.query(
        `select cast(max(finished_at) as varchar), count(*) from units where dt >= '${utcDate(now - 7 * DAY_MS)}'`,
      );
      const [newest, count] = rows[0] ?? [];
      if (Number(count) === 0) return later('no unit of the last week');
      return (typeof newest === 'string' && newest.startsWith('20') ? holds : differs)(
        `${count} units, newest ${newest}`,
      );
    },
  },
  {
    name: 'live files by their path',
    expects: 'Athena’s partition projection finds the live files of a day',
    async look({ engine, now }) {
      const { rows } = await engine.query(
        `select count(*) from events_live where dt >= '${utcDate(now - DAY_MS)}' and dt <= '${utcDate(now)}'`,
      );
      return holds(`${rows[0]?.[0]} rows of yesterday and today`);
    },
  },
  {
    name: 'UNLOAD',
    expects: 'one row makes one Parquet file, and the manifest names it',
    look: (stage) => unload(stage, 'one', `select 'x' as a`, 1),
  },
  {
    name: 'UNLOAD of nothing',
    expects: 'no row makes no file, and no failure',
    look: (stage) => unload(stage, 'none', `select 'x' as a where 1 = 0`, 0),
  },
  {
    name: 'settle',
    expects: 'settle-day’s role may UNLOAD into the lake under its policy: a generation is there',
    async look({ engine }) {
      const { rows } = await engine.query('select count(*), count(distinct table_name) from generations');
      const [generations, tables] = rows[0] ?? [];
      return Number(generations) > 0
        ? holds(`${generations} generations of ${tables} tables`)
        : later('no day is settled yet: the first is, three hours after midnight UTC');
    },
  },
];

/** What a mail to an address of the simulator makes (Amazon SES Developer Guide, "Using the mailbox simulator"). */
const SIMULATED: { readonly [Event in (typeof SES_EVENTS)[number]]?: EventType } = {
  SEND: 'send',
  DELIVERY: 'delivered',
  BOUNCE: 'hard_bounce',
  COMPLAINT: 'complaint',
};
const SIMULATOR = 'simulator.amazonses.com';

/** Of several verdicts one: it differs if one of them does, and there is nothing to look at where none of them has anything. */
function together(verdicts: readonly Verdict[]): Verdict {
  const has = (what: Verdict['is']): boolean => verdicts.some(({ is }) => is === what);
  return {
    is: has('differs') ? 'differs' : has('holds') ? 'holds' : 'later',
    what: verdicts.map(({ what }) => what).join('; '),
  };
}

/** Raw objects of the last 8 days, where the template finds them; of any layout one object, as it may hold millions. */
async function* recentRaw({ s3, bucket, ...source }: RawBucket, now: number): AsyncGenerator<StoredObject> {
  const store = new S3Store({ client: s3, bucket });
  if (source.rawTemplate === null) yield* await firstOf(store.list(''));
  else for await (const prefix of rawPrefixes(store, { mount: '', ...source }, now, 'daily')) yield* store.list(prefix);
}

/** @param isFirehoses its objects are named by Firehose ("Amazon S3 object name format") */
async function lookAtRaw(raw: RawBucket, now: number, isFirehoses: boolean): Promise<Verdict> {
  const { s3, bucket, rawTemplate, objectNameOffsetHours } = raw;
  const newest = await newestOf(recentRaw(raw, now));
  if (newest) {
    const isAsTold = !isFirehoses || /-\d{4}(-\d\d){5}-[^/]+$/.test(newest.key);
    return (isAsTold ? holds : differs)(`${bucket}: newest ${newest.key}, ${newest.size} bytes`);
  }
  const root = rootOf(rawTemplate);
  const [first] = await firstOf(new S3Store({ client: s3, bucket }).list(root));
  if (!first) return later(`${bucket}: no raw object below "${root}" yet: send a mail, and wait for the buffer's time`);
  const folders = Array.from(first.key.matchAll(/\//g), ({ index }) => first.key.slice(0, index + 1));
  const isFound = folders.some((folder) => hourOfPrefix(rawTemplate ?? '', folder, objectNameOffsetHours) !== null);
  return isFound
    ? later(`${bucket}: nothing of the last 8 days; there is ${first.key}`)
    : differs(`${bucket}: the template finds no ${first.key}`);
}

async function firstOf<T>(all: AsyncIterable<T>): Promise<T[]> {
  for await (const one of all) return [one];
  return [];
}

/** What Athena wrote, and not this script. */
async function* queryResults(objects: AsyncIterable<StoredObject>): AsyncGenerator<StoredObject> {
  for await (const object of objects) if (!object.key.startsWith(FIRST_HOUR)) yield object;
}

async function encryptionOf(s3: S3Client, bucket: string, key: string): Promise<Encryption> {
  const { ServerSideEncryption, SSEKMSKeyId } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  return { by: ServerSideEncryption ?? 'none', key: SSEKMSKeyId ?? null };
}

/** By whose key a thing is encrypted, as the config has it. @param encryption null: there is nothing to look at */
async function judged(
  name: string,
  encryption: Promise<Encryption | null> | null,
  key: string | null,
): Promise<Verdict> {
  const found = await encryption;
  if (found === null) return later(`${name}: nothing yet, or it is yours`);
  const isAsTold = key === null ? BY_AWS.includes(found.by) : BY_YOURS.includes(found.by) && found.key === key;
  return (isAsTold ? holds : differs)(`${name}: ${found.by}${found.key === null ? '' : ` ${found.key}`}`);
}

/** S3's own words, and those of Firehose ("DeliveryStreamEncryptionConfiguration"). */
const BY_AWS: readonly string[] = ['AES256', 'AWS_OWNED_CMK'];
const BY_YOURS: readonly string[] = ['aws:kms', 'CUSTOMER_MANAGED_CMK'];

async function unload(
  { engine, nonce }: DeployedLake,
  name: string,
  select: string,
  expected: number,
): Promise<Verdict> {
  const written = await engine.write({
    table: events.name,
    select,
    inputs: [],
    location: `${folderOf(nonce)}${name}/`,
    partitioned: false,
  });
  return (written.length === expected ? holds : differs)(`${written.length} files`);
}

/** It is to be refused: by an answer with that status. */
async function refused(request: () => Promise<unknown>, status: number): Promise<Verdict> {
  try {
    await request();
    return differs('it was accepted');
  } catch (error) {
    const answered = statusOf(error);
    return (answered === status ? holds : differs)(`refused with ${answered ?? said(error)}`);
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata } = error;
  if (typeof $metadata !== 'object' || $metadata === null || !('httpStatusCode' in $metadata)) return undefined;
  return typeof $metadata.httpStatusCode === 'number' ? $metadata.httpStatusCode : undefined;
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const FIRST_HOUR = `${ANALYST_RESULTS}first-hour/`;
const folderOf = (nonce: string): string => `${FIRST_HOUR}${nonce}/`;

async function newestOf(objects: AsyncIterable<StoredObject>): Promise<StoredObject | undefined> {
  let newest: StoredObject | undefined;
  for await (const object of objects) if (!newest || object.modified > newest.modified) newest = object;
  return newest;
}

async function viewsOf(client: GlueClient, database: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { TableList = [] } of paginateGetTables({ client }, { DatabaseName: database })) {
    for (const { Name, TableType } of TableList) if (TableType === 'VIRTUAL_VIEW' && Name) names.push(Name);
  }
  return names.sort();
}

/** Looks at everything, prints a line each, and tells how many differ. */
export async function firstHour(stage: DeployedLake, print: (line: string) => void): Promise<number> {
  let different = 0;
  for (const { name, expects, look } of CHECKS) {
    const { is, what } = await look(stage).catch((error: unknown) => differs(said(error)));
    if (is === 'differs') different++;
    print(`${is.padEnd(8)} ${name}: ${what}${is === 'differs' ? `\n         expected: ${expects}` : ''}`);
  }
  return different;
}

interface Outputs extends Pick<DeployedLake, 'lake' | 'results' | 'reports' | 'database'> {
  raw: string;
  workgroup: string;
  /** none where the raw bucket is yours */
  firehose: string | null;
}

/** What `sst deploy` has printed, as SST keeps it. @throws Error if the stage has not been deployed from here */
function outputsOf(file: string): Outputs {
  const outputs: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
  const text = (name: string): string => {
    const value = outputs[name];
    if (typeof value !== 'string') throw new Error(`${file} has no ${name}: deploy the stage from this folder first`);
    return value;
  };
  return {
    raw: text('raw'),
    lake: text('lake'),
    results: text('results'),
    reports: text('reports'),
    database: text('database'),
    workgroup: text('workgroup'),
    firehose: outputs.firehose === undefined ? null : text('firehose'),
  };
}

/** The buckets of a config's sources. @param first the first one's */
function rawsOf(config: StageConfig, first: Pick<RawBucket, 'bucket' | 's3'>): RawBucket[] {
  const { rawTemplate, objectNameOffsetHours, otherSources } = settingsOf(config);
  const others = config.otherRaw.flatMap(({ bucket, region }, i): RawBucket[] => {
    const source = otherSources[i];
    return source ? [{ ...source, bucket, s3: region === null ? first.s3 : connectS3({ region }) }] : [];
  });
  return [{ ...first, rawTemplate, objectNameOffsetHours }, ...others];
}

async function encryptionIn(client: FirehoseClient, name: string): Promise<Encryption> {
  const answer = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: name }));
  const { Status, KeyType, KeyARN } = answer.DeliveryStreamDescription?.DeliveryStreamEncryptionConfiguration ?? {};
  return { by: Status === 'ENABLED' && KeyType ? KeyType : (Status ?? 'none'), key: KeyARN ?? null };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'production' },
      outputs: { type: 'string', default: '.sst/outputs.json' },
    },
  });
  const staged = configOf(config, values.stage);
  const { region, kmsKeyArn, raw, ses, retention } = staged;
  const outputs = outputsOf(values.outputs);
  const { s3, glue, athena } = connect({ region });
  const { database, workgroup, results: bucket, firehose } = outputs;
  const waiting = firehose === null ? null : () => encryptionIn(new FirehoseClient({ region }), firehose);
  const engine = new AthenaEngine({ athena, s3, database, workgroup, bucket });
  const rawDays = raw.from === 'new bucket' ? retention.rawDays : null;
  const lambda = new LambdaClient({ region });
  const call = async (name: LambdaName, event: object): Promise<unknown> => {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({
        FunctionName: nameOf('lambda', { app: config.app, stage: values.stage }, name),
        Payload: JSON.stringify(event),
      }),
    );
    const answer = Payload?.transformToString() ?? 'null';
    if (FunctionError !== undefined) throw new Error(`${name} fails: ${answer}`);
    return JSON.parse(answer);
  };
  const [now, nonce] = [systemClock.now(), systemClock.nonce()];
  const raws = rawsOf(staged, { bucket: outputs.raw, s3 });
  const published = ses?.events ?? [];
  const stage = { ...outputs, raws, waiting, published, s3, glue, engine, kmsKeyArn, rawDays, call, now, nonce };
  process.exitCode = (await firstHour(stage, console.log)) > 0 ? 1 : 0;
}
