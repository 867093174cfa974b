/**
 * Takes over resources of a stage that exist in the account and not in SST's state: after a deployment that was killed before
 * the state was written, after a rollback that kept tables of a newer release, after the state was lost. Without this, AWS
 * would refuse to create what exists. A resource belongs to the stage if its name carries app and stage.
 *
 * Resources that AWS lets be created again (policies and settings, alarms, dashboards, topics) are not looked for.
 */
import {
  AthenaClient,
  BatchGetNamedQueryCommand,
  GetWorkGroupCommand,
  paginateListNamedQueries,
} from '@aws-sdk/client-athena';
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { GetDatabaseCommand, GlueClient, paginateGetTables } from '@aws-sdk/client-glue';
import { GetPolicyCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand, LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { globalName, logicalName, nameOf, scheduleRoleName } from '#aws/stage-names.ts';
import type { View } from '#lake/sql/views/view.ts';
import { copyName, openViews } from '#lake/sql/without-persons.ts';
import { hasCopies } from './config.ts';
import { againName, isEngineRunning, keyOf } from './deployed.ts';
import type { LakeStage } from './lake-stage.ts';
import { glueTables } from './spec/glue-tables.ts';
import { LAMBDA_NAMES, LAMBDAS, type Lambda, SCHEDULES } from './spec/lambdas.ts';
import { QUEUES } from './spec/places.ts';
import { exampleQueries, savedQueries } from './spec/saved-queries.ts';
import type { StageSql } from './sql-folder.ts';

/** Address by which the engine takes a resource over, by type and logical name. */
type Found = ReadonlyMap<string, string>;
type Add = (type: string, name: string, id: string | undefined) => void;

/**
 * Has the engine import what is there, as it is: the next deployment brings it up to date.
 * @returns how many there are
 */
export async function adoptExisting(stage: LakeStage, { views }: StageSql): Promise<number> {
  if (!isEngineRunning()) return 0;
  const found = await existing(stage, views);
  if (found.size === 0) return 0;
  $util.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    const id = found.get(keyOf(type, type === MAPPING ? queueOf(name) : name));
    return id === undefined ? undefined : { props, opts: { ...opts, import: id, ignoreChanges: Object.keys(props) } };
  });
  return found.size;
}

const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
/** SST's own name of a mapping: `LiveQueueSubscriber`, random letters, `EventSourceMapping`. */
const queueOf = (name: string): string => name.replace(/QueueSubscriber.*$/, '');

/** What is there and not in the state. Of a kind that the state has whole, nothing is looked up. */
async function existing(stage: LakeStage, views: readonly View[]): Promise<Found> {
  const { deployed } = stage;
  const found = new Map<string, string>();
  const known = new Set([...deployed.keys()].map((key) => (key.startsWith(MAPPING) ? queueOf(key) : key)));
  const isMissing = (type: string, name: string): boolean => !known.has(keyOf(type, name));
  const region = { region: stage.account.region };
  const lookups = [
    ...inBuckets(stage, region),
    ...inCatalog(stage, views, region),
    ...inFunctions(stage, region),
    ...inStream(stage, region),
    ...inWithoutPersons(stage, views, region),
    ...inDashboards(stage, region),
  ];
  await Promise.all(
    lookups
      .filter(({ type, names }) => names.some((name) => isMissing(type, name)))
      .map(async ({ names, look }) => {
        try {
          await look((type, name, id) => {
            if (id !== undefined && names.includes(name) && isMissing(type, name)) found.set(keyOf(type, name), id);
          });
        } catch (error) {
          if (!isAbsence(error)) throw error;
        }
      }),
  );
  return found;
}

interface LookUp {
  type: string;
  /** logical names of what it would find */
  names: readonly string[];
  look: (add: Add) => Promise<void>;
}

interface Where {
  region: string;
}

/** One resource, whose address is known if it is there. */
const one = (type: string, name: string, id: string, ask: () => Promise<unknown>): LookUp => ({
  type,
  names: [name],
  async look(add) {
    await ask();
    add(type, name, id);
  },
});

