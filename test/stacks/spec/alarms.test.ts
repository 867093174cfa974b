import { afterEach, expect, test, vi } from 'vitest';
import { FIGURES_LINE, METRICS_NAMESPACE } from '#aws/metrics.ts';
import { observed } from '#aws/observed.ts';
import { monthlyCost } from '#test/bench/cost/prices.ts';
import { configOf, type LakeConfig } from '../../../stacks/config.ts';
import { alarmsOf, ownMetric } from '../../../stacks/spec/alarms.ts';
import { placesOf } from '../../../stacks/spec/places.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const STAGE = { app: 'maillake', stage: 'dev' };
const INVOCATION = { awsRequestId: 'request', functionName: 'audit', getRemainingTimeInMillis: () => 900_000 };

/** CloudWatch's "Specification: Embedded metric format", as far as it says what a metric is. */
interface Embedded {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [member: string]: unknown;
}

/** What a line of a function's log is to CloudWatch: metrics with their dimensions. */
const metricsOf = (embedded: Embedded): object[] =>
  embedded._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name: name }) =>
      Dimensions.map((names) => ({
        namespace,
        name,
        dimensions: Object.fromEntries(names.map((dimension) => [dimension, embedded[dimension]])),
      })),
    ),
  );

test('an alarm looks for a metric by the namespace, the name and just the dimensions that it is sent with', async () => {
  vi.stubEnv('APP', 'maillake');
  vi.stubEnv('STAGE', 'dev');
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  await observed('audit', INVOCATION, async ({ count }) => {
    count('Drifts', 0);
    count('ChangedObjects', 0);
    count('AuditedObjects', 7);
    count('PlannedObjects', 0, 'oregon');
  });
  const sent: Embedded[] = lines.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line));
  expect(sent.flatMap(metricsOf)).toEqual([
    ownMetric('PlannedObjects', 'audit', STAGE, 'oregon'),
    ownMetric('Drifts', 'audit', STAGE),
  ]);
  expect(sent).toMatchObject([{ PlannedObjects: 0 }, { Drifts: 0 }]);
  expect(ownMetric('Drifts', 'audit', STAGE).namespace).toBe(METRICS_NAMESPACE);
  const figures = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === FIGURES_LINE.message);
  expect(figures).toMatchObject([{ [FIGURES_LINE.field]: { AuditedObjects: 7 } }]);
});

const existing: LakeConfig = {
  app: 'maillake',
  region: 'eu-west-1',
  raw: { from: 'existing bucket', bucket: 'ours', template: 'raw/{yyyy}/{MM}/{dd}/{HH}/' },
};
test.each<[string, LakeConfig, string]>([
  ['a Firehose of the lake', { app: 'maillake', region: 'eu-west-1' }, 'IncomingRecords'],
  ['an existing bucket', existing, 'PlannedObjects'],
])('fault 81: that nothing comes from %s any more is said within two hours', (_, lake, metric) => {
  const config = configOf(lake, 'production');
  const stage = { app: 'maillake', stage: 'production' };
  const places = placesOf(stage, { account: '123456789012', region: 'eu-west-1', partition: 'aws' }, config);
  const alarm = alarmsOf(config, stage, places).find(({ name }) => name === 'source-silent');
  expect(alarm?.metrics.map(({ name }) => name)).toEqual([metric]);
  expect((alarm?.periodSeconds ?? 0) * (alarm?.periods ?? 0)).toBeLessThanOrEqual(2 * 3600);
  // no figure at all is silence, too
  expect(alarm?.missing).toBe('breaching');
});

test('of several sources each has its alarm of silence, which the others’ objects don’t hide', () => {
  const of = (name: string, more: object = {}) =>
    ({ from: 'existing bucket', name, bucket: `${name}-events`, template: null, ...more }) as const;
  const raw = [
    { from: 'new bucket' },
    of('oregon'),
    of('seldom', { silentMinutes: 3000 }),
    of('pinpoint', { silentMinutes: null }),
  ] as const;
  const config = configOf({ app: 'maillake', region: 'eu-west-1', raw: [...raw] }, 'dev');
  const places = placesOf(STAGE, { account: '123456789012', region: 'eu-west-1', partition: 'aws' }, config);
  const silent = alarmsOf(config, STAGE, places).filter(({ name }) => name.startsWith('source-silent'));
  expect(silent.map(({ name, metrics, periodSeconds, periods }) => [name, metrics, periodSeconds * periods])).toEqual([
    ['source-silent', [expect.objectContaining({ name: 'IncomingRecords' })], 7200],
    ['source-silent-oregon', [ownMetric('PlannedObjects', 'plan', STAGE, 'oregon')], 7200],
    ['source-silent-seldom', [ownMetric('PlannedObjects', 'plan', STAGE, 'seldom')], 180_000],
  ]);
  // What the first source's Firehose takes in is compared with what is planned of that source alone.
  const planned = alarmsOf(config, STAGE, places).find(({ name }) => name === 'nothing-planned');
  expect(planned?.metrics[1]).toEqual(ownMetric('PlannedObjects', 'plan', STAGE));
});

test('metrics and alarms cost less than six dollars a month, with all that a stage may have', () => {
  const config = configOf(
    { app: 'maillake', region: 'eu-west-1', erasures: true, report: { to: ['a@example.org'], from: 'b@example.org' } },
    'dev',
  );
  const places = placesOf(STAGE, { account: '123456789012', region: config.region, partition: 'aws' }, config);
  const looks = alarmsOf(config, STAGE, places).flatMap(({ metrics }) => metrics).length;
  const nothing = { records: 0, rawBytes: 0, lakeBytes: { kept: 0, replaced: 0 }, steps: new Map() };
  const costs = monthlyCost(nothing, looks);
  const fixed = (costs.get('CloudWatch metrics') ?? 0) + (costs.get('CloudWatch alarms') ?? 0);
  expect(looks).toBeGreaterThan(30);
  expect(fixed).toBeGreaterThan(looks * 0.1);
  expect(fixed).toBeLessThan(6);
});
