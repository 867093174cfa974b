/**
 * What a graph's resources become: the requests to AWS that make them, as the provider puts them together. The tests hold
 * them against the services' own models (service-models.ts) and against limits that those don't state.
 */
import { glueTableInput } from './glue-inputs.ts';
import { at, type Json, listAt, type Resource, textAt } from './graph.ts';

export interface Request {
  /** botocore's name of the service */
  service: string;
  operation: string;
  input: { readonly [key: string]: Json };
}

type Inputs = Resource['inputs'];
type Translation = (inputs: Inputs) => Request[];

/** @throws Error for a type that nobody has translated, or an input that its translation leaves out */
export function requestsOf({ type, name, inputs }: Pick<Resource, 'type' | 'name' | 'inputs'>): Request[] {
  if (!type.startsWith('aws:')) return [];
  const translation = TRANSLATIONS[type];
  if (!translation) throw new Error(`no translation into requests: ${type} ${name}`);
  const seen = new Set<string>();
  const requests = translation(watched(inputs, seen));
  const unseen = Object.keys(inputs).filter((key) => !seen.has(key) && !PROVIDERS_OWN.has(key) && given(inputs[key]));
  if (unseen.length > 0) throw new Error(`${type} ${name} has inputs that are in none of its requests: ${unseen}`);
  return requests.map(({ service, operation, input }) => ({ service, operation, input: withoutGaps(input) }));
}

/** What the provider does with a resource, not what AWS is told. */
const PROVIDERS_OWN = new Set(['forceDestroy', 'destination', 'source', 'publish', 'fifoQueue', 'skipDestroy']);

const given = (value: Json): boolean => value !== undefined && value !== null && value !== false;

const request = (service: string, operation: string, input: Request['input']): Request => ({
  service,
  operation,
  input,
});