/** Each service has other words for what isn't there; any other answer, such as a denial, is an error. */
const isAbsence = (error: unknown): boolean =>
  error instanceof Error &&
  (/NotFound|NoSuchEntity|NonExistent|QueueDoesNotExist/.test(error.name) ||
    (error.name === 'InvalidRequestException' && /not found|does not exist/i.test(error.message)) ||
    // The provider's own words.
    /^Invocation of .*(couldn't find resource|does not exist)/is.test(error.message));

function inBuckets({ places, config }: LakeStage, where: Where): LookUp[] {
  const s3 = new S3Client(where);
  const { rawBucket, lakeBucket, resultsBucket, reportsBucket } = places.names;
  const own = config.raw.from === 'new bucket' ? { RawBucket: rawBucket } : {};
  const buckets = { ...own, LakeBucket: lakeBucket, ResultsBucket: resultsBucket, ReportsBucket: reportsBucket };
  return Object.entries(buckets).map(([name, bucket]) =>
    one('aws:s3/bucket:Bucket', name, bucket, () => s3.send(new HeadBucketCommand({ Bucket: bucket }))),
  );
}

const TABLE = 'aws:glue/catalogTable:CatalogTable';
const QUERY = 'aws:athena/namedQuery:NamedQuery';
/** Most that `BatchGetNamedQuery` takes. */
const QUERIES_AT_ONCE = 50;

function inCatalog({ places, account, deployed }: LakeStage, views: readonly View[], where: Where): LookUp[] {
  const [glue, athena] = [new GlueClient(where), new AthenaClient(where)];
  const { database, pipelineWorkgroup, analystWorkgroup } = places.names;
  return [
    ...inDatabase(glue, account, database, '', [
      ...glueTables('').map(({ Name }) => `${logicalName(Name)}Table`),
      ...views.map(({ name }) => `${logicalName(name)}View`),
    ]),
    workgroup(athena, 'PipelineWorkgroup', pipelineWorkgroup),
    workgroup(athena, 'AnalystsWorkgroup', analystWorkgroup),
    {
      type: QUERY,
      // One that was made again has another logical name.
      names: [...savedQueries(views), ...exampleQueries()]
        .map(({ name }) => `${logicalName(name)}Query`)
        .filter((name) => !deployed.has(keyOf(QUERY, againName(name)))),
      async look(add) {
        for await (const { NamedQueryIds = [] } of paginateListNamedQueries(
          { client: athena, pageSize: QUERIES_AT_ONCE },
          { WorkGroup: analystWorkgroup },
        )) {
          if (NamedQueryIds.length === 0) continue;
          const { NamedQueries = [] } = await athena.send(new BatchGetNamedQueryCommand({ NamedQueryIds }));
          for (const { Name = '', NamedQueryId } of NamedQueries) add(QUERY, `${logicalName(Name)}Query`, NamedQueryId);
        }
      },
    },
  ];
}

/** A database with its tables and views. @param before begins their logical names */
const inDatabase = (
  glue: GlueClient,
  { account }: LakeStage['account'],
  database: string,
  before: string,
  relations: readonly string[],
): LookUp[] => [
  one('aws:glue/catalogDatabase:CatalogDatabase', `${before}Database`, `${account}:${database}`, () =>
    glue.send(new GetDatabaseCommand({ Name: database })),
  ),
  {
    type: TABLE,
    names: relations.map((name) => `${before}${name}`),
    async look(add) {
      for await (const { TableList = [] } of paginateGetTables({ client: glue }, { DatabaseName: database })) {
        for (const { Name = '' } of TableList) {
          const id = `${account}:${database}:${Name}`;
          for (const kind of ['Table', 'View']) add(TABLE, `${before}${logicalName(Name)}${kind}`, id);
        }
      }
    },
  },
];

const workgroup = (athena: AthenaClient, name: string, WorkGroup: string): LookUp => ({
  type: 'aws:athena/workgroup:Workgroup',
  names: [name],
  async look(add) {
    const said = await athena.send(new GetWorkGroupCommand({ WorkGroup }));
    if (said.WorkGroup) add('aws:athena/workgroup:Workgroup', name, WorkGroup);
  },
});

function policy(iam: IAMClient, name: string, { partition, account }: LakeStage['account'], called: string): LookUp {
  const PolicyArn = `arn:${partition}:iam::${account}:policy/${called}`;
  return one('aws:iam/policy:Policy', name, PolicyArn, () => iam.send(new GetPolicyCommand({ PolicyArn })));
}

const role = (iam: IAMClient, name: string, RoleName: string): LookUp =>
  one('aws:iam/role:Role', name, RoleName, () => iam.send(new GetRoleCommand({ RoleName })));

function inFunctions({ names, places, account }: LakeStage, where: Where): LookUp[] {
  const [iam, lambda, sqs] = [new IAMClient(where), new LambdaClient(where), new SQSClient(where)];
  const [scheduler, logs] = [new SchedulerClient(where), new CloudWatchLogsClient(where)];
  return [
    policy(iam, 'AnalystPolicy', account, globalName('policy', names, account.region, 'analysts')),
    ...SCHEDULES.flatMap(({ name }) => {
      const schedule = nameOf('schedule', names, name);
      return [
        role(iam, `${logicalName(name)}ScheduleRole`, scheduleRoleName(names, account.region, name)),
        one('aws:scheduler/schedule:Schedule', `${logicalName(name)}ScheduleSchedule`, `default/${schedule}`, () =>
          scheduler.send(new GetScheduleCommand({ Name: schedule })),
        ),
      ];
    }),
    ...QUEUES.map((name): LookUp => {
      const [type, logical] = ['aws:sqs/queue:Queue', `${logicalName(name)}QueueQueue`];
      return {
        type,
        names: [logical],
        async look(add) {
          add(
            type,
            logical,
            (await sqs.send(new GetQueueUrlCommand({ QueueName: places.names.queues[name] }))).QueueUrl,
          );
        },
      };
    }),
    ...LAMBDA_NAMES.flatMap((name): LookUp[] => {
      const FunctionName = places.names.functions[name];
      const { queues = [] }: Lambda = LAMBDAS[name];
      return [
        role(iam, `${logicalName(name)}Role`, places.names.roles[name]),
        one('aws:lambda/function:Function', `${logicalName(name)}Function`, FunctionName, () =>
          lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
        ),
        logGroup(logs, `${logicalName(name)}LogGroup`, `/aws/lambda/${FunctionName}`),
        ...queues.map(
          ({ queue }): LookUp => ({
            type: MAPPING,
            names: [logicalName(queue)],
            async look(add) {
              const { EventSourceMappings = [] } = await lambda.send(
                new ListEventSourceMappingsCommand({ FunctionName, EventSourceArn: places[`${queue}Queue`] }),
              );
              add(MAPPING, logicalName(queue), EventSourceMappings[0]?.UUID);
            },
          }),
        ),
      ];
    }),
  ];
}

/** It has no request that asks for one by name; this one fails if it isn't there. */
const logGroup = (logs: CloudWatchLogsClient, name: string, logGroupName: string): LookUp =>
  one('aws:cloudwatch/logGroup:LogGroup', name, logGroupName, () =>
    logs.send(new DescribeLogStreamsCommand({ logGroupName, limit: 1 })),
  );

function inStream(stage: LakeStage, where: Where): LookUp[] {
  const { names, places, config } = stage;
  if (config.raw.from === 'existing bucket') return [];
  const [firehose, logs] = [new FirehoseClient(where), new CloudWatchLogsClient(where)];
  const [ses, iam] = [new SESv2Client(where), new IAMClient(where)];
  const group = `/aws/kinesisfirehose/${places.names.firehose}`;
  const stream = 'aws:cloudwatch/logStream:LogStream';
  const destination = 'aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination';
  const made = nameOf('configurationSet', names);
  const isNew = config.ses?.configurationSet === 'new';
  return [
    role(iam, 'FirehoseRole', places.names.roles.firehose),
    ...(config.ses ? [role(iam, 'SesRole', places.names.roles.ses)] : []),
    one('aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream', 'Firehose', places.firehose, () =>
      firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: places.names.firehose })),
    ),
    logGroup(logs, 'FirehoseLogs', group),
    {
      type: stream,
      names: ['FirehoseLogStream'],
      async look(add) {
        const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: group }));
        if (logStreams.some(({ logStreamName }) => logStreamName === 'delivery'))
          add(stream, 'FirehoseLogStream', `${group}:delivery`);
      },
    },
    ...(isNew
      ? [
          one('aws:sesv2/configurationSet:ConfigurationSet', 'ConfigurationSet', made, () =>
            ses.send(new GetConfigurationSetCommand({ ConfigurationSetName: made })),
          ),
        ]
      : []),
    ...Object.entries(config.ses ? { [isNew ? 'SesEvents' : 'OwnSesEvents']: places.names.configurationSet } : {}).map(
      ([name, ConfigurationSetName]): LookUp => ({
        type: destination,
        names: [name],
        async look(add) {
          const { EventDestinations = [] } = await ses.send(
            new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName }),
          );
          const ours = nameOf('configurationSet', names, 'events');
          if (EventDestinations.some(({ Name }) => Name === ours))
            add(destination, name, `${ConfigurationSetName}|${ours}`);
        },
      }),
    ),
  ];
}

