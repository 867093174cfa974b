/**
 * The alarms: each says what has happened and what to do, and looks at a metric that a function or AWS sends.
 *
 * An alarm costs $0.10 a month for each metric that it looks at, so it looks at AWS's own metrics, which are free, where
 * they say the same. A composite alarm costs $0.50 ("Amazon CloudWatch pricing"): five plain ones are no dearer.
 */

import { type FIGURES, METRICS_NAMESPACE, type MetricName } from '#aws/metrics.ts';
import type { Stage } from '#aws/stage-names.ts';
import type { StageConfig } from '../config.ts';
import { LAMBDA_NAMES, LAMBDAS, type Lambda, type LambdaName } from './lambdas.ts';
import { QUEUES, type QueueName, type StagePlaces } from './places.ts';
import { longestGapSeconds } from './schedule-gap.ts';
import { expressionOf } from './scheduled.ts';

/** A metric of CloudWatch. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
  /** in place of the alarm's own */
  statistic?: Statistic;
}

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Average';

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
  /** what missing data mean; `ignore`: the state stays, for metrics that are sent once an hour or a day */
  missing: 'notBreaching' | 'breaching' | 'ignore';
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A metric of the functions, as `observed` sends it: by step, app and stage. @param source a further raw source that it is of alone */
export const ownMetric = (name: MetricName, service: LambdaName, { app, stage }: Stage, source?: string): Metric => ({
  namespace: METRICS_NAMESPACE,
  name,
  dimensions: { app, service, stage, ...(source === undefined ? {} : { source }) },
});