const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  'aws:athena/namedQuery:NamedQuery': (i) => [
    request('athena', 'CreateNamedQuery', {
      Name: i.name,
      Description: i.description,
      Database: i.database,
      QueryString: i.query,
      WorkGroup: i.workgroup,
    }),
  ],
  'aws:athena/workgroup:Workgroup': (i) => [
    request('athena', 'CreateWorkGroup', {
      Name: i.name,
      Description: i.description,
      Configuration: pascal(i.configuration, {
        kmsKeyArn: 'KmsKey',
        publishCloudwatchMetricsEnabled: 'PublishCloudWatchMetricsEnabled',
        enforceWorkgroupConfiguration: 'EnforceWorkGroupConfiguration',
      }),
    }),
  ],
  'aws:cloudformation/stack:Stack': (i) => [
    request('cloudformation', 'CreateStack', { StackName: i.name, TemplateURL: i.templateUrl, OnFailure: i.onFailure }),
  ],
  'aws:cloudwatch/dashboard:Dashboard': (i) => [
    request('cloudwatch', 'PutDashboard', { DashboardName: i.dashboardName, DashboardBody: i.dashboardBody }),
  ],
  'aws:cloudwatch/logGroup:LogGroup': (i) => [
    request('logs', 'CreateLogGroup', { logGroupName: i.name, kmsKeyId: i.kmsKeyId }),
    ...(given(i.retentionInDays)
      ? [request('logs', 'PutRetentionPolicy', { logGroupName: i.name, retentionInDays: i.retentionInDays })]
      : []),
  ],
  'aws:cloudwatch/logStream:LogStream': (i) => [
    request('logs', 'CreateLogStream', { logGroupName: i.logGroupName, logStreamName: i.name }),
  ],
  'aws:cloudwatch/metricAlarm:MetricAlarm': (i) => [
    request('cloudwatch', 'PutMetricAlarm', {
      AlarmName: i.name,
      AlarmDescription: i.alarmDescription,
      ActionsEnabled: i.actionsEnabled,
      AlarmActions: i.alarmActions,
      OKActions: i.okActions,
      InsufficientDataActions: i.insufficientDataActions,
      Namespace: i.namespace,
      MetricName: i.metricName,
      Dimensions: dimensionsOf(i.dimensions),
      Statistic: i.statistic,
      ExtendedStatistic: i.extendedStatistic,
      Period: i.period,
      EvaluationPeriods: i.evaluationPeriods,
      DatapointsToAlarm: i.datapointsToAlarm,
      Threshold: i.threshold,
      ComparisonOperator: i.comparisonOperator,
      TreatMissingData: i.treatMissingData,
      Unit: i.unit,
      Metrics: i.metricQueries === undefined ? undefined : listAt(i, 'metricQueries').map(metricQueryOf),
    }),
  ],
  'aws:cloudwatch/compositeAlarm:CompositeAlarm': (i) => [
    request('cloudwatch', 'PutCompositeAlarm', {
      AlarmName: i.alarmName,
      AlarmDescription: i.alarmDescription,
      AlarmRule: i.alarmRule,
      AlarmActions: i.alarmActions,
      OKActions: i.okActions,
      ActionsEnabled: i.actionsEnabled,
    }),
  ],
  'aws:glue/catalogDatabase:CatalogDatabase': (i) => [
    request('glue', 'CreateDatabase', {
      DatabaseInput: {
        Name: i.name,
        Description: i.description,
        Parameters: i.parameters,
        CreateTableDefaultPermissions: many(i.createTableDefaultPermissions)?.map((one) => pascal(one)),
      },
    }),
  ],
  'aws:glue/catalogTable:CatalogTable': (i) => [
    request('glue', 'CreateTable', {
      DatabaseName: i.databaseName,
      TableInput: tableInput(i),
    }),
  ],
  'aws:iam/policy:Policy': (i) => [
    request('iam', 'CreatePolicy', { PolicyName: i.name, Description: i.description, PolicyDocument: i.policy }),
  ],
  'aws:iam/role:Role': (i) => [
    request('iam', 'CreateRole', {
      RoleName: i.name,
      Description: i.description,
      AssumeRolePolicyDocument: i.assumeRolePolicy,
      MaxSessionDuration: i.maxSessionDuration,
    }),
    ...(many(i.inlinePolicies) ?? []).map((policy) =>
      request('iam', 'PutRolePolicy', {
        RoleName: i.name,
        PolicyName: at(policy, 'name'),
        PolicyDocument: at(policy, 'policy'),
      }),
    ),
  ],
  'aws:iam/rolePolicy:RolePolicy': (i) => [
    request('iam', 'PutRolePolicy', { RoleName: i.role, PolicyName: i.name, PolicyDocument: i.policy }),
  ],
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment': (i) => [
    request('iam', 'AttachRolePolicy', { RoleName: i.role, PolicyArn: i.policyArn }),
  ],
  'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': (i) => [
    request('firehose', 'CreateDeliveryStream', {
      DeliveryStreamName: i.name,
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: at(i, 'serverSideEncryption', 'enabled')
        ? { KeyType: at(i, 'serverSideEncryption', 'keyType'), KeyARN: at(i, 'serverSideEncryption', 'keyArn') }
        : undefined,
      ExtendedS3DestinationConfiguration: firehoseDestination(i.extendedS3Configuration),
    }),
  ],
  'aws:lambda/eventSourceMapping:EventSourceMapping': (i) => [
    request('lambda', 'CreateEventSourceMapping', {
      EventSourceArn: i.eventSourceArn,
      FunctionName: i.functionName,
      BatchSize: i.batchSize,
      MaximumBatchingWindowInSeconds: i.maximumBatchingWindowInSeconds,
      FunctionResponseTypes: i.functionResponseTypes,
      ScalingConfig: pascal(i.scalingConfig),
      Enabled: i.enabled,
    }),
  ],
  'aws:lambda/function:Function': (i) => [
    request('lambda', 'CreateFunction', {
      FunctionName: i.name,
      Description: i.description,
      Role: i.role,
      Handler: i.handler,
      Runtime: i.runtime,
      Code: { S3Bucket: i.s3Bucket, S3Key: i.s3Key },
      PackageType: i.packageType,
      Architectures: i.architectures,
      MemorySize: i.memorySize,
      Timeout: i.timeout,
      EphemeralStorage: pascal(i.ephemeralStorage),
      Environment: { Variables: at(i, 'environment', 'variables') },
      LoggingConfig: pascal(i.loggingConfig),
      Layers: many(i.layers)?.length ? i.layers : undefined,
    }),
  ],
  'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig': (i) => [
    request('lambda', 'PutFunctionEventInvokeConfig', {
      FunctionName: i.functionName,
      MaximumEventAgeInSeconds: i.maximumEventAgeInSeconds,
      MaximumRetryAttempts: i.maximumRetryAttempts,
      DestinationConfig: pascal(i.destinationConfig),
    }),
  ],
  'aws:s3/bucket:Bucket': (i) => [request('s3', 'CreateBucket', { Bucket: i.bucket })],
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': (i) => [
    request('s3', 'PutBucketLifecycleConfiguration', {
      Bucket: i.bucket,
      LifecycleConfiguration: { Rules: listAt(i, 'rules').map((rule) => pascal(rule, { id: 'ID' })) },
    }),
  ],
  'aws:s3/bucketObjectv2:BucketObjectv2': (i) => [
    request('s3', 'PutObject', { Bucket: i.bucket, Key: i.key, Body: i.content, ContentType: i.contentType }),
  ],
  'aws:s3/bucketPolicy:BucketPolicy': (i) => [request('s3', 'PutBucketPolicy', { Bucket: i.bucket, Policy: i.policy })],
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': (i) => [
    request('s3', 'PutPublicAccessBlock', {
      Bucket: i.bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: i.blockPublicAcls,
        IgnorePublicAcls: i.ignorePublicAcls,
        BlockPublicPolicy: i.blockPublicPolicy,
        RestrictPublicBuckets: i.restrictPublicBuckets,
      },
    }),
  ],
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': (i) => [
    request('s3', 'PutBucketEncryption', {
      Bucket: i.bucket,
      ServerSideEncryptionConfiguration: {
        Rules: listAt(i, 'rules').map((rule) =>
          pascal(rule, { sseAlgorithm: 'SSEAlgorithm', kmsMasterKeyId: 'KMSMasterKeyID' }),
        ),
      },
    }),
  ],
  'aws:s3/bucketVersioning:BucketVersioning': (i) => [
    request('s3', 'PutBucketVersioning', {
      Bucket: i.bucket,
      VersioningConfiguration: pascal(i.versioningConfiguration),
    }),
  ],
  'aws:scheduler/schedule:Schedule': (i) => [
    request('scheduler', 'CreateSchedule', {
      Name: i.name,
      GroupName: i.groupName,
      Description: i.description,
      ScheduleExpression: i.scheduleExpression,
      ScheduleExpressionTimezone: i.scheduleExpressionTimezone,
      FlexibleTimeWindow: pascal(i.flexibleTimeWindow),
      State: i.state,
      Target: pascal(i.target),
    }),
  ],
  'aws:sesv2/configurationSet:ConfigurationSet': (i) => [
    request('sesv2', 'CreateConfigurationSet', { ConfigurationSetName: i.configurationSetName }),
  ],
  'aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination': (i) => [
    request('sesv2', 'CreateConfigurationSetEventDestination', {
      ConfigurationSetName: i.configurationSetName,
      EventDestinationName: i.eventDestinationName,
      EventDestination: pascal(i.eventDestination),
    }),
  ],
  'aws:sns/topic:Topic': (i) => [request('sns', 'CreateTopic', { Name: i.name })],
  'aws:sns/topicSubscription:TopicSubscription': (i) => [
    request('sns', 'Subscribe', { TopicArn: i.topic, Protocol: i.protocol, Endpoint: i.endpoint }),
  ],
  'aws:sqs/queue:Queue': (i) => [
    request('sqs', 'CreateQueue', {
      QueueName: i.name,
      Attributes: texts({
        DelaySeconds: i.delaySeconds,
        MessageRetentionPeriod: i.messageRetentionSeconds,
        VisibilityTimeout: i.visibilityTimeoutSeconds,
        SqsManagedSseEnabled: i.sqsManagedSseEnabled,
        KmsMasterKeyId: i.kmsMasterKeyId,
        RedrivePolicy: i.redrivePolicy,
      }),
    }),
  ],
};

