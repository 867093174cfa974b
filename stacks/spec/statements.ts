/**
 * Statements of IAM policies as data, and the roles' statements: what the functions declare, and what AWS does for
 * them.
 */
import { hasDeadCalls, LAMBDA_NAMES, LAMBDAS, type Lambda, type LambdaName } from './lambdas.ts';
import type { Conditions, Permission } from './permissions.ts';
import type { Account, StagePlaces } from './places.ts';
import { RAW_PREFIX_ROOT } from './raw-folders.ts';

export interface Statement {
  sid: string;
  actions: readonly string[];
  /** `everything`: AWS knows nothing narrower for these actions, for the reason given */
  resources: readonly string[] | { everything: string };
  effect?: 'Deny';
  conditions?: Conditions;
}

/** A policy's text (IAM User Guide, "IAM JSON policy reference"). */
export const policyOf = (statements: readonly Statement[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(({ sid, effect = 'Allow', actions, resources, conditions }) => ({
      Sid: sid,
      Effect: effect,
      Action: actions,
      Resource: 'everything' in resources ? '*' : resources,
      ...(conditions ? { Condition: conditions } : {}),
    })),
  });

/** Who may take a role: the service, and under which conditions. */
const trustOf = (service: string, conditions?: Statement['conditions']): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: service },
        Action: 'sts:AssumeRole',
        ...(conditions ? { Condition: conditions } : {}),
      },
    ],
  });

/**
 * Who may take the roles of a stage. A service that works for others too says for whom ("The confused deputy problem",
 * IAM User Guide), each in its own way: what a service doesn't say must not be asked for, or it can't take the role.
 */
export const trusts = (
  { account }: Pick<Account, 'account'>,
  { configurationSet, madeConfigurationSet }: StagePlaces,
) => ({
  /** It takes roles of its own account only: who makes a function must be allowed to pass the role. */
  lambda: trustOf('lambda.amazonaws.com'),
  /** "Confused deputy prevention", EventBridge Scheduler */
  scheduler: trustOf('scheduler.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } }),
  /** "Allow Firehose to assume an IAM role": the account is its external id */
  firehose: trustOf('firehose.amazonaws.com', { StringEquals: { 'sts:ExternalId': account } }),
  /** "Overriding an account-wide role", AthenaParameters of the QuickSight API */
  quicksight: trustOf('quicksight.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } }),
  /** "Giving Amazon SES permission to publish to your Firehose delivery stream" */
  ses: trustOf('ses.amazonaws.com', {
    StringEquals: { 'aws:SourceAccount': account },
    ArnLike: {
      'aws:SourceArn':
        configurationSet === madeConfigurationSet ? configurationSet : [configurationSet, madeConfigurationSet],
    },
  }),
});

/** What a function declares, its logs, its calls that finally failed, and the keys of what it reads and writes. */
export function functionStatements(name: LambdaName, places: StagePlaces): Statement[] {
  const { permissions }: Lambda = LAMBDAS[name];
  return [
    ...permissions
      .map(({ actions, resources, conditions }, i) => ({
        sid: `Declared${i}`,
        actions,
        resources: resources(places),
        ...(conditions ? { conditions: conditions(places) } : {}),
      }))
      // Such as a dashboard's, where there is none.
      .filter(({ resources }) => resources.length > 0),
    logsStatement(places, logGroupOf(places.names.functions[name])),
    ...(hasDeadCalls(LAMBDAS[name])
      ? [{ sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [places.jobsDlq] } satisfies Statement]
      : []),
    ...keyStatements(name, places),
  ];
}

/** To read what is encrypted, and to write it, each only for the buckets that the function reads or writes. */
function keyStatements(name: LambdaName, places: StagePlaces): Statement[] {
  const permissions: readonly Permission[] = LAMBDAS[name].permissions;
  const does = (action: string, bucket: string): boolean =>
    permissions.some(
      ({ actions, resources }) =>
        actions.includes(action) && resources(places).some((resource) => resource.startsWith(`${bucket}/`)),
    );
  const { rawBucket, lakeBucket, resultsBucket, keys } = places;
  const isWriter = does('s3:PutObject', lakeBucket) || does('s3:PutObject', resultsBucket);
  const statements: Statement[] = [];
  if (keys.lake) {
    const actions = ['kms:Decrypt', ...(isWriter ? ['kms:GenerateDataKey'] : [])];
    statements.push({ sid: 'Key', actions, resources: [keys.lake] });
  }
  const rawKeys = new Set([...(keys.raw ? [keys.raw] : []), ...keys.otherRaws].filter((key) => key !== keys.lake));
  if (rawKeys.size > 0 && does('s3:GetObject', rawBucket)) {
    const actions = ['kms:Decrypt', ...(does('s3:PutObject', rawBucket) ? ['kms:GenerateDataKey'] : [])];
    statements.push({ sid: 'RawKey', actions, resources: [...rawKeys] });
  }
  if (keys.former.length > 0) statements.push({ sid: 'FormerKeys', actions: ['kms:Decrypt'], resources: keys.former });
  return statements;
}

/** Lambda's own, which SST keeps to. */
export const logGroupOf = (functionName: string): string => `/aws/lambda/${functionName}`;

const logsStatement = ({ arn }: StagePlaces, group: string): Statement => ({
  sid: 'Logs',
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: [arn('logs', `log-group:${group}:*`)],
});

/** Firehose writes raw objects, and those it could not deliver, and nothing else (Firehose, "Controlling access"). */
export const firehoseStatements = (places: StagePlaces, logGroup: string, errorRoot: string): Statement[] => [
  {
    sid: 'Write',
    actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
    resources: [`${places.rawBucket}/${RAW_PREFIX_ROOT}*`, `${places.rawBucket}/${errorRoot}*`],
  },
  {
    sid: 'Look',
    actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
    resources: [places.rawBucket],
  },
  {
    sid: 'Logs',
    actions: ['logs:PutLogEvents'],
    resources: [places.arn('logs', `log-group:${logGroup}:log-stream:*`)],
  },
  ...(places.keys.raw
    ? [{ sid: 'Key', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [places.keys.raw] }]
    : []),
];

export const sesStatements = ({ firehose }: StagePlaces): Statement[] => [
  { sid: 'Publish', actions: ['firehose:PutRecordBatch'], resources: [firehose] },
];

/** Roles that write the lake: their functions put objects there, by themselves or through Athena. */
export const writersOf = (places: StagePlaces): string[] =>
  LAMBDA_NAMES.filter((name) =>
    functionStatements(name, places).some(
      ({ actions, resources }) =>
        actions.includes('s3:PutObject') &&
        !('everything' in resources) &&
        resources.some((resource) => resource.startsWith(`${places.lakeBucket}/`)),
    ),
  ).map((name) => places.roles[name]);
