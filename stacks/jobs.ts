/** The functions that stacks/spec/lambdas.ts declares, with their triggers and what happens when they fail. */

import {
  ADDRESS_KEY,
  type CopiesPlace,
  type Dashboard,
  type EnvironmentVariables,
  OF_SOME,
  settingsText,
} from '#aws/environment.ts';
import { dashboardId, logicalName, nameOf, type Stage, scheduleRoleName } from '#aws/stage-names.ts';
import { keyedVersion } from '#host/attempt-version.ts';
import { codeVersion } from '#host/code-version.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import type { LakeCatalog } from './catalog.ts';
import { erasesRaw, hasCopies, isCopiedHourly, LOG_DAYS, retentionOf, type StageConfig } from './config.ts';
import type { LakeStage } from './lake-stage.ts';
import type { Queues } from './queues.ts';
import { dataSetPart, IN_MEMORY } from './quicksight/data-sets.ts';
import { makeRole, type Role } from './role.ts';
import { bundleOf } from './spec/bundle.ts';
import { hasDeadCalls, LAMBDA_NAMES, LAMBDAS, type Lambda, type LambdaName, SCHEDULES } from './spec/lambdas.ts';
import type { Account, StagePlaces } from './spec/places.ts';
import { expressionOf, isOn } from './spec/scheduled.ts';
import { functionStatements, policyOf, trusts } from './spec/statements.ts';
import type { StageSql } from './sql-folder.ts';
import type { Storage } from './storage.ts';
import type { Workgroups } from './workgroups.ts';

export interface JobInputs {
  storage: Storage;
  catalog: LakeCatalog;
  workgroups: Workgroups;
  queues: Queues;
  sql: StageSql;
}

/** How often a schedule's call is tried again that could not be made, or that the function failed. */
const RETRIES = 2;
/** By then the next call has come. */
const OLDEST_CALL_SECONDS = 3600;

export function makeJobs(stage: LakeStage, inputs: JobInputs): void {
  removeSourcemaps(stage);
  const addressKey = addressKeyOf(stage);
  const environment = variablesOf(stage, inputs, addressKey);
  for (const name of LAMBDA_NAMES) {
    const role = makeRole(stage, logicalName(name), stage.places.names.roles[name], {
      trust: trusts(stage.account, stage.places).lambda,
      policy: policyOf(functionStatements(name, stage.places)),
    });
    const { needsAddressKey, reads = [] }: Lambda = LAMBDAS[name];
    const own: Record<string, $util.Input<string>> = {
      ...(needsAddressKey && addressKey ? { [ADDRESS_KEY]: addressKey } : {}),
      ...Object.fromEntries(OF_SOME.filter((one) => !reads.includes(one)).map((one) => [one, 'null'])),
    };
    const job = makeFunction(stage, name, role, { ...environment, ...own }, inputs);
    schedule(stage, name, job, inputs.queues);
    subscribe(stage, name, job, inputs.queues);
  }
}

/** The secret that the stage's addresses are hashed under, and forgotten persons known by. @throws SST's error where it was not set */
const addressKeyOf = ({ config }: LakeStage): $util.Output<string> | null =>
  config.addresses === 'hashed' || config.erasures ? new sst.Secret('AddressKey').value : null;

function variablesOf(
  { names, settings, config, account, places }: LakeStage,
  { storage, catalog, workgroups, queues }: JobInputs,
  addressKey: $util.Output<string> | null,
): Record<keyof EnvironmentVariables, $util.Input<string>> {
  return {
    RAW_BUCKET: storage.raw.name,
    OTHER_RAW_BUCKETS: JSON.stringify(
      Object.fromEntries(
        config.otherRaw.map(({ name, bucket, region }) => [name, { bucket, region: region ?? config.region }]),
      ),
    ),
    LAKE_BUCKET: storage.lake.name,
    REPORTS_BUCKET: storage.reports.name,
    DATABASE: catalog.database.name,
    WORKGROUP: workgroups.pipeline.name,
    LIVE_QUEUE_URL: queues.live.url,
    BACKFILL_QUEUE_URL: queues.backfill.url,
    SETTLE_QUEUE_URL: queues.settle.url,
    ROLLUP_QUEUE_URL: queues.rollup.url,
    LAKE_VERSION: versionOf(codeVersion(settings, $cli.paths.root), config.addresses === 'hashed' ? addressKey : null),
    LAKE_SETTINGS: settingsText(settings),
    ERASES_RAW: String(erasesRaw(config)),
    RETENTION: JSON.stringify(retentionOf(config)),
    DASHBOARD: JSON.stringify(refreshedOf(config, names, account)),
    COPIES: JSON.stringify(copiesOf(config, places)),
    REPORT: JSON.stringify(
      config.report && { to: config.report.to, from: config.report.from, days: config.report.days },
    ),
    APP: names.app,
    STAGE: names.stage,
  };
}

