/** A whole stage. Resources are made in order, and handed to those that need them. */
import { attributionDays } from '#lake/steps/rollup.ts';
import { adoptExisting } from './adopt.ts';
import { makeAlarms, makeAlertTopic } from './alarms.ts';
import { attachPolicies, makeAnalystPolicy } from './analysts.ts';
import { makeCatalog } from './catalog.ts';
import { refuseChanges } from './changes.ts';
import {
  configOf,
  type LakeConfig,
  refuseOtherAccounts,
  refuseShortRetention,
  type StageConfig,
  settingsOf,
} from './config.ts';
import { makeDashboards } from './dashboards.ts';
import { deployedResources, isEngineRunning } from './deployed.ts';
import { makeJobs } from './jobs.ts';
import type { LakeStage } from './lake-stage.ts';
import { makeQueues } from './queues.ts';
import { placesOf } from './spec/places.ts';
import { warningsOf } from './spec/warnings.ts';
import { sqlFolder } from './sql-folder.ts';
import { makeStorage } from './storage.ts';
import { makeStream } from './stream.ts';
import { deployerCredentials, refuseWithoutSubscription } from './subscription.ts';
import { makeViews } from './views.ts';
import { makeWithoutPersons } from './without-persons.ts';
import { makeWorkgroups } from './workgroups.ts';

/** @returns what `sst deploy` prints */
export async function deployLake(lakeConfig: LakeConfig): Promise<Record<string, $util.Input<string>>> {
  const config = configOf(lakeConfig, $app.stage);
  const [{ accountId }, { partition }] = await Promise.all([aws.getCallerIdentity(), aws.getPartition()]);
  const names = { app: $app.name, stage: $app.stage };
  const account = { account: accountId, region: config.region, partition };
  const places = placesOf(names, account, config);
  const deployed = deployedResources(names);
  refuseOtherAccounts(config, names.stage, accountId);
  refuseChanges(deployed, config, places, names.stage);
  const subscription = await subscriptionWarning(config, accountId);
  const stage: LakeStage = { names, account, config, places, settings: settingsOf(config), deployed };

  const sql = await sqlFolder(config, names);
  refuseShortRetention(config, names.stage, attributionDays(sql.views));
  const adopted = await adoptExisting(stage, sql);
  const storage = makeStorage(stage);
  const stream = makeStream(stage, storage);
  const catalog = makeCatalog(stage, storage);
  const workgroups = makeWorkgroups(stage, storage);
  const views = makeViews(stage, sql, catalog, workgroups);
  const open = makeWithoutPersons(stage, storage, sql, views);
  makeDashboards(stage, storage, sql.views, [...views, ...(open?.relations ?? [])]);
  const queues = makeQueues(stage);
  const alertTopic = makeAlertTopic(stage);
  makeJobs(stage, { storage, catalog, workgroups, queues, sql });
  const { topic, dashboard } = makeAlarms(stage);
  const analysts = makeAnalystPolicy(stage);
  attachPolicies(stage, analysts, open?.policy);
  const warnings = [...warningsOf(config), ...(subscription === null ? [] : [subscription])];
  return {
    raw: storage.raw.name,
    lake: storage.lake.name,
    results: storage.results.name,
    reports: storage.reports.name,
    database: catalog.database.name,
    workgroup: workgroups.analysts.name,
    analystPolicy: analysts.arn,
    ...(open
      ? {
          databaseWithoutPersons: open.database.name,
          workgroupWithoutPersons: open.workgroup.name,
          policyWithoutPersons: open.policy.arn,
        }
      : {}),
    alarms: topic.arn,
    mailAlerts: alertTopic.arn,
    dashboard: dashboard.dashboardName,
    ...(adopted > 0
      ? { takenOver: `${adopted} resources that were there already: deploy again to bring them up to date` }
      : {}),
    ...(warnings.length > 0 ? { warnings: warnings.join(' ') } : {}),
    ...(stream ? { firehose: stream.firehose.name } : {}),
    ...(stream?.configurationSet ? { configurationSet: stream.configurationSet } : {}),
  };
}

/** Where no engine runs, nothing is about to be made. */
async function subscriptionWarning(config: StageConfig, account: string): Promise<string | null> {
  if (config.dashboards === null || !isEngineRunning()) return null;
  return refuseWithoutSubscription({
    account,
    dashboards: config.dashboards,
    credentials: await deployerCredentials(config.region),
    now: Date.now(),
    endpoint: process.env.AWS_ENDPOINT_URL,
  });
}