export function alarmsOf(config: StageConfig, stage: Stage, places: StagePlaces): Alarm[] {
  const { functions, queues, firehose } = places.names;
  const ofQueue = (name: string, queue: QueueName): Metric => ({
    namespace: 'AWS/SQS',
    name,
    dimensions: { QueueName: queues[queue] },
  });
  const ofFunction = (name: string, lambda: LambdaName): Metric => ({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { FunctionName: functions[lambda] },
  });
  const ofFirehose = (name: string): Metric => ({
    namespace: 'AWS/Firehose',
    name,
    dimensions: { DeliveryStreamName: firehose },
  });
  /** Alarms on what must not happen at all, whichever function counts it. */
  const fault = (name: string, description: string, metric: FaultName, services: readonly LambdaName[]): Alarm => ({
    ...MORE_THAN_NONE,
    name,
    description,
    metrics: services.map((service) => ownMetric(metric, service, stage)),
    ...(services.length > 1 ? { expression: sumOf(services.length) } : {}),
  });
  const deadLetters = QUEUES.filter((queue) => queue.endsWith('-dead')).map(
    (queue): Alarm => ({
      ...MORE_THAN_NONE,
      name: `dead-letters-${queue.replace('-dead', '')}`,
      description: `${DEAD_LETTERS[queue === 'jobs-dead' ? 'calls' : 'messages']} The queue: ${queues[queue]}.`,
      metrics: [ofQueue('ApproximateNumberOfMessagesVisible', queue)],
      statistic: 'Maximum',
      periodSeconds: 5 * MINUTE,
    }),
  );
  const isNew = config.raw.from === 'new bucket';
  const { quarantineShare, freshnessMinutes, silentMinutes } = config.alarms;
  return [
    ...deadLetters,
    {
      ...MORE_THAN_NONE,
      name: 'open-unit',
      description:
        'A unit of live mail has had no outcome for more than an hour. Look into the log of transform. Units of a backfill do not count here.',
      missing: 'ignore',
      metrics: [ownMetric('OldestOpenUnitSeconds', 'plan', stage)],
      statistic: 'Maximum',
      threshold: HOUR,
    },
    {
      ...MORE_THAN_NONE,
      name: 'backfill-stands',
      description:
        'Units of a backfill wait, and for three hours none was done. Look into the log of transform. A backfill that moves on, however slowly, raises no alarm.',
      metrics: [
        { ...ofQueue('ApproximateNumberOfMessagesVisible', 'backfill'), statistic: 'Minimum' },
        ofQueue('NumberOfMessagesDeleted', 'backfill'),
      ],
      expression: 'IF(FILL(a, 0) > 0 AND FILL(b, 0) == 0, 1, 0)',
      periods: 3,
    },
    {
      ...MORE_THAN_NONE,
      name: 'drift',
      description:
        'The audit found what is not as it should be. The table audits holds its report. The next audit that finds nothing ends this alarm.',
      metrics: [ownMetric('Drifts', 'audit', stage)],
      missing: 'ignore',
    },
    {
      ...MORE_THAN_NONE,
      name: 'quarantine-share',
      description: `More than ${quarantineShare * 100} % of an hour's records were rejected. Look at data_quality_daily and the table quarantine.`,
      metrics: [ownMetric('QuarantinedRecords', 'transform', stage), ownMetric('Records', 'transform', stage)],
      // A few rejected records of a few in all mean nothing.
      expression: `IF(b >= ${LEAST_RECORDS}, a / b, 0)`,
      threshold: quarantineShare,
    },
    {
      ...MORE_THAN_NONE,
      name: 'freshness',
      // The freshest unit: old mail that is read beside it is late on purpose.
      description: `New events take more than ${freshnessMinutes} minutes to be seen. Look at the queues and the log of transform.`,
      metrics: [ownMetric('LagSeconds', 'transform', stage)],
      statistic: 'Minimum',
      periodSeconds: 30 * MINUTE,
      periods: 2,
      threshold: freshnessMinutes * MINUTE,
    },
    fault(
      'failed-days',
      'Days could not be settled, or send days not computed, and are tried again. Look into the logs of settle-day and rollup-days.',
      'FailedDays',
      ['settle-day', 'rollup-days'],
    ),
    fault(
      'denied-units',
      'Units wait because access was denied: the role, a key or a bucket policy has changed. Mend it; the units are tried again.',
      'DeniedUnits',
      ['transform'],
    ),
    {
      ...MORE_THAN_NONE,
      name: 'transform-fails',
      // One process that ends itself for its memory is no failure: its unit is tried again.
      description:
        'Most calls of the function transform failed, perhaps at its start. Look into its log. Nothing is lost: units wait.',
      metrics: [ofFunction('Errors', 'transform'), ofFunction('Invocations', 'transform')],
      expression: 'IF(b >= 3, a / b, 0)',
      periodSeconds: 15 * MINUTE,
      threshold: 0.5,
    },
    fault(
      'poison-objects',
      'Raw objects were quarantined unread because reading them failed three times. Mend the cause, and replay them.',
      'PoisonObjects',
      ['transform'],
    ),
    fault(
      'split-units',
      'Units were split because they failed three times. Look for their tries in the log of transform.',
      'SplitUnits',
      ['transform'],
    ),
    fault(
      'missing-objects',
      'Raw objects were deleted before they were read. Find out who deletes raw data; the audit names the objects.',
      'MissingObjects',
      ['transform'],
    ),
    fault(
      'changed-objects',
      'Raw objects were overwritten after they were planned. Find out who overwrites raw data; the audit names the objects.',
      'ChangedObjects',
      ['plan', 'transform'],
    ),
    ...WATCHED.map(
      (name): Alarm => ({
        ...MORE_THAN_NONE,
        name: `${name}-fails`,
        description: `The function ${name} failed. Look into its log. ${nextOf(LAMBDAS[name])}`,
        // Between two runs nothing is said of errors: one that failed at night is still to be seen in the morning.
        missing: 'ignore',
        metrics: [ofFunction('Errors', name)],
      }),
    ),
    ...(config.schedules.enabled ? silences(config, (name) => ofFunction('Invocations', name)) : []),
    ...(config.schedules.enabled ? silentSources() : []),
    ...(isNew
      ? [
          {
            ...MORE_THAN_NONE,
            name: 'firehose-late',
            description: 'Firehose has kept events for more than an hour. Look at its error log.',
            metrics: [ofFirehose('DeliveryToS3.DataFreshness')],
            statistic: 'Maximum',
            threshold: HOUR,
          } satisfies Alarm,
          {
            ...MORE_THAN_NONE,
            name: 'firehose-fails',
            description:
              'Firehose could not write to the raw bucket, and tries again for a day. Look at its error log, its role, the bucket policy and the key.',
            metrics: [ofFirehose('DeliveryToS3.Success')],
            statistic: 'Minimum',
            comparison: 'LessThanThreshold',
            threshold: 1,
          } satisfies Alarm,
          {
            ...MORE_THAN_NONE,
            name: 'nothing-planned',
            description:
              'Firehose takes in events, and for two hours no new raw object was planned. Look at its error log, at the prefix of its objects, and at the log of plan.',
            metrics: [ofFirehose('IncomingRecords'), ownMetric('PlannedObjects', 'plan', stage)],
            expression: 'IF(FILL(a, 0) > 0 AND FILL(b, 0) == 0, 1, 0)',
            periods: 2,
          } satisfies Alarm,
        ]
      : []),
  ];

  /** Each source has its own: what comes from one must not hide that nothing comes from another. */
  function silentSources(): Alarm[] {
    const ofFirst = isNew ? ofFirehose('IncomingRecords') : ownMetric('PlannedObjects', 'plan', stage);
    return [
      ...(silentMinutes === null
        ? []
        : [silentSource('source-silent', 'No new events have come', silentMinutes, ofFirst)]),
      ...config.otherRaw.flatMap(({ name, silentMinutes: minutes = silentMinutes }) =>
        minutes === null
          ? []
          : [
              silentSource(
                `source-silent-${name}`,
                `No new events have come from the source ${name}`,
                minutes,
                ownMetric('PlannedObjects', 'plan', stage, name),
              ),
            ],
      ),
    ];
  }
}

