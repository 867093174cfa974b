/** The lake in the cloud from end to end, through the functions as Lambda calls them; and the same data on a laptop. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import type { Dashboard, ReportMail } from '#aws/environment.ts';
import { S3Store } from '#aws/s3-store.ts';
import { generate } from '#generate/index.ts';
import { attemptVersion } from '#host/attempt-version.ts';
import { loadSql } from '#host/sql-folder.ts';
import { HOUR_MS, startOfDay } from '#lake/days.ts';
import { dayOfKey } from '#lake/protocol/keys.ts';
import { readBytes } from '#lake/protocol/records.ts';
import { planReach } from '#lake/steps/plan.ts';
import { TABLES } from '#lake/tables/index.ts';
import { makeReport } from '#report/index.ts';
import { mailOf } from '#report/mail.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { handler as audit } from '../../functions/audit.ts';
import { handler as collect } from '../../functions/collect.ts';
import { handler as erase } from '../../functions/erase.ts';
import { handler as plan } from '../../functions/plan.ts';
import { handler as rebuild } from '../../functions/rebuild.ts';
import { handler as report } from '../../functions/report.ts';
import { handler as rollup } from '../../functions/rollup.ts';
import { handler as rollupDays } from '../../functions/rollup-days.ts';
import { handler as settle } from '../../functions/settle.ts';
import { handler as settleDay } from '../../functions/settle-day.ts';
import { handler as transform } from '../../functions/transform.ts';
import { firstHour } from '../../stacks/first-hour.ts';
import type { LambdaName } from '../../stacks/spec/lambdas.ts';
import { verifySender } from './account.ts';
import { type CloudLake, cloudLake, putAll, rawFiles, SETTINGS, VERSION } from './cloud-lake.ts';
import { drain, invocation } from './invoke.ts';
import { ESTIMATES, expectPercentiles, LATENCIES } from './percentiles.ts';
import { expectSameRows } from './same-rows.ts';

const { views } = await loadSql(join(process.cwd(), 'sql'));
const folder = mkdtempSync(join(tmpdir(), 'handlers-'));

/** What a rollup that has ended has QuickSight read anew. */
const DASHBOARD: Dashboard = {
  account: '123456789012',
  id: 'maillake-test',
  dataSets: ['deliverability-facts', 'data-freshness'],
  isRefreshedHourly: false,
};

/** Who gets the report; another file's sender is another one, as they share an account. */
const READERS: ReportMail = {
  to: ['ann@example.com', 'bob@example.org'],
  from: `lake-${randomUUID()}@example.com`,
  days: 7,
};

let cloud: CloudLake;
let local: SmallLake;

beforeAll(async () => {
  await generate({ out: folder, messages: 150, days: 3, seed: 11, dirty: true, dates: 5, end: '2025-03-10' });
  const files = await rawFiles(folder);
  cloud = await cloudLake();
  process.env.DASHBOARD = JSON.stringify(DASHBOARD);
  process.env.REPORT = JSON.stringify(READERS);
  await putAll(cloud, files);
  local = await smallLake(SETTINGS);
  const times = new Map((await cloud.rawObjects()).map(({ key, modified }) => [key, modified]));
  for (const { key, bytes } of files) local.put(key, bytes, times.get(key));
});
afterAll(async () => {
  await cloud?.close();
  await local?.close();
  rmSync(folder, { recursive: true });
});

const runLocal = async (): Promise<void> => {
  // A unit is named by the day it was planned on.
  const [outcome] = await Array.fromAsync(cloud.lake.list('v1/state/units/'));
  local.clock.now = startOfDay(dayOfKey(outcome?.key ?? '')) + 12 * HOUR_MS;
  await planReach(local.lake.ports, SETTINGS, 'all');
  // As the functions name their attempts.
  await local.transformAll(attemptVersion(VERSION));
  await local.settle();
  await local.rollup();
};