/** Which of the inputs are asked for, so that none is overlooked. */
const watched = (inputs: Inputs, seen: Set<string>): Inputs =>
  new Proxy(inputs, {
    get(target, key) {
      if (typeof key === 'string') seen.add(key);
      return Reflect.get(target, key);
    },
    ownKeys: (target) => {
      const keys = Reflect.ownKeys(target);
      for (const key of keys) if (typeof key === 'string') seen.add(key);
      return keys;
    },
  });

/** Keys with a capital first letter, all the way down, but those that are called otherwise. */
function pascal(value: Json, others: Readonly<Record<string, string>> = {}): Json {
  if (Array.isArray(value)) return value.map((inner) => pascal(inner, others));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      others[key] ?? key.charAt(0).toUpperCase() + key.slice(1),
      pascal(inner, others),
    ]),
  );
}

/** As data, which it is. */
const tableInput = (inputs: Inputs): Json => JSON.parse(JSON.stringify(glueTableInput(inputs)));

const many = (value: Json): readonly Json[] | undefined => (Array.isArray(value) ? value : undefined);

const dimensionsOf = (dimensions: Json): Json =>
  typeof dimensions === 'object' && dimensions !== null
    ? Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
    : undefined;

const metricQueryOf = (query: Json): Json => ({
  Id: textAt(query, 'id'),
  Expression: at(query, 'expression'),
  Label: at(query, 'label'),
  ReturnData: at(query, 'returnData') ?? false,
  MetricStat: at(query, 'metric')
    ? {
        Metric: {
          Namespace: at(query, 'metric', 'namespace'),
          MetricName: at(query, 'metric', 'metricName'),
          Dimensions: dimensionsOf(at(query, 'metric', 'dimensions')),
        },
        Period: at(query, 'metric', 'period'),
        Stat: at(query, 'metric', 'stat'),
      }
    : undefined,
});