type FaultName = {
  [Name in MetricName]: (typeof FIGURES)[Name]['sent'] extends 'fault' ? Name : never;
}[MetricName];

const DEAD_LETTERS = {
  messages:
    'Messages could not be worked on. Mend the cause, then redrive them (SQS, "Start DLQ redrive"). Nothing is lost: plan and settle find what is missing.',
  // A schedule is no queue, so there is nothing to redrive to.
  calls:
    'A schedule or a person called a function, and the call failed for good. Mend the cause, call the function again or wait for its schedule: it does all that is missing. Then purge the queue.',
} as const;

/** What is to be done once the cause is mended. */
const nextOf = ({ namesPersons }: Lambda): string =>
  `Its next run does what is missing, and ends this alarm${namesPersons ? ', but a call that named persons is kept nowhere: make it again' : ''}.`;

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

/**
 * Transform is not among them: a process that has met its memory's limit ends itself, and the unit is tried again. Nor are those
 * that persons call, who have the answer; a scheduled call that failed for good is a dead letter.
 */
const WATCHED: readonly LambdaName[] = LAMBDA_NAMES.filter((name) => !['transform', 'replay', 'report'].includes(name));

/** Longest time that an alarm can look back, seconds (CloudWatch API, `PutMetricAlarm`, EvaluationPeriods). */
const LONGEST_ALARM = 7 * DAY;

/**
 * After how many seconds without a call a function counts as silent: six runs missed of what runs every few minutes,
 * three of what runs every few hours, and two hours late of what runs once a day or less often.
 */
const silenceOf = (gapSeconds: number): number =>
  gapSeconds <= 15 * MINUTE ? 6 * gapSeconds : gapSeconds <= 6 * HOUR ? 3 * gapSeconds : gapSeconds + 2 * HOUR;

/** The function's most frequent schedule, as the stage has it. */
const gapOf = (name: LambdaName, config: StageConfig): number => {
  const { schedules: declared = [] }: Lambda = LAMBDAS[name];
  return Math.min(...declared.map((one) => longestGapSeconds(expressionOf(config, one))));
};

/** Whose silence others tell: who reads the report misses it, and the audit finds what erase and rebuild should have done. */
const MISSED_ELSEWHERE: ReadonlySet<LambdaName> = new Set(['report', 'erase', 'rebuild']);

/** Those that schedules call, but these. */
const CALLED = LAMBDA_NAMES.filter((name) => 'schedules' in LAMBDAS[name] && !MISSED_ELSEWHERE.has(name));

/** Functions that are called so seldom that no alarm can tell that they are silent. */
export const withoutSilenceAlarm = (config: StageConfig): LambdaName[] =>
  CALLED.filter((name) => silenceOf(gapOf(name, config)) > LONGEST_ALARM);

/** Functions that their schedules call, and that have not run for some runs. */
function silences(config: StageConfig, invocations: (lambda: LambdaName) => Metric): Alarm[] {
  const seldom = withoutSilenceAlarm(config);
  const isWatched = (name: LambdaName): boolean => name !== 'watch' || config.alerts.enabled;
  return CALLED.filter((name) => isWatched(name) && !seldom.includes(name)).map((name): Alarm => {
    const silence = silenceOf(gapOf(name, config));
    return {
      ...silenceFor(silence),
      name: `${name}-silent`,
      description: `The function ${name} has not been called for ${inWords(silence)}. Look at its schedules and its log.`,
      metrics: [invocations(name)],
    };
  });
}

/** No new events: of SES, of what feeds the bucket, or of the sender. */
const silentSource = (name: string, said: string, minutes: number, metric: Metric): Alarm => ({
  ...silenceFor(minutes * MINUTE),
  name,
  description: `${said} for ${inWords(minutes * MINUTE)}. Has nobody sent mail, does the mail name the configuration set, does the source still deliver? Say silentMinutes if your mail pauses for longer.`,
  metrics: [metric],
});

/** An alarm on nothing at all for so many seconds. */
function silenceFor(seconds: number): Omit<Alarm, 'name' | 'description' | 'metrics'> {
  // Periods below an hour may add up to a day only.
  const periodSeconds = seconds <= 2 * HOUR ? 5 * MINUTE : HOUR;
  return {
    statistic: 'Sum',
    periodSeconds,
    periods: Math.ceil(seconds / periodSeconds),
    comparison: 'LessThanThreshold',
    threshold: 1,
    missing: 'breaching',
  };
}

const inWords = (seconds: number): string =>
  seconds < 2 * HOUR ? `${Math.round(seconds / MINUTE)} minutes` : `${Math.round(seconds / HOUR)} hours`;

/** A metric that was not sent counts as 0; without this the sum with it would have no value. */
const sumOf = (count: number): string =>
  METRIC_IDS.slice(0, count)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');

/** Names of metrics in an expression, in their order. */
export const METRIC_IDS: readonly string[] = ['a', 'b', 'c', 'd'];
