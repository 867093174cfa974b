/**
 * Names and addresses of a stage's resources, known before they are made: policies and tables are written with them.
 */

import { CLOUD_SETTINGS } from '#aws/environment.ts';
import {
  alertTopic,
  analystWorkgroup,
  bucketName,
  dashboardId,
  databaseName,
  globalName,
  nameOf,
  openDatabaseName,
  openWorkgroup,
  type Stage,
} from '#aws/stage-names.ts';
import { erasesRaw, hasCopies, type StageConfig } from '../config.ts';
import { dataSetId, IN_MEMORY } from '../quicksight/data-sets.ts';
import { LAMBDA_NAMES, type LambdaName } from './lambdas.ts';
import { ANALYST_RESULTS, OPEN_RESULTS, PIPELINE_RESULTS, type Places } from './permissions.ts';
import { rootOf } from './raw-folders.ts';

/** Those of the functions, and of services that work for the stage. */
export type RoleName = LambdaName | 'firehose' | 'ses' | 'dashboards';

/** Where a stage is deployed to. */
export interface Account {
  /** 12 digits */
  account: string;
  region: string;
  /** `aws`, `aws-cn`, … */
  partition: string;
}

export interface StagePlaces extends Places {
  names: {
    rawBucket: string;
    lakeBucket: string;
    resultsBucket: string;
    reportsBucket: string;
    database: string;
    openDatabase: string;
    pipelineWorkgroup: string;
    analystWorkgroup: string;
    openWorkgroup: string;
    dashboardWorkgroup: string;
    firehose: string;
    configurationSet: string;
    alertTopic: string;
    roles: Readonly<Record<RoleName, string>>;
    functions: Readonly<Record<LambdaName, string>>;
    queues: Readonly<Record<QueueName, string>>;
  };
  roles: Readonly<Record<RoleName, string>>;
  analystWorkgroup: string;
  openWorkgroup: string;
  dashboardWorkgroup: string;
  jobsDlq: string;
  firehose: string;
  configurationSet: string;
  /** the configuration set that a stage makes: it is used on beside one that is named later */
  madeConfigurationSet: string;
  /** keys that encrypt what the stage reads or writes */
  keys: { lake: string | null; raw: string | null; otherRaws: readonly string[]; former: readonly string[] };
  results: { pipeline: string; analysts: string; open: string };
  arn(service: string, resource: string): string;
}

/**
 * Those of messages, and those of what could not be worked on; `jobs-dead`: calls of a schedule that failed for good.
 */
export const QUEUES = [
  'live',
  'backfill',
  'settle',
  'rollup',
  'live-dead',
  'backfill-dead',
  'settle-dead',
  'rollup-dead',
  'jobs-dead',
] as const;
export type QueueName = (typeof QUEUES)[number];

