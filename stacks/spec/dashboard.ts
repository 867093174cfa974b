/** The pipeline's own dashboard in CloudWatch: from raw objects to answers, left to right and top to bottom. */

import type { MetricName } from '#aws/metrics.ts';
import { type Metric, ownMetric, type Statistic } from './alarms.ts';
import type { LambdaName } from './lambdas.ts';
import { LAMBDA_NAMES } from './lambdas.ts';
import { QUEUES, type StagePlaces } from './places.ts';

interface Line extends Metric {
  label: string;
  statistic: Statistic;
}

/** CloudWatch's "Dashboard body structure and syntax". */
export function dashboardBody(
  stage: string,
  region: string,
  places: StagePlaces,
  alarmArns: readonly string[],
): string {
  const own = (service: LambdaName, name: MetricName, label: string, statistic: Statistic = 'Sum'): Line => ({
    ...ownMetric(name, service, stage),
    label,
    statistic,
  });
  const lambda = (name: 'Errors' | 'Duration' | 'Throttles', statistic: Statistic): Line[] =>
    LAMBDA_NAMES.map((label) => ({
      namespace: 'AWS/Lambda',
      name,
      dimensions: { FunctionName: places.names.functions[label] },
      label,
      statistic,
    }));
  const queued = (name: string, isDead: boolean): Line[] =>
    QUEUES.filter((queue) => queue.endsWith('-dead') === isDead).map((label) => ({
      namespace: 'AWS/SQS',
      name,
      dimensions: { QueueName: places.names.queues[label] },
      label,
      statistic: 'Maximum',
    }));
  const charts: [title: string, lines: Line[]][] = [
    [
      'Records',
      [
        own('transform', 'AcceptedRecords', 'accepted'),
        own('transform', 'DuplicateRecords', 'duplicate'),
        own('transform', 'SkippedRecords', 'skipped'),
        own('transform', 'QuarantinedRecords', 'quarantined'),
      ],
    ],
    [
      'Seconds from delivery to rows',
      [own('transform', 'LagSeconds', 'freshest', 'Minimum'), own('transform', 'LagSeconds', 'oldest', 'Maximum')],
    ],
    [
      'Units',
      [
        own('plan', 'PlannedUnits', 'planned'),
        own('transform', 'Units', 'done'),
        own('transform', 'FailedUnits', 'tried again'),
        own('transform', 'SplitUnits', 'split'),
        own('plan', 'OpenUnits', 'open', 'Maximum'),
      ],
    ],
    ['Messages that wait', queued('ApproximateNumberOfMessagesVisible', false)],
    ['Dead letters', queued('ApproximateNumberOfMessagesVisible', true)],
    [
      'Days',
      [
        own('settle', 'SettleDays', 'to settle'),
        own('settle-day', 'SettledDays', 'settled'),
        own('settle-day', 'FailedDays', 'failed'),
        own('rollup', 'RolledUpDays', 'rolled up'),
      ],
    ],
    ['Repeats dropped by settle', [own('settle-day', 'DuplicateRows', 'rows')]],
    ['Audit', [own('audit', 'Drifts', 'drifts', 'Maximum'), own('collect', 'CollectedFiles', 'files collected')]],
    ['Errors', lambda('Errors', 'Sum')],
    ['Longest run, ms', lambda('Duration', 'Maximum')],
    ['Calls that had to wait (throttled)', lambda('Throttles', 'Sum')],
  ];
  return JSON.stringify({
    widgets: [
      { type: 'alarm', x: 0, y: 0, width: WIDE, height: 3, properties: { title: 'Alarms', alarms: alarmArns } },
      ...charts.map(([title, lines], i) => ({
        type: 'metric',
        x: (i % ROW) * (WIDE / ROW),
        y: 3 + Math.floor(i / ROW) * HEIGHT,
        width: WIDE / ROW,
        height: HEIGHT,
        properties: { title, region, view: 'timeSeries', stacked: false, period: 300, metrics: lines.map(metricOf) },
      })),
    ],
  });
}

/** Columns of a dashboard's grid. */
const WIDE = 24;
const ROW = 3;
const HEIGHT = 6;

const metricOf = ({ namespace, name, dimensions, label, statistic }: Line): unknown[] => [
  namespace,
  name,
  ...Object.entries(dimensions).flat(),
  { label, stat: statistic },
];