/** The fingerprint is no secret, as the key can't be had from it. */
const versionOf = (version: string, addressKey: $util.Output<string> | null): $util.Input<string> =>
  addressKey === null
    ? version
    : $util.unsecret(addressKey.apply((key) => keyedVersion(version, keyedHash(key).fingerprint)));

/** What of the dashboard is read anew when a rollup has ended. */
const refreshedOf = ({ dashboards }: StageConfig, names: Stage, { account }: Account): Dashboard | null =>
  dashboards && {
    account,
    id: dashboardId(names),
    dataSets: IN_MEMORY.map(dataSetPart),
    isRefreshedHourly: dashboards.refreshAfter === 'each rollup',
  };

/** Where views are copied to without persons. */
const copiesOf = (config: StageConfig, { names }: StagePlaces): CopiesPlace | null =>
  hasCopies(config)
    ? { database: names.openDatabase, bucket: names.resultsBucket, isMadeHourly: isCopiedHourly(config) }
    : null;

function makeFunction(
  { config, places }: LakeStage,
  name: LambdaName,
  { role, policy }: Role,
  environment: Record<string, $util.Input<string>>,
  { queues, sql, catalog }: JobInputs,
): sst.aws.Function {
  const lambda: Lambda = LAMBDAS[name];
  const { nodejs, copyFiles } = bundleOf(lambda);
  const deadLetters = queues['jobs-dead'].arn;
  return new sst.aws.Function(
    logicalName(name),
    {
      name: places.names.functions[name],
      description: lambda.what,
      handler: lambda.handler,
      runtime: 'nodejs24.x',
      architecture: 'arm64',
      timeout: `${lambda.timeoutSeconds} seconds`,
      memory: `${lambda.memory} MB`,
      role: role.arn,
      environment,
      logging: { retention: LOG_DAYS[config.retention.logDays] },
      nodejs,
      copyFiles: copyFiles.map(({ from, to }) => ({ from: from === 'sql' ? sql.folder : from, to })),
      // Queues and schedules call it, not a person at a screen.
      live: false,
      ...(lambda.schedules ? { retries: RETRIES } : {}),
      transform: {
        eventInvokeConfig: (args) => {
          args.maximumEventAgeInSeconds = OLDEST_CALL_SECONDS;
          if (hasDeadCalls(lambda)) args.destinationConfig = { onFailure: { destination: deadLetters } };
        },
      },
    },
    // From its first call it writes into the tables.
    { dependsOn: [policy, ...Object.values(catalog.tables)] },
  );
}

/**
 * SST would leave each version's sourcemaps in the bucket that all stages share, also of a stage that leaves nothing.
 */
function removeSourcemaps({ config: { keepsData } }: LakeStage): void {
  $transform(aws.s3.BucketObjectv2, (_, options, name) => {
    if (/Sourcemap\d+$/.test(name)) options.retainOnDelete = keepsData;
  });
}

function schedule(
  { config, names, account, places }: LakeStage,
  name: LambdaName,
  job: sst.aws.Function,
  queues: Queues,
): void {
  for (const declared of SCHEDULES.filter(({ calls }) => calls === name)) {
    const { name: scheduled, event } = declared;
    new sst.aws.CronV2(`${logicalName(scheduled)}Schedule`, {
      function: job.arn,
      schedule: expressionOf(config, declared),
      timezone: 'UTC',
      event,
      enabled: isOn(config, declared),
      retries: RETRIES,
      dlq: queues['jobs-dead'].arn,
      transform: {
        schedule: { name: nameOf('schedule', names, scheduled) },
        role: {
          name: scheduleRoleName(names, account.region, scheduled),
          assumeRolePolicy: trusts(account, places).scheduler,
        },
      },
    });
  }
}

function subscribe({ config }: LakeStage, name: LambdaName, job: sst.aws.Function, queues: Queues): void {
  const { queues: declared = [] }: Lambda = LAMBDAS[name];
  for (const { queue, batchSize, maximumConcurrency } of declared) {
    queues[queue].subscribe(job.arn, {
      batch: { size: batchSize, partialResponses: true },
      transform: {
        eventSourceMapping: { scalingConfig: { maximumConcurrency: config.atOnce[queue] ?? maximumConcurrency } },
      },
    });
  }
}