describe('the functions', () => {
  test('plan seals every object and queues the units, once', async () => {
    await plan({ reach: 'all' }, invocation('plan'));
    await plan({ reach: 'all' }, invocation('plan'));
    const { clients } = cloud.account;
    const { messages, failed } = await drain(clients.sqs, cloud.queues.backfill, 'transform', transform);
    expect(failed).toEqual([]);
    expect(messages).toBeGreaterThan(3);
    expect((await drain(clients.sqs, cloud.queues.live, 'transform', transform)).messages).toBe(0);
    const outcomes = await Array.fromAsync(cloud.lake.list('v1/state/units/'));
    expect(outcomes).toHaveLength(messages);
  });

  test('settle hands out the days, and each is settled by a query of its own', async () => {
    await settle({}, invocation('settle'));
    const { messages, failed } = await drain(cloud.account.clients.sqs, cloud.queues.settle, 'settle-day', settleDay);
    expect(failed).toEqual([]);
    const generations = await Array.fromAsync(cloud.lake.list('v1/state/generations/'));
    expect(generations).toHaveLength(messages);
  });

  test('a unit or a day that a person names is worked on again only if something of it is undone', async () => {
    const { clients } = cloud.account;
    const [outcome] = await Array.fromAsync(cloud.lake.list('v1/state/units/'));
    const [, day = '', unit = ''] = /dt=([^/]+)\/(.+)\.json$/.exec(outcome?.key ?? '') ?? [];
    await plan({ unit }, invocation('plan'));
    expect((await drain(clients.sqs, cloud.queues.backfill, 'transform', transform)).messages).toBe(0);
    const before = await Array.fromAsync(cloud.lake.list('v1/state/generations/'));
    await settle({ day }, invocation('settle'));
    const { messages, failed } = await drain(clients.sqs, cloud.queues.settle, 'settle-day', settleDay);
    expect({ messages, failed }).toEqual({ messages: 3, failed: [] });
    expect(await Array.fromAsync(cloud.lake.list('v1/state/generations/'))).toHaveLength(before.length);
  });

  test('rollup hands out the send days in groups, and each group is computed by a query of its own', async () => {
    await rollup({ reach: 'all' }, invocation('rollup'));
    await rollup({ day: '2001-01-01' }, invocation('rollup'));
    const { clients } = cloud.account;
    const { messages, failed } = await drain(clients.sqs, cloud.queues.rollup, 'rollup-days', rollupDays);
    expect(failed).toEqual([]);
    expect(await Array.fromAsync(cloud.lake.list('v1/state/rollups/'))).toHaveLength(messages - 1);
    const { rows } = await cloud.query('select count(*), count(distinct dt) from recipient_messages');
    expect(rows[0]?.[0]).toBeGreaterThan(100);
  });

  test('each rollup that has ended had the dashboard read anew, but one of an hour where only others do', async () => {
    const { clients, gateway } = cloud.account;
    const asked = () => gateway.passed.flatMap(({ path }) => /\/data-sets\/(.+)\/ingestions\/(\w+)$/.exec(path) ?? []);
    const before = asked();
    const rollups = new Set(before.filter((_, i) => i % 3 === 2));
    expect(rollups.size).toBe(2);
    expect(before.filter((_, i) => i % 3 === 1).sort()).toEqual(
      [...DASHBOARD.dataSets, ...DASHBOARD.dataSets].map((name) => `${DASHBOARD.id}-${name}`).sort(),
    );
    await rollup({ reach: 'hourly' }, invocation('rollup'));
    await drain(clients.sqs, cloud.queues.rollup, 'rollup-days', rollupDays);
    expect(asked()).toEqual(before);
  });

  test('audit finds nothing, and nothing is removed within a day', async () => {
    const report = await audit({ reach: 'all' }, invocation('audit'));
    expect(report.drifts).toEqual([]);
    expect(report.raw_objects).toBe((await cloud.rawObjects()).length);
    await collect({}, invocation('collect'));
    expect((await audit({ reach: 'all' }, invocation('audit'))).drifts).toEqual([]);
  });
});

test('the first hour’s questions to an account hold here, but for what only AWS refuses', async () => {
  const { clients, database, bucket } = cloud.account;
  const engine = new AthenaEngine({ ...clients, database, workgroup: 'analysts', bucket });
  const lines: string[] = [];
  const { s3, glue } = clients;
  const now = Date.now();
  const stage = {
    s3,
    glue,
    engine,
    raws: [{ ...SETTINGS, bucket: cloud.rawBucket, s3 }],
    waiting: async () => ({ by: 'AWS_OWNED_CMK', key: null }),
    published: ['SEND', 'BOUNCE'] as const,
    lake: bucket,
    results: bucket,
    reports: bucket,
    database,
    kmsKeyArn: null,
    rawDays: 60,
    call: async (name: LambdaName, event: object) => {
      if (name === 'rebuild') return rebuild(event, invocation(name));
      if (name === 'erase') return erase(event, invocation(name));
      throw new Error(`not a function to ask in the first hour: ${name}`);
    },
    now,
  };
  const Expiration = { Days: 60 };
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: cloud.rawBucket,
      LifecycleConfiguration: { Rules: [{ ID: 'expired', Status: 'Enabled', Filter: { Prefix: 'raw/' }, Expiration }] },
    }),
  );
  const different = await firstHour({ ...stage, nonce: 'n1' }, (line) => lines.push(line));
  const verdicts = lines.map((line) => /^(\w+) +([^:]+):/.exec(line)?.slice(1));
  expect(verdicts.filter((verdict) => verdict?.[0] !== 'holds')).toEqual([
    // They are of last year, and nobody has sent mail to the simulator.
    ['later', 'raw objects'],
    ['later', 'mail of the simulator'],
    ['differs', 'only the pipeline writes the lake'],
    ['differs', 'encryption'],
  ]);
  expect(different).toBe(2);
  expect(lines.find((line) => line.includes(' functions: '))).toMatch(/: rebuild null, erase null$/);
});

