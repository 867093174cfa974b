/**
 * Each type of resource as the provider (pulumi-aws 7.20, and Terraform's below it) treats it: how it looks for one, which
 * changes replace it, how it changes and removes one. How it creates one is in test/stacks/requests.ts.
 */
import { at, type Json, type Resource, textAt } from '../stacks/graph.ts';
import { type Request, requestsOf } from '../stacks/requests.ts';
import type { Account } from './account.ts';

export type Inputs = Resource['inputs'];

export interface Kind {
  /** the name, `*`: of this input, of all */
  replaces: readonly string[];
  /** input that holds the resource's own name: one that keeps it is removed before the other is made */
  name?: string;
  /** the request that asks for it */
  look: (inputs: Inputs, id: string) => Request;
  /** what AWS says when one of this name is there already; absent where it takes the request for a change */
  taken?: string;
  /** absent: the provider has no update */
  update?: (inputs: Inputs, id: string, account: Account, before: Inputs) => Promise<Request[]> | Request[];
  remove: (inputs: Inputs, id: string) => Request[];
}

const request = (service: string, operation: string, input: Request['input']): Request => ({
  service,
  operation,
  input,
});
const ask = (service: string, operation: string, names: Readonly<Record<string, string>>) => (inputs: Inputs) =>
  request(service, operation, Object.fromEntries(Object.entries(names).map(([key, input]) => [key, inputs[input]])));
const none = (): Request[] => [];

/** A part of a bucket that is put whole. */
const bucketPart = (type: string, get: string, remove: string | null): Kind => ({
  replaces: ['bucket'],
  look: ask('s3', get, { Bucket: 'bucket' }),
  update: (inputs) => requestsOf({ type, name: '', inputs }),
  remove: (inputs) => (remove ? [request('s3', remove, { Bucket: inputs.bucket })] : []),
});

const putAgain =
  (type: string): NonNullable<Kind['update']> =>
  (inputs) =>
    requestsOf({ type, name: '', inputs });

const renamed = (made: readonly Request[], operation: string, change: (input: Request['input']) => Request['input']) =>
  made.slice(0, 1).map(({ service, input }) => request(service, operation, change(input)));

const without = (input: Request['input'], ...keys: readonly string[]): Request['input'] =>
  Object.fromEntries(Object.entries(input).filter(([key]) => !keys.includes(key)));

