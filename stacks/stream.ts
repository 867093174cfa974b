/** From SES into the raw bucket: a Firehose, and the configuration set whose events it takes. */

import { nameOf } from '#aws/stage-names.ts';
import { keyOf } from './deployed.ts';
import { kept, type LakeStage } from './lake-stage.ts';
import { makeRole, type Role } from './role.ts';
import { ERROR_ROOT, FIREHOSE_ERROR_PREFIX, firehosePrefix } from './spec/raw-folders.ts';
import { firehoseStatements, policyOf, sesStatements, trusts } from './spec/statements.ts';
import type { Storage } from './storage.ts';

export interface Stream {
  firehose: aws.kinesis.FirehoseDeliveryStream;
  configurationSet?: $util.Output<string>;
}

/** Nothing, where the raw bucket is one that the user has. */
export function makeStream(stage: LakeStage, { raw }: Storage): Stream | null {
  const { config, places, account } = stage;
  if (config.raw.from === 'existing bucket') return null;
  const group = `/aws/kinesisfirehose/${places.names.firehose}`;
  const logGroup = new aws.cloudwatch.LogGroup('FirehoseLogs', {
    name: group,
    retentionInDays: config.retention.logDays,
  });
  const logStream = new aws.cloudwatch.LogStream('FirehoseLogStream', {
    name: 'delivery',
    logGroupName: logGroup.name,
  });
  const role = makeRole(stage, 'Firehose', places.names.roles.firehose, {
    trust: trusts(account, places).firehose,
    policy: policyOf(firehoseStatements(places, group, ERROR_ROOT)),
  });
  const firehose = new aws.kinesis.FirehoseDeliveryStream(
    'Firehose',
    {
      name: places.names.firehose,
      destination: 'extended_s3',
      extendedS3Configuration: {
        roleArn: role.role.arn,
        bucketArn: raw.arn,
        prefix: firehosePrefix(),
        errorOutputPrefix: FIREHOSE_ERROR_PREFIX,
        customTimeZone: 'UTC',
        compressionFormat: 'GZIP',
        bufferingInterval: config.raw.buffer.seconds,
        bufferingSize: config.raw.buffer.megabytes,
        ...(config.kmsKeyArn ? { kmsKeyArn: config.kmsKeyArn } : {}),
        cloudwatchLoggingOptions: { enabled: true, logGroupName: logGroup.name, logStreamName: logStream.name },
      },
      // What waits to be delivered. With a key of the user's, Firehose makes itself a grant: the deployer needs kms:CreateGrant.
      serverSideEncryption: config.kmsKeyArn
        ? { enabled: true, keyType: 'CUSTOMER_MANAGED_CMK', keyArn: config.kmsKeyArn }
        : { enabled: true, keyType: 'AWS_OWNED_CMK' },
    },
    { dependsOn: [role.policy] },
  );
  return { firehose, ...attachSes(stage, firehose) };
}

const SET = 'aws:sesv2/configurationSet:ConfigurationSet';

function attachSes(
  stage: LakeStage,
  firehose: aws.kinesis.FirehoseDeliveryStream,
): { configurationSet?: $util.Output<string> } {
  const { config, places, account, deployed } = stage;
  const isNew = config.ses?.configurationSet === 'new';
  // SES refuses mail that names a configuration set which is gone, so a set that the stage made stays when another is
  // named.
  const isKept = config.keepsData && deployed.has(keyOf(SET, 'ConfigurationSet'));
  const made = isNew || isKept ? makeSet(stage) : null;
  if (!config.ses) return {};
  const role = makeRole(stage, 'Ses', places.names.roles.ses, {
    trust: trusts(account, places).ses,
    policy: policyOf(sesStatements(places)),
  });
  const publish = (name: string, set: $util.Input<string>): void => publishEvents(stage, firehose, role, name, set);
  if (made) publish('SesEvents', made);
  if (isNew && made) return { configurationSet: made };
  publish('OwnSesEvents', config.ses.configurationSet);
  return { configurationSet: $output(config.ses.configurationSet) };
}

const makeSet = (stage: LakeStage): $util.Output<string> =>
  new aws.sesv2.ConfigurationSet(
    'ConfigurationSet',
    { configurationSetName: nameOf('configurationSet', stage.names) },
    kept(stage),
  ).configurationSetName;

function publishEvents(
  { config, names }: LakeStage,
  firehose: aws.kinesis.FirehoseDeliveryStream,
  { role, policy }: Role,
  name: string,
  configurationSetName: $util.Input<string>,
): void {
  if (!config.ses) return;
  new aws.sesv2.ConfigurationSetEventDestination(
    name,
    {
      configurationSetName,
      eventDestinationName: nameOf('configurationSet', names, 'events'),
      eventDestination: {
        enabled: true,
        matchingEventTypes: config.ses.events,
        kinesisFirehoseDestination: { deliveryStreamArn: firehose.arn, iamRoleArn: role.arn },
      },
    },
    { dependsOn: [policy] },
  );
}