describe('the same data on a laptop', () => {
  beforeAll(runLocal);

  /** What tells of the runs and not of the data: when they were, and how the engine cuts its files. */
  const OF_THE_RUN = ['as_of', 'started_at', 'finished_at', 'created_at', 'location', 'files'];
  /** Athena's API writes maps so that they can't be read again; data_quality_daily tells what is in them. */
  const MAPS = ['accepted_by_type', 'skipped_by_type', 'quarantined_by_reason'];
  const FRESHNESS = [
    'lag_seconds',
    'newest_transformed_at',
    'newest_settled_at',
    'newest_rolled_up_at',
    'rollup_lag_seconds',
    'last_audited_at',
    'last_audit_drifts',
  ];

  test.concurrent.each(Object.keys(TABLES).filter((name) => name !== 'audits'))(
    'gives the same rows in %s',
    async (name) => {
      const sql = `select * from ${name}`;
      expectSameRows(await cloud.query(sql), await local.lake.engine.query(sql), {
        without: [...OF_THE_RUN, ...MAPS],
      });
    },
  );

  test.concurrent.each(views.map(({ name }) => name))('gives the same rows in %s', async (name) => {
    const sql = `select * from ${name}`;
    const without = name === 'data_freshness' ? FRESHNESS : ['as_of'];
    const found = await cloud.query(sql);
    expectSameRows(found, await local.lake.engine.query(sql), { without, estimates: ESTIMATES });
    if (name === 'delivery_latency_daily') expectPercentiles(found, await local.lake.engine.query(LATENCIES));
  });

  test('gives the same report, which its schedule has mailed once, with the page', async () => {
    const { gateway, clients } = cloud.account;
    const due = { due: '2025-03-11T06:00:00Z' };
    const mails = () => gateway.passed.filter(({ service }) => service === 'SES').map(({ body }) => JSON.parse(body));
    // SES has not verified who sends it.
    await expect(report(due, invocation('report'))).rejects.toThrow('SES refused the mail: MessageRejected');
    await verifySender(gateway.address, READERS.from);
    const written = await report(due, invocation('report'));
    expect(written).toMatchObject({
      mail: 'sent',
      key: expect.stringMatching(/^reports\/2025-03-04_2025-03-10\/\w{16}\.html$/),
    });
    expect(written.spent.queries).toBeGreaterThan(10);
    expect(await report({ from: '2025-03-04', to: '2025-03-10', mail: true }, invocation('report'))).toMatchObject({
      key: written.key,
      mail: 'sent',
    });
    expect(await report(due, invocation('report'))).toMatchObject({ key: written.key, mail: 'sent before' });

    const page = Buffer.from(await readBytes(new S3Store({ client: clients.s3, bucket: written.bucket }), written.key));
    const { views, settings, engine } = local.lake;
    const laptop = await makeReport({ engine, views, settings }, { from: '2025-03-04', to: '2025-03-10' });
    expect(withoutRuns(page.toString())).toEqual(withoutRuns(laptop.page.toString()));

    const [refused, mail, asked, ...more] = mails();
    expect(more).toEqual([]);
    expect([refused, asked]).toEqual([mail, mail]);
    const { subject, text, html } = mailOf(laptop.digest, {
      attached: 'deliverability-2025-03-04_2025-03-10.html',
      link: written.link,
    });
    const { Simple } = mail.Content;
    expect([mail.FromEmailAddress, mail.Destination.ToAddresses]).toEqual([READERS.from, READERS.to]);
    expect([Simple.Subject.Data, Simple.Body.Text.Data, Simple.Body.Html.Data]).toEqual([subject, text, html]);
    expect(Simple.Attachments).toMatchObject([
      { FileName: 'deliverability-2025-03-04_2025-03-10.html', ContentType: 'text/html' },
    ]);
    expect(Buffer.from(Simple.Attachments[0].RawContent, 'base64').equals(page)).toBe(true);
  });
});

/** A page's sections by name, but for what tells of the runs, and for estimates of how long mail took. */
function withoutRuns(page: string): Map<string, string> {
  const sections = page
    .split('<section aria-labelledby=')
    .map((text): [string, string] => [text.split(/[">]/)[1] ?? '', text]);
  return new Map(sections.filter(([name]) => name !== 'latency' && name !== 'quality'));
}