export function placesOf(stage: Stage, { account, region, partition }: Account, config: StageConfig): StagePlaces {
  const arn = (service: string, resource: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const bucketArn = (name: string): string => `arn:${partition}:s3:::${name}`;
  const isNew = config.raw.from === 'new bucket';
  const bucket = (what: string): string => bucketName(stage, account, region, what);
  const roleNames = [...LAMBDA_NAMES, 'firehose', 'ses', 'dashboards'] as const;
  const ses = config.ses?.configurationSet;
  const names: StagePlaces['names'] = {
    rawBucket: config.raw.from === 'existing bucket' ? config.raw.bucket : bucket('raw'),
    lakeBucket: bucket('lake'),
    resultsBucket: bucket('results'),
    reportsBucket: bucket('reports'),
    database: databaseName(stage),
    openDatabase: openDatabaseName(stage),
    pipelineWorkgroup: nameOf('workgroup', stage, 'pipeline'),
    analystWorkgroup: analystWorkgroup(stage),
    openWorkgroup: openWorkgroup(stage),
    dashboardWorkgroup: nameOf('workgroup', stage, 'dashboards'),
    firehose: nameOf('firehose', stage, 'raw'),
    configurationSet: ses === undefined || ses === 'new' ? nameOf('configurationSet', stage) : ses,
    alertTopic: alertTopic(stage),
    roles: record(roleNames, (name) => globalName('role', stage, region, name)),
    functions: record(LAMBDA_NAMES, (name) => nameOf('lambda', stage, name)),
    queues: record(QUEUES, (name) => nameOf('queue', stage, name)),
  };
  const queue = (name: QueueName): string => arn('sqs', names.queues[name]);
  const rawBucket = bucketArn(names.rawBucket);
  const rawRoot = rootOf(config.raw.from === 'existing bucket' ? config.raw.template : CLOUD_SETTINGS.rawTemplate);
  const otherRaws = config.otherRaw.map(({ bucket: name, template }) => ({
    bucket: bucketArn(name),
    root: rootOf(template),
  }));
  return {
    names,
    rawBucket,
    rawRoot,
    otherRaws,
    editableRaws: erasesRaw(config) ? [{ bucket: rawBucket, root: rawRoot }, ...otherRaws] : [],
    lakeBucket: bucketArn(names.lakeBucket),
    resultsBucket: bucketArn(names.resultsBucket),
    reportsBucket: bucketArn(names.reportsBucket),
    glueCatalog: arn('glue', 'catalog'),
    database: arn('glue', `database/${names.database}`),
    tables: arn('glue', `table/${names.database}/*`),
    defaultDatabase: arn('glue', 'database/default'),
    workgroup: arn('athena', `workgroup/${names.pipelineWorkgroup}`),
    analystWorkgroup: arn('athena', `workgroup/${names.analystWorkgroup}`),
    openWorkgroup: arn('athena', `workgroup/${names.openWorkgroup}`),
    dashboardWorkgroup: arn('athena', `workgroup/${names.dashboardWorkgroup}`),
    liveQueue: queue('live'),
    backfillQueue: queue('backfill'),
    settleQueue: queue('settle'),
    rollupQueue: queue('rollup'),
    dataSets: config.dashboards
      ? IN_MEMORY.map((name) => arn('quicksight', `dataset/${dataSetId(dashboardId(stage), name)}`))
      : [],
    open: hasCopies(config)
      ? {
          database: arn('glue', `database/${names.openDatabase}`),
          tables: arn('glue', `table/${names.openDatabase}/*`),
        }
      : null,
    mail: config.report && {
      from: config.report.from,
      to: config.report.to,
      identities: identitiesOf([config.report.from, ...config.report.to]).map((name) => arn('ses', `identity/${name}`)),
      configurationSets: arn('ses', 'configuration-set/*'),
    },
    alertTopic: arn('sns', names.alertTopic),
    eventBus: arn('events', 'event-bus/default'),
    jobsDlq: queue('jobs-dead'),
    firehose: arn('firehose', `deliverystream/${names.firehose}`),
    configurationSet: arn('ses', `configuration-set/${names.configurationSet}`),
    madeConfigurationSet: arn('ses', `configuration-set/${nameOf('configurationSet', stage)}`),
    roles: record(roleNames, (name) => `arn:${partition}:iam::${account}:role/${names.roles[name]}`),
    keys: {
      lake: config.kmsKeyArn,
      raw: config.raw.from === 'existing bucket' ? config.raw.kmsKeyArn : isNew ? config.kmsKeyArn : null,
      otherRaws: config.otherRaw.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []),
      former: config.formerKmsKeyArns,
    },
    results: {
      pipeline: `s3://${names.resultsBucket}/${PIPELINE_RESULTS}`,
      analysts: `s3://${names.resultsBucket}/${ANALYST_RESULTS}`,
      open: `s3://${names.resultsBucket}/${OPEN_RESULTS}`,
    },
    arn,
  };
}

/** Addresses, their domains, and the domains above these: SES may know an address by any of them ("Verified identities"). */
function identitiesOf(addresses: readonly string[]): string[] {
  const names = addresses.flatMap((address) => {
    const labels = address.slice(address.lastIndexOf('@') + 1).split('.');
    return [address, ...labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'))];
  });
  return [...new Set(names)];
}

/** A record with a value for each of the names. */
export function record<K extends string, V>(names: readonly K[], value: (name: K) => V): Record<K, V> {
  const made: Partial<Record<K, V>> = {};
  for (const name of names) made[name] = value(name);
  return complete(made, names);
}

function complete<K extends string, V>(made: Partial<Record<K, V>>, names: readonly K[]): Record<K, V> {
  const has = (record: Partial<Record<K, V>>): record is Record<K, V> =>
    names.every((name) => Object.hasOwn(record, name));
  if (!has(made)) throw new Error('record is incomplete');
  return made;
}
