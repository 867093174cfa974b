/** What AWS itself does with the rights of a function's role: no call of the function's own shows it. */
import { hasDeadCalls, LAMBDAS, type Lambda, type LambdaName } from '../../stacks/spec/lambdas.ts';
import type { Right } from './policy.ts';

export interface OnBehalf {
  why: string;
  isMeant(grant: Right): boolean;
}

const meant = (why: string, actions: readonly string[], place: RegExp): OnBehalf => ({
  why,
  isMeant: ({ action, resource }) => actions.includes(action) && place.test(resource),
});

const CATALOG = /^arn:aws:glue:.*:(catalog|database\/[^*]+|table\/[^/]+\/\*)$/;

/** "Fine-grained access to databases and tables" and "Access to Amazon S3 from Athena" (Amazon Athena User Guide). */
const ATHENA: readonly OnBehalf[] = [
  meant(
    'Athena looks tables, views and partitions up when it plans a query',
    [
      'glue:GetDatabase',
      'glue:GetTable',
      'glue:GetTables',
      'glue:GetPartition',
      'glue:GetPartitions',
      'glue:BatchGetPartition',
    ],
    CATALOG,
  ),
  meant(
    'Athena asks where the buckets are that it reads, and that it writes results to',
    ['s3:GetBucketLocation'],
    /-(lake|results)-[0-9a-f]+$/,
  ),
  meant(
    'Athena writes results and manifests in parts, and looks at what is there',
    ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
    /-results-[0-9a-f]+$/,
  ),
  meant(
    'Athena writes results and manifests in parts, and looks at what is there',
    ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    /-results-[0-9a-f]+\/pipeline\/\*$/,
  ),
];

const UNLOAD: readonly OnBehalf[] = [
  meant(
    "UNLOAD writes a generation's files, in parts, and looks at what is under way",
    ['s3:ListBucketMultipartUploads'],
    /-lake-[0-9a-f]+$/,
  ),
  meant(
    "UNLOAD writes a generation's files, in parts",
    ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    /-lake-[0-9a-f]+\/v1\/settled\/\*$/,
  ),
];

const COPYING = meant(
  'UNLOAD writes copies of views, in parts',
  ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
  /-results-[0-9a-f]+\/copies\/\*$/,
);

const LOGS = meant(
  'Lambda writes the logs',
  ['logs:CreateLogStream', 'logs:PutLogEvents'],
  /^arn:aws:logs:.*:log-group:\/aws\/lambda\/[^*]+:\*$/,
);
const DEAD_LETTERS = meant('Lambda sends calls that failed for good', ['sqs:SendMessage'], /-jobs-dead$/);
const EVENT_SOURCE = meant(
  "Lambda's event source takes messages and says when they are done",
  ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
  /-(live|backfill|settle|rollup)$/,
);
const MISSING = meant(
  'S3 says of a missing object that it is forbidden, to those who may not list the bucket ("GetObject")',
  ['s3:ListBucket'],
  /-raw-[0-9a-f]+$/,
);
const HASHED = meant(
  'the key that addresses are hashed under is noted by its fingerprint, and here addresses are plain',
  ['s3:PutObject'],
  /\/v1\/state\/addresses\/\*$/,
);
const FORGETTING = meant(
  'an erasure drops the rebuild that is under way, and writes files of quarantine and send days once more that name somebody: here is none',
  ['s3:PutObject'],
  /\/v1\/(state\/(rebuilds|rollups)|live\/quarantine|settled\/recipient_messages)\/\*$/,
);
const UNTIMED = meant(
  'a check of what an erasure wrote that takes too long is stopped: none does here',
  ['athena:StopQueryExecution'],
  /:workgroup\/[^*]+$/,
);
const OLD = meant(
  'days are marked as decided when they are two days old by the clock of S3, which no test turns',
  ['s3:PutObject'],
  /\/v1\/state\/decided\/\*$/,
);

