/** Limits that services state in their documentation and not in their models, of the requests that the stacks come to. */
import { at, type Json, listAt } from './graph.ts';
import type { Request } from './requests.ts';

type Limit = (input: Request['input']) => string[];

/** What the service would refuse although its model allows it. */
export const refusalsOf = ({ operation, input }: Request): string[] =>
  (LIMITS[operation] ?? []).flatMap((limit) => limit(input)).map((what) => `${operation}: ${what}`);

/** Those that hold for several requests together, by what they are made in. */
export function sharedRefusals(requests: readonly Request[]): string[] {
  const sizes = new Map<string, number>();
  const groups = new Map<string, number>();
  for (const { operation, input } of requests) {
    if (operation === 'PutRolePolicy') {
      const role = String(input.RoleName);
      sizes.set(role, (sizes.get(role) ?? 0) + sizeOf(input.PolicyDocument));
    }
    if (operation === 'CreateEventSourceMapping') {
      const queue = String(input.EventSourceArn);
      groups.set(queue, (groups.get(queue) ?? 0) + 1);
    }
  }
  return [
    // IAM User Guide, "IAM and AWS STS quotas": all inline policies of a role together, without white space.
    ...[...sizes].flatMap(([role, size]) => most(size, 10_240, `all inline policies of ${role}, characters`)),
    // AWS Lambda Developer Guide: two mappings on one queue compete for its messages.
    ...[...groups].flatMap(([queue, count]) => most(count, 1, `event source mappings of ${queue}`)),
  ];
}

const most = (size: number, limit: number, what: string): string[] =>
  size > limit ? [`${what}: ${size}, and ${limit} at most`] : [];
const bytes = (value: Json): number => Buffer.byteLength(String(value ?? ''));
/** IAM counts a policy's characters without white space. */
const sizeOf = (policy: Json): number => JSON.stringify(JSON.parse(String(policy))).length;
const list = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

/** CloudWatch API, `PutMetricAlarm`: a day at most; a week, where a period is an hour or longer. */
function alarmWindow(input: Request['input']): string[] {
  const periods = [input.Period, ...list(input.Metrics).map((query) => at(query, 'MetricStat', 'Period'))]
    .filter((period) => period !== undefined)
    .map(Number);
  const seconds = Number(input.EvaluationPeriods) * Math.max(...periods);
  const isLong = periods.every((period) => period >= 3600);
  return [
    ...most(seconds, (isLong ? 7 : 1) * 86_400, `seconds that ${input.AlarmName} looks back`),
    ...periods.filter((period) => period > 30 && period % 60 !== 0).map((period) => `period of ${period} s`),
  ];
}

/** Amazon CloudWatch User Guide, "Service quotas": widgets, metrics of a widget and of all. */
function dashboard({ DashboardBody }: Request['input']): string[] {
  const widgets = listAt(JSON.parse(String(DashboardBody)), 'widgets');
  const counts = widgets.map((widget) => list(at(widget, 'properties', 'metrics')).length);
  return [
    ...most(widgets.length, 500, 'widgets'),
    ...most(Math.max(...counts), 500, 'metrics of a widget'),
    ...most(
      counts.reduce((sum, count) => sum + count, 0),
      2500,
      'metrics',
    ),
    ...widgets.flatMap((widget) => most(list(at(widget, 'properties', 'alarms')).length, 100, 'alarms of a widget')),
  ];
}

