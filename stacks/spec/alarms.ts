/** What wakes somebody up: each alarm says what has happened and what to do, and is on a metric that is really sent. */

import { METRICS_NAMESPACE, type MetricName } from '#aws/metrics.ts';
import type { StageConfig } from '../config.ts';
import type { LambdaName } from './lambdas.ts';
import { LAMBDA_NAMES, SCHEDULES } from './lambdas.ts';
import { QUEUES, type StagePlaces } from './places.ts';

/** A metric of CloudWatch. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
}

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount';

export interface Alarm {
  name: string;
  /** what has happened, and what to do */
  description: string;
  /** one metric, or several with an expression over them, `a`, `b`, … */
  metrics: readonly Metric[];
  expression?: string;
  statistic: Statistic;
  periodSeconds: number;
  /** periods in a row */
  periods: number;
  comparison: 'GreaterThanThreshold' | 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';
  threshold: number;
  /** what silence means; `ignore`: nothing new, as of what is looked at once an hour or a day and said each time */
  missing: 'notBreaching' | 'breaching' | 'ignore';
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** A metric of ours, as `observed` sends it: by step and stage. */
export const ownMetric = (name: MetricName, service: LambdaName, stage: string): Metric => ({
  namespace: METRICS_NAMESPACE,
  name,
  dimensions: { service, stage },
});

export function alarmsOf(config: StageConfig, stage: string, places: StagePlaces): Alarm[] {
  const any = (name: string, what: string, metric: MetricName, services: readonly LambdaName[]): Alarm => ({
    ...MORE_THAN_NONE,
    name,
    description: what,
    metrics: services.map((service) => ownMetric(metric, service, stage)),
    ...(services.length > 1 ? { expression: sumOf(services.length) } : {}),
  });
  return [
    ...QUEUES.filter((queue) => queue.endsWith('-dead')).map(
      (queue): Alarm => ({
        ...MORE_THAN_NONE,
        name: `dead-letters-${queue.replace('-dead', '')}`,
        description: `Messages could not be worked on: look at ${places.names.queues[queue]}, mend the cause, and redrive them. Nothing is lost: plan and settle find what is missing.`,
        metrics: [
          {
            namespace: 'AWS/SQS',
            name: 'ApproximateNumberOfMessagesVisible',
            dimensions: { QueueName: places.names.queues[queue] },
          },
        ],
        statistic: 'Maximum',
        periodSeconds: 5 * MINUTE,
      }),
    ),
    {
      ...MORE_THAN_NONE,
      name: 'open-unit',
      description: 'A unit of raw objects has had no outcome for more than an hour: look into the log of transform.',
      missing: 'ignore',
      metrics: [ownMetric('OldestOpenUnitSeconds', 'plan', stage)],
      statistic: 'Maximum',
      threshold: HOUR,
    },
    {
      ...any(
        'drift',
        'The audit found what is not as it should be: its report lies in the table audits and its log. The next audit that finds nothing ends this alarm.',
        'Drifts',
        ['audit'],
      ),
      missing: 'ignore',
    },
    {
      name: 'quarantine-share',
      description: `More than ${config.alarms.quarantineShare * 100} % of an hour's records were rejected: see data_quality_daily, and the table quarantine.`,
      metrics: [ownMetric('QuarantinedRecords', 'transform', stage), ownMetric('Records', 'transform', stage)],
      // A handful of odd records among a handful says nothing.
      expression: `IF(b >= ${LEAST_RECORDS}, a / b, 0)`,
      statistic: 'Sum',
      periodSeconds: HOUR,
      periods: 1,
      comparison: 'GreaterThanThreshold',
      threshold: config.alarms.quarantineShare,
      missing: 'notBreaching',
    },
    {
      name: 'freshness',
      // The freshest unit: old mail that is read in beside it is no reason to worry.
      description: `New events take more than ${config.alarms.freshnessMinutes} minutes to be seen: look at the queues and the log of transform.`,
      metrics: [ownMetric('LagSeconds', 'transform', stage)],
      statistic: 'Minimum',
      periodSeconds: 30 * MINUTE,
      periods: 2,
      comparison: 'GreaterThanThreshold',
      threshold: config.alarms.freshnessMinutes * MINUTE,
      missing: 'notBreaching',
    },
    any(
      'failed-days',
      'Days could not be settled, and are tried again: look into the log of settle-day.',
      'FailedDays',
      ['settle-day'],
    ),
    any(
      'denied-units',
      'Units wait because access was denied: the role, a key or a bucket policy has changed.',
      'DeniedUnits',
      ['transform'],
    ),
    any('transform-fails', 'The function transform failed as a whole: look into its log.', 'Failures', ['transform']),
    any(
      'poison-objects',
      'Raw objects were quarantined unread because reading them failed three times: mend the cause, and replay them.',
      'PoisonObjects',
      ['transform'],
    ),
    any(
      'split-units',
      'Units were split because they failed three times: look for their tries in the log of transform.',
      'SplitUnits',
      ['transform'],
    ),
    any(
      'missing-objects',
      'Raw objects had gone before they were read: somebody deletes raw data. The audit names them.',
      'MissingObjects',
      ['transform'],
    ),
    any(
      'changed-objects',
      'Raw objects were rewritten after they were planned: somebody writes over raw data. The audit names them.',
      'ChangedObjects',
      ['plan', 'transform'],
    ),
    ...WATCHED.map(
      (name): Alarm => ({
        ...MORE_THAN_NONE,
        name: `${name}-fails`,
        description: `The function ${name} failed: look into its log. What it did not do, its next run does, which ends this alarm.`,
        // Between two runs nothing is said of errors: one that failed at night is still to be seen in the morning.
        missing: 'ignore',
        metrics: [
          { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: places.names.functions[name] } },
        ],
      }),
    ),
    ...(config.schedules.enabled ? silences(config, stage) : []),
    ...(config.raw.from === 'new bucket'
      ? [
          {
            ...MORE_THAN_NONE,
            name: 'firehose-late',
            description: `Firehose keeps events for more than an hour without delivering them: look at its error log.`,
            metrics: [
              {
                namespace: 'AWS/Firehose',
                name: 'DeliveryToS3.DataFreshness',
                dimensions: { DeliveryStreamName: places.names.firehose },
              },
            ],
            statistic: 'Maximum',
            threshold: HOUR,
          } satisfies Alarm,
        ]
      : []),
  ];
}

