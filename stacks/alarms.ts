/** Alarms, the topic that they notify, and the dashboard; the topic of alerts about mail. */

import { globalName, logicalName, nameOf } from '#aws/stage-names.ts';
import type { LakeStage } from './lake-stage.ts';
import { type Alarm, alarmsOf, METRIC_IDS } from './spec/alarms.ts';
import { dashboardBody } from './spec/dashboard.ts';

export function makeAlarms(stage: LakeStage): { topic: aws.sns.Topic; dashboard: aws.cloudwatch.Dashboard } {
  const { names, config, places, account } = stage;
  // Not encrypted: what it says are names of metrics, and CloudWatch can't use SNS's own key.
  const topic = new aws.sns.Topic('Alarms', { name: nameOf('topic', names, 'alarms') });
  if (config.alarms.email) {
    new aws.sns.TopicSubscription('AlarmMail', { topic: topic.arn, protocol: 'email', endpoint: config.alarms.email });
  }
  const alarms = alarmsOf(config, names, places);
  const made = alarms.map((alarm) => makeAlarm(stage, alarm, topic));
  const dashboard = new aws.cloudwatch.Dashboard('Dashboard', {
    dashboardName: globalName('dashboard', names, account.region),
    dashboardBody: $resolve(made.map(({ arn }) => arn)).apply((arns) =>
      dashboardBody(names, account.region, places, arns),
    ),
  });
  return { topic, dashboard };
}

/** The topic of alerts about mail: whoever looks after the mail is not always who looks after the pipeline. */
export function makeAlertTopic({ places, config }: LakeStage): aws.sns.Topic {
  // Not encrypted, as what it says are names of domains and campaigns, figures and servers' answers.
  const topic = new aws.sns.Topic('MailAlerts', { name: places.names.alertTopic });
  if (config.alerts.email)
    new aws.sns.TopicSubscription('AlertMail', { topic: topic.arn, protocol: 'email', endpoint: config.alerts.email });
  return topic;
}

function makeAlarm({ names }: LakeStage, alarm: Alarm, topic: aws.sns.Topic): aws.cloudwatch.MetricAlarm {
  const { name, description, comparison, periods, periodSeconds, threshold, missing, statistic } = alarm;
  return new aws.cloudwatch.MetricAlarm(`${logicalName(name)}Alarm`, {
    name: nameOf('alarm', names, name),
    alarmDescription: description,
    comparisonOperator: comparison,
    evaluationPeriods: periods,
    threshold,
    treatMissingData: missing,
    alarmActions: [topic.arn],
    okActions: [topic.arn],
    ...(alarm.expression
      ? { metricQueries: queriesOf(alarm, alarm.expression) }
      : oneMetric(alarm, statistic, periodSeconds)),
  });
}

function oneMetric({ metrics }: Alarm, statistic: string, period: number): Partial<aws.cloudwatch.MetricAlarmArgs> {
  const [metric] = metrics;
  if (!metric) throw new Error('an alarm needs a metric');
  const { namespace, name, dimensions } = metric;
  return { namespace, metricName: name, dimensions, statistic, period };
}

const queriesOf = ({ metrics, name, periodSeconds, statistic }: Alarm, expression: string) => [
  ...metrics.map((metric, i) => ({
    id: METRIC_IDS[i] ?? '',
    metric: {
      namespace: metric.namespace,
      metricName: metric.name,
      dimensions: metric.dimensions,
      period: periodSeconds,
      stat: metric.statistic ?? statistic,
    },
  })),
  { id: 'result', expression, label: name, returnData: true },
];
