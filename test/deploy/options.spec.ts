/** Every option of the config changed once, and back: nothing that holds data is removed or made anew. */
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type LakeConfig, StageSchema } from '../../stacks/config.ts';
import { evaluateStages, type Graph, type Resource } from '../stacks/graph.ts';
import { KINDS } from './kinds.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666';
const IDENTITIES = 'arn:aws:quicksight:us-east-1:123456789012';
type Change = Partial<Omit<LakeConfig, 'app'>>;
const EXISTING = { from: 'existing bucket', bucket: 'events-of-ours', template: 'e/{yyyy}/{MM}/{dd}/{HH}/' } as const;

/** Refused, or depending on what is there: production.spec.ts changes these, and `raw.from`, `raw.bucket` and `ses: null`. */
const ELSEWHERE = ['region', 'ses.configurationSet'];
const CHANGES: Readonly<Record<string, Change>> = {
  'what is delivered': {
    raw: { from: 'new bucket', archiveAfterDays: 90, buffer: { seconds: 60, megabytes: 5 } },
    ses: { events: ['SEND', 'BOUNCE'] },
  },
  'further sources': {
    raw: [
      { from: 'new bucket' },
      { ...EXISTING, name: 'oregon', region: 'us-west-2' },
      { ...EXISTING, name: 'history', bucket: 'history-of-ours', timeZone: 'Asia/Kolkata', kmsKeyArn: KEY },
    ],
  },
  'how it is read': {
    tags: { newsletter: 'campaign_id' },
    dimensions: ['team'],
    headerCarriers: ['send', 'delivered'],
    parquet: 'compatible',
    attributionDays: 14,
    reportTimeZone: 'Europe/Berlin',
  },
  'when and how long': {
    schedules: { enabled: false, at: { settle: 'rate(6 hours)', audit: 'cron(0 3 ? * MON *)' } },
    atOnce: { live: 3, backfill: 2, settle: 2, rollup: 2 },
    retention: {
      rawDays: 730,
      days: { events: 730, headers: 730, clicks: 730, recipient_messages: 1000, quarantine: 30 },
      quarantineDays: 30,
      resultDays: 30,
      graceDays: 30,
      reportDays: 30,
      logDays: 365,
    },
    queryGigabytes: 10,
  },
  'a key': { kmsKeyArn: KEY },
  'keys that were it': { formerKmsKeyArns: [KEY] },
  'whom to tell, and when': {
    alarms: { email: 'ops@example.com', quarantineShare: 0.2, freshnessMinutes: 90, silentMinutes: null },
    dashboards: {
      owners: [`${IDENTITIES}:user/default/ann`],
      viewers: [`${IDENTITIES}:group/default/mail`],
      refreshAfter: 'nightly rollup',
      persons: true,
    },
    alerts: { email: 'mail@example.com', enabled: false },
    report: { to: ['ann@example.com'], from: 'lake@example.com', at: 'rate(1 day)', days: 28 },
  },
  'who may see no persons': {
    analysts: {
      principals: [
        { principal: 'arn:aws:iam::123456789012:role/marketing', persons: false },
        { principal: 'arn:aws:iam::123456789012:role/mail-team', persons: true },
      ],
      withoutPersons: true,
      refreshAfter: 'nightly rollup',
    },
  },
  'that it keeps its data': { keepsData: false },
  // Of a stage that has data it is refused (test/stacks/changes.test.ts).
  'how addresses are written': { addresses: 'hashed' },
  'that persons may be forgotten': { erasures: true },
  'that they may be forgotten in raw data, too': { erasures: { raw: true } },
};
const OF_EXISTING: Readonly<Record<string, Change>> = {
  'how a bucket that is there is read': {
    raw: { ...EXISTING, template: null, timeZone: 'Asia/Kolkata', kmsKeyArn: KEY },
  },
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

/**
 * Can be made again, as AWS has no change of a saved query, a subscription or an object's name; or is the dashboard's alone, or of
 * who may see no persons, whose copies are made by each rollup.
 */
const HOLDS_NOTHING =
  /:(NamedQuery|BucketObjectv2|RolePolicyAttachment|MetricAlarm|TopicSubscription|RandomBytes) |:Stack | (Dashboards?|WithoutPersons)[A-Z]/;
const called = ({ type, name }: Resource): string => `${type} ${name}`;

/** What the engine would remove or make anew: where it holds something, or may not be removed. */
function endangered(before: Graph | undefined, after: Graph | undefined): string[] {
  const now = new Map((after?.resources ?? []).map((one) => [called(one), one]));
  return (before?.resources ?? [])
    .filter((one) => one.custom && (one.protect || !HOLDS_NOTHING.test(called(one))))
    .filter((one) => isLost(one, now.get(called(one))))
    .map(called);
}

function isLost(before: Resource, after: Resource | undefined): boolean {
  const kind = KINDS[before.type];
  if (!kind) throw new Error(`the provider of these tests knows no ${before.type}`);
  return after === undefined || kind.replaces.some((key) => !isDeepStrictEqual(before.inputs[key], after.inputs[key]));
}

/** `alarms.email`: each place of the config that takes a value. */
function placesIn({ anyOf, oneOf, properties }: z.core.JSONSchema.BaseSchema, path: readonly string[] = []): string[] {
  const either = anyOf ?? oneOf;
  if (either) return either.flatMap((one) => placesIn(one, path));
  if (!properties) return [path.join('.')];
  return Object.entries(properties).flatMap(([key, one]) =>
    typeof one === 'object' ? placesIn(one, [...path, key]) : [],
  );
}

test('every option is changed here or in production.spec.ts', () => {
  const said = (value: unknown, path: string): string[] => [
    path,
    ...(typeof value === 'object' ? Object.entries(value ?? {}) : []).flatMap(([key, one]) =>
      said(one, path === '' ? key : `${path}.${key}`),
    ),
  ];
  const tried = new Set(
    [...Object.values(CHANGES), ...Object.values(OF_EXISTING)].flatMap((change) => [
      ...said(change, ''),
      // A config file says further sources in `raw`.
      ...(Array.isArray(change.raw) ? ['otherRaw'] : []),
    ]),
  );
  const options = new Set(placesIn(z.toJSONSchema(StageSchema, { io: 'input', unrepresentable: 'any' })));
  expect(options.size).toBeGreaterThan(30);
  expect([...options].filter((option) => !tried.has(option))).toEqual(ELSEWHERE);
});

test.each(Object.keys(CHANGES))('a change of %s, and back, is one of what is there only', (name) => {
  expect(endangered(fresh, changed.get(name))).toEqual([]);
  expect(endangered(changed.get(name), fresh)).toEqual([]);
});

test.each(Object.keys(OF_EXISTING))('a change of %s, and back, is one of what is there only', (name) => {
  expect(endangered(existing, changed.get(name))).toEqual([]);
  expect(endangered(changed.get(name), existing)).toEqual([]);
});

test('what would be lost is found', () => {
  expect(endangered(fresh, existing)).toContain('aws:s3/bucket:Bucket RawBucket');
  expect(endangered(fresh, existing)).toContain('aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream Firehose');
});