/** Below it a share says nothing. */
const LEAST_RECORDS = 100;

const MORE_THAN_NONE = {
  statistic: 'Sum',
  periodSeconds: HOUR,
  periods: 1,
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  missing: 'notBreaching',
} as const;

/** Transform is not among them: a process that has met its memory's limit ends itself, and the unit is tried again. */
const WATCHED: readonly LambdaName[] = LAMBDA_NAMES.filter((name) => name !== 'transform' && name !== 'replay');

/** A job that runs sends this each time, were it 0. Whoever gives a job other times watches over it himself. */
const HEARTBEATS: readonly { service: LambdaName; metric: MetricName; periodSeconds: number; periods: number }[] = [
  { service: 'plan', metric: 'PlannedUnits', periodSeconds: 5 * MINUTE, periods: 6 },
  { service: 'settle', metric: 'SettleDays', periodSeconds: HOUR, periods: 3 },
  { service: 'rollup', metric: 'RolledUpDays', periodSeconds: HOUR, periods: 3 },
  { service: 'audit', metric: 'AuditedObjects', periodSeconds: HOUR, periods: 26 },
];

function silences({ schedules }: StageConfig, stage: string): Alarm[] {
  const isOwn = (service: LambdaName): boolean =>
    SCHEDULES.some(({ name, calls }) => calls === service && Object.hasOwn(schedules.at, name));
  return HEARTBEATS.filter(({ service }) => !isOwn(service)).map(({ service, metric, periodSeconds, periods }) => ({
    name: `${service}-silent`,
    description: `The function ${service} has not come to its end for ${(periodSeconds * periods) / MINUTE} minutes: look at its schedule and log.`,
    metrics: [ownMetric(metric, service, stage)],
    statistic: 'SampleCount',
    periodSeconds,
    periods,
    comparison: 'LessThanThreshold',
    threshold: 1,
    missing: 'breaching',
  }));
}

/** Nothing sent counts as 0: the sum of something and nothing would be nothing. */
const sumOf = (count: number): string =>
  METRIC_IDS.slice(0, count)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');

/** Names of metrics in an expression, in their order. */
export const METRIC_IDS: readonly string[] = ['a', 'b', 'c', 'd'];