const firehoseDestination = (s3: Json): Json => ({
  RoleARN: at(s3, 'roleArn'),
  BucketARN: at(s3, 'bucketArn'),
  Prefix: at(s3, 'prefix'),
  ErrorOutputPrefix: at(s3, 'errorOutputPrefix'),
  CustomTimeZone: at(s3, 'customTimeZone'),
  CompressionFormat: at(s3, 'compressionFormat'),
  BufferingHints: { IntervalInSeconds: at(s3, 'bufferingInterval'), SizeInMBs: at(s3, 'bufferingSize') },
  EncryptionConfiguration: at(s3, 'kmsKeyArn')
    ? { KMSEncryptionConfig: { AWSKMSKeyARN: at(s3, 'kmsKeyArn') } }
    : undefined,
  CloudWatchLoggingOptions: pascal(at(s3, 'cloudwatchLoggingOptions')),
});

const texts = (values: { readonly [key: string]: Json }): Json =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => [key, String(value)]),
  );

/** Without what was not given. */
function withoutGaps(value: Request['input']): Request['input'] {
  const clean = (inner: Json): Json => {
    if (Array.isArray(inner)) return inner.map(clean);
    if (typeof inner !== 'object' || inner === null) return inner;
    return withoutGaps(Object.fromEntries(Object.entries(inner)));
  };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined && inner !== null)
      .map(([key, inner]) => [key, clean(inner)]),
  );
}
