/** A lake that is filled from two buckets, one of them in another region, through the functions as Lambda calls them. */
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectS3 } from '#aws/s3-client.ts';
import type { Settings } from '#lake/settings.ts';
import { ndjson, SENT, sesDelivery, sesSend } from '#test/records.ts';
import { handler as audit } from '../../functions/audit.ts';
import { handler as plan } from '../../functions/plan.ts';
import { handler as transform } from '../../functions/transform.ts';
import { type CloudLake, cloudLake, SETTINGS } from './cloud-lake.ts';
import { drain, invocation } from './invoke.ts';

const TWO: Settings = {
  ...SETTINGS,
  otherSources: [{ name: 'oregon', rawTemplate: 'ses/{yyyy}/{MM}/{dd}/', objectNameOffsetHours: 0 }],
};
const DAY = new Date(SENT).toISOString().slice(0, 10).replaceAll('-', '/');

let cloud: CloudLake;
beforeAll(async () => {
  cloud = await cloudLake(TWO);
  const region = 'us-west-2';
  const bucket = `${cloud.rawBucket}-oregon`;
  process.env.OTHER_RAW_BUCKETS = JSON.stringify({ oregon: { bucket, region } });
  const oregon = connectS3({ region, endpoint: process.env.AWS_ENDPOINT_URL ?? '' });
  await oregon.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  await cloud.put(`raw/${DAY}/a`, Buffer.from(ndjson(sesSend())));
  const [Key, Body] = [`ses/${DAY}/a`, ndjson(sesDelivery())];
  await oregon.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
});
afterAll(() => cloud?.close());

test('objects of both are planned, read and known by their source, and the audit is content', async () => {
  await plan({ reach: 'all' }, invocation('plan'));
  const { clients } = cloud.account;
  const drained = await Promise.all(
    [cloud.queues.live, cloud.queues.backfill].map((queue) => drain(clients.sqs, queue, 'transform', transform)),
  );
  expect(drained.flatMap(({ failed }) => failed)).toEqual([]);
  const { rows } = await cloud.query('select source_key, event_type from events order by 1');
  expect(rows).toEqual([
    [`@oregon/ses/${DAY}/a`, 'delivered'],
    [`raw/${DAY}/a`, 'send'],
  ]);
  await audit({ reach: 'all' }, invocation('audit'));
  const { rows: audits } = await cloud.query('select raw_objects, drift_count from audits');
  expect(audits).toEqual([[2, 0]]);
});