function inWithoutPersons(
  { names, places, account, config }: LakeStage,
  views: readonly View[],
  where: Where,
): LookUp[] {
  if (!hasCopies(config)) return [];
  const [glue, athena, iam] = [new GlueClient(where), new AthenaClient(where), new IAMClient(where)];
  const { openDatabase, openWorkgroup } = places.names;
  return [
    ...inDatabase(glue, account, openDatabase, 'WithoutPersons', [
      ...openViews(views).flatMap(({ view, reads }) => [
        `${logicalName(view.name)}View`,
        ...(reads === 'copy' ? [`${logicalName(copyName(view.name))}Table`] : []),
      ]),
    ]),
    workgroup(athena, 'WithoutPersonsWorkgroup', openWorkgroup),
    policy(iam, 'WithoutPersonsPolicy', account, globalName('policy', names, account.region, 'without-persons')),
  ];
}

/** CloudFormation is asked by the provider: one more client would be needed for this question only. */
function inDashboards({ names, places, config, deployed }: LakeStage, where: Where): LookUp[] {
  if (!config.dashboards) return [];
  const [type, name, stack] = [
    'aws:cloudformation/stack:Stack',
    'DashboardStack',
    nameOf('stack', names, 'dashboards'),
  ];
  return [
    role(new IAMClient(where), 'DashboardsRole', places.names.roles.dashboards),
    workgroup(new AthenaClient(where), 'DashboardsWorkgroup', places.names.dashboardWorkgroup),
    ...(deployed.has(keyOf(type, againName(name)))
      ? []
      : [one(type, name, stack, () => aws.cloudformation.getStack({ name: stack }))]),
  ];
}
