/**
 * The first hour in an account: asks a deployed stage what no test without an account can show, one thing after another, and
 * says of each whether it holds. It reads, and writes only below `analysts/first-hour/` of the results bucket.
 *
 * `npm run first-hour -- --stage production`, after `sst deploy` of that stage, with an administrator's credentials
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
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
import { S3Store } from '#aws/s3-store.ts';
import { nameOf } from '#aws/stage-names.ts';
import { systemClock } from '#host/clock.ts';
import { concurrently } from '#lake/concurrently.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import type { Engine, StoredObject } from '#lake/ports.ts';
import { liveRoot } from '#lake/protocol/keys.ts';
import { events } from '#lake/tables/index.ts';
import { config } from '../maillake.config.ts';
import { configOf } from './config.ts';
import type { LambdaName } from './spec/lambdas.ts';
import { ANALYST_RESULTS } from './spec/permissions.ts';

export interface DeployedLake {
  s3: S3Client;
  glue: GlueClient;
  /** of the analysts' workgroup */
  engine: Pick<Engine, 'query' | 'write'>;
  raw: string;
  lake: string;
  results: string;
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
    expects: 'Firehose writes gzip below raw/yyyy/MM/dd/HH/ within 15 minutes of a mail',
    async look({ s3, raw }) {
      const newest = await newestOf(new S3Store({ client: s3, bucket: raw }).list('raw/'));
      if (!newest) return later('no raw object yet: send a mail with the configuration set, and wait for 5 minutes');
      const isAsTold = /^raw\/\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+-\d{4}(-\d\d){5}-[^/]+$/.test(newest.key);
      return (isAsTold ? holds : differs)(`newest: ${newest.key}, ${newest.size} bytes`);
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
    name: 'encryption',
    expects: 'files of the lake are encrypted with the key of the config, or with S3’s own',
    async look({ s3, lake, kmsKeyArn }) {
      const file = await newestOf(new S3Store({ client: s3, bucket: lake }).list(liveRoot(events.name)));
      if (!file) return later('no file of the table events yet');
      const { ServerSideEncryption: by, SSEKMSKeyId: key } = await s3.send(
        new HeadObjectCommand({ Bucket: lake, Key: file.key }),
      );
      const isAsTold = kmsKeyArn === null ? by === 'AES256' : by === 'aws:kms' && key === kmsKeyArn;
      return (isAsTold ? holds : differs)(`${by ?? 'none'} ${key ?? ''}`.trim());
    },
  },
  {
    name: 'raw data expires',
    expects: 'S3 has the rule that lets objects below raw/ expire after retention.rawDays',
    async look({ s3, raw, rawDays }) {
      if (rawDays === null) return later('no retention.rawDays, or the bucket is yours: nothing of it is changed');
      const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: raw }));
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
const folderOf = (nonce: string): string => `${ANALYST_RESULTS}first-hour/${nonce}/`;

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

/** What `sst deploy` has printed, as SST keeps it. @throws Error if the stage has not been deployed from here */
function outputsOf(file: string): { raw: string; lake: string; results: string; database: string; workgroup: string } {
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
    database: text('database'),
    workgroup: text('workgroup'),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'production' },
      outputs: { type: 'string', default: '.sst/outputs.json' },
    },
  });
  const { region, kmsKeyArn, raw, retention } = configOf(config, values.stage);
  const outputs = outputsOf(values.outputs);
  const { s3, glue, athena } = connect({ region });
  const { database, workgroup, results: bucket } = outputs;
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
  const stage = { ...outputs, s3, glue, engine, kmsKeyArn, rawDays, call, now, nonce };
  process.exitCode = (await firstHour(stage, console.log)) > 0 ? 1 : 0;
}
