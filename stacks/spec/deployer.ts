/**
 * The IAM policy of the person or workflow that deploys: everything on resources that carry the app's name and on SST's own
 * store, and nothing else. Where a name limits the resources, all actions of the service are allowed: a provider reads more
 * of a resource than it writes.
 *
 * `npm run deployer-policy -- --account 123456789012` prints the policy, for a permission set or the role of a workflow.
 */
import { parseArgs } from 'node:util';
import { config } from '../../maillake.config.ts';
import { policyOf, type Statement } from './statements.ts';

export interface Deployer {
  app: string;
  account: string;
  region: string;
  /** keys of the user's that encrypt what the stage keeps */
  keys?: readonly string[];
  /** configuration sets of the user's own, to which an event destination is added */
  configurationSets?: readonly string[];
  /** roles of analysts, by whole ARNs, that the stage attaches its policies to */
  analysts?: readonly string[];
}

export function deployerStatements({
  app,
  account,
  region,
  keys = [],
  configurationSets = [],
  analysts = [],
}: Deployer): Statement[] {
  const arn = (service: string, resource: string, place = region): string =>
    `arn:aws:${service}:${place}:${account}:${resource}`;
  const named = `${app}-*`;
  const database = `${app.replaceAll('-', '_')}_*`;
  return [
    {
      sid: 'Sst',
      actions: ['s3:*'],
      resources: ['arn:aws:s3:::sst-asset-*', 'arn:aws:s3:::sst-state-*'],
    },
    {
      sid: 'SstParameters',
      actions: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:PutParameter', 'ssm:DeleteParameter'],
      resources: [arn('ssm', 'parameter/sst/*')],
    },
    {
      sid: 'SstImages',
      actions: ['ecr:CreateRepository', 'ecr:DescribeRepositories'],
      resources: [arn('ecr', 'repository/sst-asset')],
    },
    { sid: 'Buckets', actions: ['s3:*'], resources: [`arn:aws:s3:::${named}`] },
    {
      sid: 'Roles',
      actions: [
        'iam:AttachRolePolicy',
        'iam:CreatePolicy',
        'iam:CreatePolicyVersion',
        'iam:CreateRole',
        'iam:DeletePolicy',
        'iam:DeletePolicyVersion',
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:DetachRolePolicy',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListInstanceProfilesForRole',
        'iam:ListPolicyVersions',
        'iam:ListRolePolicies',
        'iam:PutRolePolicy',
        'iam:TagPolicy',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
      ],
      resources: [arn('iam', `role/${named}`, ''), arn('iam', `policy/${named}`, '')],
    },
    {
      sid: 'PassRoles',
      actions: ['iam:PassRole'],
      resources: [arn('iam', `role/${named}`, '')],
      conditions: { StringEquals: { 'iam:PassedToService': PASSED_TO } },
    },
    {
      sid: 'Services',
      actions: [
        'athena:*',
        'cloudformation:*',
        'cloudwatch:*',
        'firehose:*',
        'glue:*',
        'lambda:*',
        'logs:*',
        'quicksight:*',
        'scheduler:*',
        'ses:*',
        'sns:*',
        'sqs:*',
      ],
      resources: [
        arn('athena', `workgroup/${named}`),
        arn('cloudformation', `stack/${named}`),
        arn('cloudwatch', `alarm:${named}`),
        arn('cloudwatch', `dashboard/${named}`, ''),
        arn('firehose', `deliverystream/${named}`),
        arn('glue', 'catalog'),
        arn('glue', `database/${database}`),
        arn('glue', `table/${database}`),
        arn('lambda', `function:${named}`),
        arn('logs', `log-group:/aws/lambda/${named}`),
        arn('logs', `log-group:/aws/kinesisfirehose/${named}`),
        ...['dashboard', 'dataset', 'datasource', 'theme'].map((kind) => arn('quicksight', `${kind}/${named}`)),
        arn('scheduler', `schedule/*/${named}`),
        ...[named, ...configurationSets].map((name) => arn('ses', `configuration-set/${name}`)),
        arn('sns', named),
        arn('sqs', named),
      ],
    },
    {
      sid: 'EventSources',
      actions: [
        'lambda:CreateEventSourceMapping',
        'lambda:DeleteEventSourceMapping',
        'lambda:GetEventSourceMapping',
        'lambda:ListTags',
        'lambda:TagResource',
        'lambda:UpdateEventSourceMapping',
      ],
      resources: [arn('lambda', 'event-source-mapping:*')],
    },
    {
      sid: 'Look',
      actions: [
        'athena:GetDataCatalog',
        'lambda:GetEventSourceMapping',
        'lambda:ListEventSourceMappings',
        'logs:DescribeLogGroups',
        'quicksight:DescribeAccountSubscription',
        'sns:GetSubscriptionAttributes',
        'sns:Unsubscribe',
        'sts:GetCallerIdentity',
      ],
      resources: { everything: 'they take no resource, or one whose name AWS makes' },
    },
    // Policies of the app, and no others.
    ...(analysts.length > 0
      ? [
          {
            sid: 'Analysts',
            actions: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
            resources: analysts,
            conditions: { ArnLike: { 'iam:PolicyARN': arn('iam', `policy/${named}`, '') } },
          },
          { sid: 'LookAtAnalysts', actions: ['iam:ListAttachedRolePolicies'], resources: analysts },
        ]
      : []),
    ...(keys.length > 0
      ? [
          {
            sid: 'Keys',
            actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
            resources: keys,
          },
        ]
      : []),
  ];
}

/** Services that take roles of the app. */
const PASSED_TO = [
  'firehose.amazonaws.com',
  'lambda.amazonaws.com',
  'quicksight.amazonaws.com',
  'scheduler.amazonaws.com',
  'ses.amazonaws.com',
];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      account: { type: 'string' },
      key: { type: 'string', multiple: true },
      'configuration-set': { type: 'string', multiple: true },
      analyst: { type: 'string', multiple: true },
    },
  });
  if (!/^\d{12}$/.test(values.account ?? '')) {
    console.error(
      'say the account: npm run -s deployer-policy -- --account 123456789012 [--key KMS_KEY_ARN] [--configuration-set NAME] [--analyst ROLE_ARN]',
    );
    process.exitCode = 2;
  } else {
    const { app, region } = config;
    const deployer = {
      app,
      region,
      account: values.account ?? '',
      keys: values.key ?? [],
      configurationSets: values['configuration-set'] ?? [],
      analysts: values.analyst ?? [],
    };
    console.log(JSON.stringify(JSON.parse(policyOf(deployerStatements(deployer))), null, 2));
  }
}