const SUMMARIES = meant(
  'a hundred plans of one raw prefix are summarised, and twenty thousand objects looked at in parts: here are fewer',
  ['s3:PutObject'],
  /\/v1\/state\/(checkpoints|segments|cursors)\/\*$/,
);
const GATHERED = meant(
  'records are gathered of days that are over for some days, which no test waits for',
  ['s3:PutObject'],
  /\/v1\/state\/compacted\/\*$/,
);

const EXPIRY = meant(
  'days expire where there is a retention, and files a day later: retention.spec.ts has one, and here is none',
  ['glue:BatchDeletePartition', 'glue:GetPartitions', 's3:PutObject'],
  /^arn:aws:glue:.*:(catalog|database\/[^*]+|table\/[^/]+\/(\*|\w+))$|\/v1\/state\/(expired|heals)\/\*$/,
);

const NO_ENTRY = meant(
  'a day whose entry is gone gets it again, and no test takes one away',
  ['glue:CreatePartition'],
  CATALOG,
);
const DEAD_ROLLUP = meant(
  'what a rollup left that died before it pointed readers to its day is noted, and none dies here',
  ['s3:PutObject'],
  /\/v1\/state\/heals\/\*$/,
);
const PARTS = meant(
  'a day of more events than one query takes is asked for where to part it: here are fewer',
  ['athena:GetQueryResults'],
  /:workgroup\/[^*]+$/,
);

const SES = meant(
  'SES knows who sends by the domain, looks at the configuration set and, in its sandbox, at who gets the mail, which may count as raw',
  ['ses:SendEmail', 'ses:SendRawEmail'],
  /^arn:aws:ses:.*:(identity\/[^*]+|configuration-set\/\*)$/,
);

const TABLES = meant(
  "Athena reads the tables' files, and the records that are tables, with the rights of who asks",
  ['s3:ListBucket', 's3:GetObject'],
  /-lake-[0-9a-f]+(\/v1\/(live|settled|state)\/\w+\/\*)?$/,
);

const WATCHED = meant(
  'what watch itself asks for is tried with mail that goes wrong, in watch.spec.ts',
  [
    'athena:StartQueryExecution',
    'athena:GetQueryExecution',
    'athena:StopQueryExecution',
    'athena:GetQueryResults',
    's3:GetObject',
    's3:PutObject',
    'sns:Publish',
    'events:PutEvents',
  ],
  /(:workgroup\/[^*]+-pipeline|-lake-[0-9a-f]+\/v1\/state\/(alerts|baselines)\/\*|-mail-alerts|event-bus\/default)$/,
);

const QUERYING: readonly LambdaName[] = ['settle-day', 'rollup-days', 'watch', 'replay', 'report', 'erase'];
const WRITING: readonly LambdaName[] = ['settle-day', 'rollup-days'];

export function onBehalf(name: LambdaName): OnBehalf[] {
  const { queues }: Lambda = LAMBDAS[name];
  return [
    LOGS,
    ...(hasDeadCalls(LAMBDAS[name]) ? [DEAD_LETTERS] : []),
    ...(queues ? [EVENT_SOURCE] : []),
    ...(QUERYING.includes(name) ? ATHENA : []),
    ...(WRITING.includes(name) ? [...UNLOAD, TABLES] : []),
    ...(name === 'transform' ? [MISSING, HASHED] : []),
    ...(name === 'plan' ? [OLD, SUMMARIES] : []),
    ...(name === 'collect' ? [GATHERED, EXPIRY] : []),
    ...(name === 'rollup' ? [NO_ENTRY] : []),
    ...(name === 'rebuild' ? [NO_ENTRY, DEAD_ROLLUP] : []),
    ...(name === 'erase' ? [NO_ENTRY, DEAD_ROLLUP, FORGETTING, UNTIMED, MISSING] : []),
    ...(name === 'rollup-days' ? [DEAD_ROLLUP, PARTS, COPYING] : []),
    ...(name === 'watch' ? [TABLES, WATCHED] : []),
    ...(name === 'report' ? [SES, TABLES] : []),
  ];
}
