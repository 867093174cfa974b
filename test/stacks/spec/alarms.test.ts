import { afterEach, expect, test, vi } from 'vitest';
import { METRICS_NAMESPACE } from '#aws/metrics.ts';
import { observed } from '#aws/observed.ts';
import { ownMetric } from '../../../stacks/spec/alarms.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

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
  vi.stubEnv('STAGE', 'dev');
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  await observed('audit', INVOCATION, async ({ count }) => {
    count('AuditedObjects', 7);
    count('Drifts', 0);
  });
  const sent: Embedded[] = lines.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line));
  expect(sent.flatMap(metricsOf)).toEqual([
    ownMetric('AuditedObjects', 'audit', 'dev'),
    ownMetric('Drifts', 'audit', 'dev'),
  ]);
  expect(sent[0]).toMatchObject({ AuditedObjects: 7, Drifts: 0 });
  expect(ownMetric('Drifts', 'audit', 'dev').namespace).toBe(METRICS_NAMESPACE);
});
