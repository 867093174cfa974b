/** The pipeline's own dashboard in CloudWatch: from raw objects to answers, left to right and top to bottom. */

import { FIGURES_LINE, type FigureName, type MetricName } from '#aws/metrics.ts';
import type { Stage } from '#aws/stage-names.ts';
import { type Metric, ownMetric, type Statistic } from './alarms.ts';
import type { LambdaName } from './lambdas.ts';
import { LAMBDA_NAMES } from './lambdas.ts';
import { QUEUES, type StagePlaces } from './places.ts';
import { logGroupOf } from './statements.ts';

interface Line extends Metric {
  label: string;
  statistic: Statistic;
}

/** Figures that are no metrics: the dashboard queries them from the function's log ("CloudWatch Logs Insights"). */
interface Logged {
  of: LambdaName;
  /** by label */
  figures: Readonly<Record<string, FigureName>>;
}

/** CloudWatch's "Dashboard body structure and syntax". */
export function dashboardBody(stage: Stage, region: string, places: StagePlaces, alarmArns: readonly string[]): string {
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
  const charts: [title: string, shown: Line[] | Logged][] = [
    ['Records', [own('transform', 'Records', 'read'), own('transform', 'QuarantinedRecords', 'quarantined')]],
    [
      'What became of records',
      {
        of: 'transform',
        figures: { accepted: 'AcceptedRecords', duplicate: 'DuplicateRecords', skipped: 'SkippedRecords' },
      },
    ],
    [
      'Seconds from delivery to rows',
      [own('transform', 'LagSeconds', 'freshest', 'Minimum'), own('transform', 'LagSeconds', 'oldest', 'Maximum')],
    ],
    ['Units that were done or failed', { of: 'transform', figures: { done: 'Units', failed: 'FailedUnits' } }],
    [
      'Units that were planned, and that are open',
      { of: 'plan', figures: { planned: 'PlannedUnits', open: 'OpenUnits' } },
    ],
    ['Messages that wait', queued('ApproximateNumberOfMessagesVisible', false)],
    ['Dead letters', queued('ApproximateNumberOfMessagesVisible', true)],
    ['Days that were settled', { of: 'settle-day', figures: { days: 'SettledDays', repeats: 'DuplicateRows' } }],
    ['Send days that were rolled up', { of: 'rollup-days', figures: { days: 'RolledUpDays' } }],
    ['Drifts that the audit found', [own('audit', 'Drifts', 'drifts', 'Maximum')]],
    ['Files that were collected', { of: 'collect', figures: { files: 'CollectedFiles' } }],
    ['Errors', lambda('Errors', 'Sum')],
    ['Longest run, ms', lambda('Duration', 'Maximum')],
    ['Calls that had to wait (throttled)', lambda('Throttles', 'Sum')],
  ];
  return JSON.stringify({
    widgets: [
      { type: 'alarm', x: 0, y: 0, width: WIDE, height: 3, properties: { title: 'Alarms', alarms: alarmArns } },
      ...charts.map(([title, shown], i) => ({
        type: 'of' in shown ? 'log' : 'metric',
        x: (i % ROW) * (WIDE / ROW),
        y: 3 + Math.floor(i / ROW) * HEIGHT,
        width: WIDE / ROW,
        height: HEIGHT,
        properties: {
          title,
          region,
          view: 'timeSeries',
          stacked: false,
          ...('of' in shown
            ? { query: queryOf(shown, places.names.functions[shown.of]) }
            : { period: 300, metrics: shown.map(metricOf) }),
        },
      })),
    ],
  });
}

/** Sums of an hour: a log widget costs by the bytes that its query reads each time that somebody looks. */
const queryOf = ({ figures }: Logged, functionName: string): string =>
  [
    `SOURCE '${logGroupOf(functionName)}'`,
    `filter message = '${FIGURES_LINE.message}'`,
    `stats ${Object.entries(figures)
      .map(([label, name]) => `sum(${FIGURES_LINE.field}.${name}) as ${label}`)
      .join(', ')} by bin(1h)`,
  ].join(' | ');

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
