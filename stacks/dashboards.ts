/** The dashboard in QuickSight, where the config names who may look at it: a role and a workgroup of its own, and a template. */
import { createHash } from 'node:crypto';
import { dashboardId, nameOf } from '#aws/stage-names.ts';
import type { View } from '#lake/sql/views/view.ts';
import { wholeOne } from './deployed.ts';
import type { LakeStage } from './lake-stage.ts';
import { templateOf } from './quicksight/template.ts';
import { makeRole } from './role.ts';
import { analystStatements, openStatements } from './spec/analyst.ts';
import { DASHBOARD_TEMPLATES } from './spec/permissions.ts';
import { policyOf, trusts } from './spec/statements.ts';
import type { Storage } from './storage.ts';
import { makeDashboardWorkgroup } from './workgroups.ts';

/** @param deployed views and tables, which the data sets read */
export function makeDashboards(
  stage: LakeStage,
  storage: Storage,
  views: readonly View[],
  deployed: $util.Resource[],
): void {
  const { config, places, account, names } = stage;
  if (!config.dashboards) return;
  const workgroup = makeDashboardWorkgroup(stage, storage);
  const { persons } = config.dashboards;
  const { role, policy } = makeRole(stage, 'Dashboards', places.names.roles.dashboards, {
    trust: trusts(account, places).quicksight,
    // The rights of an analyst, in a workgroup of its own, so that its limit and its costs are separate.
    policy: policyOf((persons ? analystStatements : openStatements)(places, places.dashboardWorkgroup)),
  });
  const template = JSON.stringify(
    templateOf(
      {
        account: account.account,
        id: dashboardId(names),
        name: `${names.app} ${names.stage}`,
        database: persons ? places.names.database : places.names.openDatabase,
        workgroup: places.names.dashboardWorkgroup,
        roleArn: places.roles.dashboards,
        dimensions: config.dimensions,
        ...config.dashboards,
      },
      views,
    ),
  );
  // Longer than what a request may hold: CloudFormation reads it from S3.
  const object = new aws.s3.BucketObjectv2('DashboardTemplate', {
    bucket: storage.results.name,
    // Another template is another object: CloudFormation compares addresses.
    key: `${DASHBOARD_TEMPLATES}${createHash('sha256').update(template).digest('hex').slice(0, 16)}.json`,
    content: template,
    contentType: 'application/json',
  });
  new aws.cloudformation.Stack(
    wholeOne(stage.deployed, 'aws:cloudformation/stack:Stack', 'DashboardStack'),
    {
      name: nameOf('stack', names, 'dashboards'),
      // Such as without a subscription to QuickSight: CloudFormation updates none whose making it has taken back.
      onFailure: 'DELETE',
      templateUrl: $interpolate`https://${storage.results.name}.s3.${account.region}.amazonaws.com/${object.key}`,
    },
    // One that was taken over does not know it, and would be made anew.
    { ignoreChanges: ['onFailure'], dependsOn: [role, policy, workgroup, object, ...deployed] },
  );
}
