/** Every option of the config changed once, and back: nothing that holds data is removed or made anew. */
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import type { LakeConfig } from '../../stacks/config.ts';
import { evaluateStages, type Graph, type Resource } from '../stacks/graph.ts';
import { KINDS } from './kinds.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666';
type Change = Partial<Omit<LakeConfig, 'app'>>;
const EXISTING = { from: 'existing bucket', bucket: 'events-of-ours', template: 'e/{yyyy}/{MM}/{dd}/{HH}/' } as const;

/** `raw` and `region` are refused, and `ses` depends on what is there: production.spec.ts changes these. */
const CHANGES: Readonly<Record<string, Change>> = {
  'raw.archiveAfterDays': { raw: { from: 'new bucket', archiveAfterDays: 90 } },
  'raw.buffer': { raw: { from: 'new bucket', buffer: { seconds: 60, megabytes: 5 } } },
  'ses.events': { ses: { events: ['SEND', 'BOUNCE'] } },
  tags: { tags: { newsletter: 'campaign_id' } },
  dimensions: { dimensions: ['team'] },
  headerCarriers: { headerCarriers: ['send', 'delivered'] },
  parquet: { parquet: 'compatible' },
  attributionDays: { attributionDays: 14 },
  reportTimeZone: { reportTimeZone: 'Europe/Berlin' },
  'schedules.enabled': { schedules: { enabled: false } },
  'schedules.at': { schedules: { at: { settle: 'rate(6 hours)', audit: 'cron(0 3 ? * MON *)' } } },
  atOnce: { atOnce: { live: 3, backfill: 2, settle: 2 } },
  'retention.quarantineDays': { retention: { quarantineDays: 30 } },
  'retention.resultDays': { retention: { resultDays: 30 } },
  'retention.graceDays': { retention: { graceDays: 30 } },
  'retention.logDays': { retention: { logDays: 365 } },
  kmsKeyArn: { kmsKeyArn: KEY },
  formerKmsKeyArns: { formerKmsKeyArns: [KEY] },
  'alarms.email': { alarms: { email: 'ops@example.com' } },
  'alarms.quarantineShare': { alarms: { quarantineShare: 0.2 } },
  'alarms.freshnessMinutes': { alarms: { freshnessMinutes: 90 } },
  'alarms.silentMinutes': { alarms: { silentMinutes: null } },
  queryGigabytes: { queryGigabytes: 10 },
  keepsData: { keepsData: false },
};
const OF_EXISTING: Readonly<Record<string, Change>> = {
  'raw.template': { raw: { ...EXISTING, template: null } },
  'raw.timeZone': { raw: { ...EXISTING, timeZone: 'Asia/Kolkata' } },
  'raw.kmsKeyArn': { raw: { ...EXISTING, kmsKeyArn: KEY } },
};

const LAKE: LakeConfig = { app: 'maillake', region: 'eu-west-1' };
let fresh: Graph | undefined;
let existing: Graph | undefined;
const changed = new Map<string, Graph>();

beforeAll(async () => {
  const named = [...Object.entries(CHANGES), ...Object.entries(OF_EXISTING)];
  const graphs = await evaluateStages(
    [{}, { raw: EXISTING }, ...named.map(([, change]) => change)].map((change) => ({
      stage: 'production',
      config: { ...LAKE, ...change },
    })),
  );
  expect(graphs.flatMap(({ errors }) => errors)).toEqual([]);
  [fresh, existing] = graphs;
  for (const [i, [name]] of named.entries()) {
    const graph = graphs[i + 2];
    if (graph) changed.set(name, graph);
  }
});

/** They hold nothing, and can be made again: AWS has no change of a saved query, a subscription or an object's name. */
const HOLDS_NOTHING = /NamedQuery$|BucketObjectv2$|MetricAlarm$|TopicSubscription$|RandomBytes$/;

/** What the engine would remove or make anew. */
function endangered(before: Graph | undefined, after: Graph | undefined): string[] {
  const now = new Map((after?.resources ?? []).map((one) => [`${one.type} ${one.name}`, one]));
  return (before?.resources ?? [])
    .filter(({ type, custom }) => custom && !HOLDS_NOTHING.test(type))
    .filter((one) => isLost(one, now.get(`${one.type} ${one.name}`)))
    .map(({ type, name }) => `${type} ${name}`);
}

const isLost = (before: Resource, after: Resource | undefined): boolean =>
  after === undefined ||
  (KINDS[before.type]?.replaces ?? []).some((key) => !isDeepStrictEqual(before.inputs[key], after.inputs[key]));

test.each(Object.keys(CHANGES))('%s changes nothing but what is there, forth and back', (name) => {
  expect(endangered(fresh, changed.get(name))).toEqual([]);
  expect(endangered(changed.get(name), fresh)).toEqual([]);
});

test.each(Object.keys(OF_EXISTING))('%s of a bucket that is there changes nothing but what is there', (name) => {
  expect(endangered(existing, changed.get(name))).toEqual([]);
  expect(endangered(changed.get(name), existing)).toEqual([]);
});

test('what would be lost is found', () => {
  expect(endangered(fresh, existing)).toContain('aws:s3/bucket:Bucket RawBucket');
  expect(endangered(fresh, existing)).toContain('aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream Firehose');
});