const LIMITS: Readonly<Record<string, readonly Limit[]>> = {
  // Amazon Athena User Guide, "Service quotas".
  CreateNamedQuery: [(i) => most(bytes(i.QueryString), 262_144, 'bytes of the query')],
  // Athena refuses a limit below 10 MB ("WorkGroupConfiguration"), which the model states too.
  CreateWorkGroup: [
    (i) =>
      most(
        bytes(at(i, 'Configuration', 'ResultConfiguration', 'OutputLocation')),
        1024,
        'bytes of the place of results',
      ),
  ],
  // AWS Glue Data Catalog takes names in small letters only from Athena ("Name databases, tables, and columns").
  CreateDatabase: [(i) => lowerCase(at(i, 'DatabaseInput', 'Name'))],
  CreateTable: [
    (i) => lowerCase(at(i, 'TableInput', 'Name')),
    (i) => most(bytes(at(i, 'TableInput', 'ViewOriginalText')), 409_600, 'bytes of the view'),
    (i) => columnsOf(i).flatMap((column) => lowerCase(at(column, 'Name'))),
    (i) => repeated(columnsOf(i).map((column) => String(at(column, 'Name')))),
    // Of all parameters together (AWS Glue endpoints and quotas).
    (i) => most(bytes(JSON.stringify(at(i, 'TableInput', 'Parameters') ?? {})), 512_000, 'bytes of parameters'),
  ],
  // IAM User Guide, "IAM and AWS STS quotas".
  CreateRole: [(i) => most(sizeOf(i.AssumeRolePolicyDocument), 2048, 'characters of who may take the role')],
  CreatePolicy: [(i) => most(sizeOf(i.PolicyDocument), 6144, 'characters of the policy')],
  // Amazon S3 User Guide, "Bucket policies": 20 KB.
  PutBucketPolicy: [(i) => most(bytes(i.Policy), 20_480, 'bytes of the policy')],
  PutBucketLifecycleConfiguration: [
    (i) => most(listAt(i, 'LifecycleConfiguration', 'Rules').length, 1000, 'rules'),
    (i) => repeated(listAt(i, 'LifecycleConfiguration', 'Rules').map((rule) => String(at(rule, 'ID')))),
  ],
  // Amazon S3 User Guide, "General purpose bucket naming rules".
  CreateBucket: [
    (i) =>
      /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|--x-s3|--table-s3)$/.test(
        String(i.Bucket),
      ) && !/\.\.|^\d+\.\d+\.\d+\.\d+$/.test(String(i.Bucket))
        ? []
        : [`no bucket name: ${i.Bucket}`],
  ],
  // AWS Lambda Developer Guide, "Lambda quotas": all variables together, names and values.
  CreateFunction: [
    (i) =>
      most(
        Object.entries(at(i, 'Environment', 'Variables') ?? {}).reduce(
          (sum, [key, value]) => sum + bytes(key) + bytes(value),
          0,
        ),
        4096,
        `bytes of ${i.FunctionName}'s environment`,
      ),
  ],
  PutMetricAlarm: [
    alarmWindow,
    // A math expression takes so many metrics (`PutMetricAlarm`).
    (i) => most(list(i.Metrics).length, 10, `metrics of ${i.AlarmName}`),
    (i) => most(list(i.AlarmActions).length, 5, `actions of ${i.AlarmName}`),
    (i) => repeated(list(i.Metrics).map((query) => String(at(query, 'Id')))),
  ],
  PutCompositeAlarm: [
    (i) => most(String(i.AlarmRule).split(/\b(?:ALARM|OK|INSUFFICIENT_DATA)\(/).length - 1, 100, 'alarms of a rule'),
  ],
  PutDashboard: [(i) => most(bytes(i.DashboardBody), 1_048_576, 'bytes of the dashboard'), dashboard],
  // Amazon EventBridge Scheduler User Guide, "Quotas".
  CreateSchedule: [(i) => most(bytes(at(i, 'Target', 'Input')), 262_144, 'bytes of the input')],
  // Amazon SQS API, `CreateQueue`.
  CreateQueue: [
    (i) => range(at(i, 'Attributes', 'VisibilityTimeout'), 0, 43_200, 'seconds of visibility'),
    (i) => range(at(i, 'Attributes', 'MessageRetentionPeriod'), 60, 1_209_600, 'seconds that messages are kept'),
    (i) => range(at(i, 'Attributes', 'DelaySeconds'), 0, 900, 'seconds of delay'),
    (i) => (/^[A-Za-z0-9_-]{1,80}$/.test(String(i.QueueName)) ? [] : [`no queue name: ${i.QueueName}`]),
    (i) => {
      const policy: Json = JSON.parse(String(at(i, 'Attributes', 'RedrivePolicy') ?? '{}'));
      return range(at(policy, 'maxReceiveCount'), 1, 1000, 'receipts');
    },
  ],
  // Amazon SNS API, `CreateTopic`.
  CreateTopic: [(i) => (/^[A-Za-z0-9_-]{1,256}$/.test(String(i.Name)) ? [] : [`no topic name: ${i.Name}`])],
  // Amazon Data Firehose Developer Guide, "Custom prefixes": after evaluation, with the object's own name.
  CreateDeliveryStream: [
    (i) => most(bytes(at(i, 'ExtendedS3DestinationConfiguration', 'Prefix')), 1024, 'bytes of the prefix'),
  ],
  // Amazon SES API v2, `CreateConfigurationSet`.
  CreateConfigurationSet: [
    (i) => (/^[A-Za-z0-9_-]{1,64}$/.test(String(i.ConfigurationSetName)) ? [] : [`no name: ${i.ConfigurationSetName}`]),
  ],
  CreateConfigurationSetEventDestination: [
    (i) => (/^[A-Za-z0-9_-]{1,64}$/.test(String(i.EventDestinationName)) ? [] : [`no name: ${i.EventDestinationName}`]),
  ],
};

const columnsOf = (i: Request['input']): readonly Json[] => [
  ...list(at(i, 'TableInput', 'StorageDescriptor', 'Columns')),
  ...list(at(i, 'TableInput', 'PartitionKeys')),
];

const lowerCase = (name: Json): string[] =>
  /^[a-z0-9_]{1,255}$/.test(String(name)) ? [] : [`no name that Athena takes unquoted: ${name}`];

const repeated = (names: readonly string[]): string[] =>
  names.filter((name, i) => names.indexOf(name) !== i).map((name) => `twice: ${name}`);

const range = (value: Json, from: number, to: number, what: string): string[] =>
  value === undefined || (Number(value) >= from && Number(value) <= to)
    ? []
    : [`${what}: ${value}, not ${from} to ${to}`];