export const KINDS: Readonly<Record<string, Kind>> = {
  'aws:athena/namedQuery:NamedQuery': {
    replaces: ['name', 'description', 'database', 'query', 'workgroup'],
    name: 'name',
    look: (_, id) => request('athena', 'GetNamedQuery', { NamedQueryId: id }),
    remove: (_, id) => [request('athena', 'DeleteNamedQuery', { NamedQueryId: id })],
  },
  'aws:athena/workgroup:Workgroup': {
    replaces: ['name'],
    name: 'name',
    look: ask('athena', 'GetWorkGroup', { WorkGroup: 'name' }),
    taken: 'InvalidRequestException',
    update: ({ name, description }) => [
      request('athena', 'UpdateWorkGroup', { WorkGroup: name, Description: description }),
    ],
    remove: ({ name, forceDestroy }) => [
      request('athena', 'DeleteWorkGroup', { WorkGroup: name, RecursiveDeleteOption: forceDestroy === true }),
    ],
  },
  'aws:cloudformation/stack:Stack': {
    replaces: ['name', 'onFailure', 'disableRollback', 'timeoutInMinutes'],
    name: 'name',
    look: ask('cloudformation', 'DescribeStacks', { StackName: 'name' }),
    taken: 'AlreadyExistsException',
    update: (inputs) =>
      renamed(requestsOf({ type: 'aws:cloudformation/stack:Stack', name: '', inputs }), 'UpdateStack', (made) => made),
    remove: (_, id) => [request('cloudformation', 'DeleteStack', { StackName: id })],
  },
  'aws:cloudwatch/dashboard:Dashboard': {
    replaces: ['dashboardName'],
    name: 'dashboardName',
    look: ask('cloudwatch', 'GetDashboard', { DashboardName: 'dashboardName' }),
    update: putAgain('aws:cloudwatch/dashboard:Dashboard'),
    remove: ({ dashboardName }) => [request('cloudwatch', 'DeleteDashboards', { DashboardNames: [dashboardName] })],
  },
  'aws:cloudwatch/logGroup:LogGroup': {
    replaces: ['name'],
    name: 'name',
    look: ({ name }) => request('logs', 'DescribeLogStreams', { logGroupName: name }),
    taken: 'ResourceAlreadyExistsException',
    update: (inputs) =>
      requestsOf({ type: 'aws:cloudwatch/logGroup:LogGroup', name: '', inputs }).filter(
        ({ operation }) => operation !== 'CreateLogGroup',
      ),
    remove: ({ name }) => [request('logs', 'DeleteLogGroup', { logGroupName: name })],
  },
  'aws:cloudwatch/logStream:LogStream': {
    replaces: ['name', 'logGroupName'],
    name: 'name',
    look: ({ name, logGroupName }) => request('logs', 'GetLogEvents', { logGroupName, logStreamName: name }),
    taken: 'ResourceAlreadyExistsException',
    remove: ({ name, logGroupName }) => [request('logs', 'DeleteLogStream', { logGroupName, logStreamName: name })],
  },
  'aws:cloudwatch/metricAlarm:MetricAlarm': {
    replaces: ['name'],
    name: 'name',
    look: ({ name }) => request('cloudwatch', 'DescribeAlarms', { AlarmNames: [name] }),
    update: putAgain('aws:cloudwatch/metricAlarm:MetricAlarm'),
    remove: ({ name }) => [request('cloudwatch', 'DeleteAlarms', { AlarmNames: [name] })],
  },
  'aws:glue/catalogDatabase:CatalogDatabase': {
    replaces: ['name', 'catalogId'],
    name: 'name',
    look: ask('glue', 'GetDatabase', { Name: 'name' }),
    taken: 'AlreadyExistsException',
    update: (inputs) =>
      renamed(
        requestsOf({ type: 'aws:glue/catalogDatabase:CatalogDatabase', name: '', inputs }),
        'UpdateDatabase',
        (made) => ({
          Name: inputs.name,
          ...made,
        }),
      ),
    remove: ({ name }) => [request('glue', 'DeleteDatabase', { Name: name })],
  },
  'aws:glue/catalogTable:CatalogTable': {
    replaces: ['name', 'databaseName', 'catalogId'],
    name: 'name',
    look: ask('glue', 'GetTable', { DatabaseName: 'databaseName', Name: 'name' }),
    taken: 'AlreadyExistsException',
    update: (inputs) =>
      renamed(
        requestsOf({ type: 'aws:glue/catalogTable:CatalogTable', name: '', inputs }),
        'UpdateTable',
        (made) => made,
      ),
    remove: ({ name, databaseName }) => [request('glue', 'DeleteTable', { DatabaseName: databaseName, Name: name })],
  },
  'aws:iam/policy:Policy': {
    replaces: ['name', 'description', 'path'],
    name: 'name',
    look: (_, id) => request('iam', 'GetPolicy', { PolicyArn: id }),
    taken: 'EntityAlreadyExists',
    // IAM keeps five versions: the provider removes the oldest before it makes one.
    async update({ policy }, id, account) {
      const versions = at(await account.send(request('iam', 'ListPolicyVersions', { PolicyArn: id })), 'Versions');
      const old = (Array.isArray(versions) ? versions : []).filter(
        (version) => at(version, 'IsDefaultVersion') !== true,
      );
      return [
        ...old
          .slice(3)
          .map((version) =>
            request('iam', 'DeletePolicyVersion', { PolicyArn: id, VersionId: textAt(version, 'VersionId') }),
          ),
        request('iam', 'CreatePolicyVersion', { PolicyArn: id, PolicyDocument: policy, SetAsDefault: true }),
      ];
    },
    remove: (_, id) => [request('iam', 'DeletePolicy', { PolicyArn: id })],
  },
  'aws:iam/role:Role': {
    replaces: ['name', 'path'],
    name: 'name',
    look: ask('iam', 'GetRole', { RoleName: 'name' }),
    taken: 'EntityAlreadyExists',
    update: (inputs) => [
      request('iam', 'UpdateAssumeRolePolicy', { RoleName: inputs.name, PolicyDocument: inputs.assumeRolePolicy }),
      request('iam', 'UpdateRole', { RoleName: inputs.name, Description: inputs.description ?? '' }),
      ...requestsOf({ type: 'aws:iam/role:Role', name: '', inputs }).slice(1),
    ],
    remove: ({ name, inlinePolicies }) => [
      ...(Array.isArray(inlinePolicies) ? inlinePolicies : []).map((policy) =>
        request('iam', 'DeleteRolePolicy', { RoleName: name, PolicyName: at(policy, 'name') }),
      ),
      request('iam', 'DeleteRole', { RoleName: name }),
    ],
  },
  'aws:iam/rolePolicy:RolePolicy': {
    replaces: ['name', 'role'],
    name: 'name',
    look: ask('iam', 'GetRolePolicy', { RoleName: 'role', PolicyName: 'name' }),
    update: putAgain('aws:iam/rolePolicy:RolePolicy'),
    remove: ({ role, name }) => [request('iam', 'DeleteRolePolicy', { RoleName: role, PolicyName: name })],
  },
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment': {
    replaces: ['role', 'policyArn'],
    look: ask('iam', 'ListAttachedRolePolicies', { RoleName: 'role' }),
    remove: ({ role, policyArn }) => [request('iam', 'DetachRolePolicy', { RoleName: role, PolicyArn: policyArn })],
  },
  'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': {
    replaces: ['name', 'destination'],
    name: 'name',
    look: ask('firehose', 'DescribeDeliveryStream', { DeliveryStreamName: 'name' }),
    taken: 'ResourceInUseException',
    async update(inputs, _, account) {
      const said = await account.send(
        request('firehose', 'DescribeDeliveryStream', { DeliveryStreamName: inputs.name }),
      );
      return renamed(
        requestsOf({ type: 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream', name: '', inputs }),
        'UpdateDestination',
        (made) => ({
          DeliveryStreamName: inputs.name,
          CurrentDeliveryStreamVersionId: at(said, 'DeliveryStreamDescription', 'VersionId'),
          DestinationId: at(said, 'DeliveryStreamDescription', 'Destinations', 0, 'DestinationId'),
          ExtendedS3DestinationUpdate: made.ExtendedS3DestinationConfiguration,
        }),
      );
    },
    remove: ({ name }) => [request('firehose', 'DeleteDeliveryStream', { DeliveryStreamName: name })],
  },
  'aws:lambda/eventSourceMapping:EventSourceMapping': {
    replaces: ['eventSourceArn'],
    look: (_, id) => request('lambda', 'GetEventSourceMapping', { UUID: id }),
    update: (inputs, id) =>
      renamed(
        requestsOf({ type: 'aws:lambda/eventSourceMapping:EventSourceMapping', name: '', inputs }),
        'UpdateEventSourceMapping',
        (made) => ({ UUID: id, ...without(made, 'EventSourceArn') }),
      ),
    remove: (_, id) => [request('lambda', 'DeleteEventSourceMapping', { UUID: id })],
  },
  'aws:lambda/function:Function': {
    replaces: ['name', 'packageType'],
    name: 'name',
    look: ask('lambda', 'GetFunction', { FunctionName: 'name' }),
    taken: 'ResourceConflictException',
    update: (inputs) =>
      requestsOf({ type: 'aws:lambda/function:Function', name: '', inputs }).flatMap(({ input }) => [
        request('lambda', 'UpdateFunctionConfiguration', without(input, 'Code', 'PackageType', 'Architectures')),
        request('lambda', 'UpdateFunctionCode', {
          FunctionName: inputs.name,
          S3Bucket: inputs.s3Bucket,
          S3Key: inputs.s3Key,
          Architectures: inputs.architectures,
        }),
      ]),
    remove: ({ name }) => [request('lambda', 'DeleteFunction', { FunctionName: name })],
  },
  'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig': {
    replaces: ['functionName', 'qualifier'],
    look: ask('lambda', 'GetFunctionEventInvokeConfig', { FunctionName: 'functionName' }),
    update: putAgain('aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig'),
    remove: ({ functionName }) => [
      request('lambda', 'DeleteFunctionEventInvokeConfig', { FunctionName: functionName }),
    ],
  },
  'aws:s3/bucket:Bucket': {
    replaces: ['bucket', 'bucketPrefix'],
    name: 'bucket',
    look: ask('s3', 'HeadBucket', { Bucket: 'bucket' }),
    taken: 'BucketAlreadyOwnedByYou',
    update: none,
    remove: ({ bucket, forceDestroy }) => [
      ...(forceDestroy === true ? [request('s3', 'EmptyBucket', { Bucket: bucket })] : []),
      request('s3', 'DeleteBucket', { Bucket: bucket }),
    ],
  },
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': bucketPart(
    'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration',
    'GetBucketLifecycleConfiguration',
    'DeleteBucketLifecycle',
  ),
  'aws:s3/bucketPolicy:BucketPolicy': bucketPart(
    'aws:s3/bucketPolicy:BucketPolicy',
    'GetBucketPolicy',
    'DeleteBucketPolicy',
  ),
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': bucketPart(
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    'GetPublicAccessBlock',
    'DeletePublicAccessBlock',
  ),
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': bucketPart(
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    'GetBucketEncryption',
    'DeleteBucketEncryption',
  ),
  'aws:s3/bucketVersioning:BucketVersioning': bucketPart(
    'aws:s3/bucketVersioning:BucketVersioning',
    'GetBucketVersioning',
    null,
  ),
  'aws:s3/bucketObjectv2:BucketObjectv2': {
    replaces: ['bucket', 'key'],
    name: 'key',
    look: ask('s3', 'HeadObject', { Bucket: 'bucket', Key: 'key' }),
    update: putAgain('aws:s3/bucketObjectv2:BucketObjectv2'),
    remove: ({ bucket, key }) => [request('s3', 'DeleteObject', { Bucket: bucket, Key: key })],
  },
  'aws:scheduler/schedule:Schedule': {
    replaces: ['name', 'groupName'],
    name: 'name',
    look: ask('scheduler', 'GetSchedule', { Name: 'name' }),
    taken: 'ConflictException',
    update: (inputs) =>
      renamed(
        requestsOf({ type: 'aws:scheduler/schedule:Schedule', name: '', inputs }),
        'UpdateSchedule',
        (made) => made,
      ),
    remove: ({ name }) => [request('scheduler', 'DeleteSchedule', { Name: name })],
  },
  'aws:sesv2/configurationSet:ConfigurationSet': {
    replaces: ['configurationSetName'],
    name: 'configurationSetName',
    look: ask('sesv2', 'GetConfigurationSet', { ConfigurationSetName: 'configurationSetName' }),
    taken: 'AlreadyExistsException',
    update: none,
    remove: ({ configurationSetName }) => [
      request('sesv2', 'DeleteConfigurationSet', { ConfigurationSetName: configurationSetName }),
    ],
  },
  'aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination': {
    replaces: ['configurationSetName', 'eventDestinationName'],
    name: 'eventDestinationName',
    look: ask('sesv2', 'GetConfigurationSetEventDestination', {
      ConfigurationSetName: 'configurationSetName',
      EventDestinationName: 'eventDestinationName',
    }),
    taken: 'AlreadyExistsException',
    update: (inputs) =>
      renamed(
        requestsOf({
          type: 'aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination',
          name: '',
          inputs,
        }),
        'UpdateConfigurationSetEventDestination',
        (made) => made,
      ),
    remove: ({ configurationSetName, eventDestinationName }) => [
      request('sesv2', 'DeleteConfigurationSetEventDestination', {
        ConfigurationSetName: configurationSetName,
        EventDestinationName: eventDestinationName,
      }),
    ],
  },
  'aws:sns/topic:Topic': {
    replaces: ['name', 'fifoTopic'],
    name: 'name',
    look: (_, id) => request('sns', 'GetTopicAttributes', { TopicArn: id }),
    update: none,
    remove: (_, id) => [request('sns', 'DeleteTopic', { TopicArn: id })],
  },
  'aws:sns/topicSubscription:TopicSubscription': {
    replaces: ['topic', 'protocol', 'endpoint'],
    look: (_, id) => request('sns', 'GetSubscriptionAttributes', { SubscriptionArn: id }),
    update: none,
    remove: (_, id) => [request('sns', 'Unsubscribe', { SubscriptionArn: id })],
  },
  'aws:sqs/queue:Queue': {
    replaces: ['name', 'fifoQueue'],
    name: 'name',
    look: ({ name }) => request('sqs', 'GetQueueUrl', { QueueName: name }),
    update: (inputs, id) =>
      renamed(
        requestsOf({ type: 'aws:sqs/queue:Queue', name: '', inputs }),
        'SetQueueAttributes',
        ({ Attributes }) => ({
          QueueUrl: id,
          Attributes,
        }),
      ),
    remove: (_, id) => [request('sqs', 'DeleteQueue', { QueueUrl: id })],
  },
  'random:index/randomBytes:RandomBytes': {
    replaces: ['length', 'keepers'],
    look: () => request('', 'Recall', { key: '' }),
    remove: none,
  },
};

/** Of a look-up that moto answers with nothing where AWS would say that it isn't there. */
export function isThere(type: string, said: Json): boolean {
  if (said === null) return false;
  if (type === 'aws:athena/workgroup:Workgroup') return at(said, 'WorkGroup', 'Name') !== undefined;
  if (type !== 'aws:cloudwatch/metricAlarm:MetricAlarm') return true;
  const alarms = at(said, 'MetricAlarms');
  return Array.isArray(alarms) && alarms.length > 0;
}
