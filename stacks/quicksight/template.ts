/**
 * The dashboard and all that it stands on, as a CloudFormation template. Pulumi's own resource for a dashboard has no
 * definition, and drops one in silence; CloudFormation's takes the API's words, and rolls back what QuickSight refuses.
 */
import type { View } from '#lake/sql/views/view.ts';
import { record } from '../spec/places.ts';
import { DATA_SET_NAMES, DATA_SETS, type DataSetName, dataSetId, kindOf, viewsOfDataSets } from './data-sets.ts';
import { definitionOf } from './definition.ts';
import type { Json, JsonObject } from './fields.ts';
import { THEME } from './theme.ts';

export interface DashboardPlaces {
  account: string;
  /** begins the ids: an account's assets share one space of them */
  id: string;
  /** what people read: app and stage */
  name: string;
  database: string;
  workgroup: string;
  roleArn: string;
  /** whole ARNs of users and groups, whose region is that of the account's identities */
  viewers: readonly string[];
  owners: readonly string[];
  /** tags that the config makes dimensions */
  dimensions: readonly string[];
  /** whether single persons and mails may be shown, and whatever else an analyst may ask for */
  persons: boolean;
}

/**
 * For the case that no rollup has ended that day: each that ends has the data sets read anew (functions/rollup-days.ts).
 */
const REFRESHED_AT = '05:30';
/** Characters of a data set's name (QuickSight API, `CreateDataSet`). */
const MOST_NAME = 128;
/** Characters of a column's description (QuickSight API, `ColumnDescriptiveText`). */
const MOST_DESCRIPTION = 500;

export function templateOf(places: DashboardPlaces, views: readonly View[]): JsonObject {
  const { account: AwsAccountId, id, name, owners, viewers } = places;
  const named = (what: string): string => nameFor(places, what);
  const arns = record(DATA_SET_NAMES, (one) => arnOf(dataSetLogicalId(one)));
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `${name}: the dashboard of the lake`,
    Resources: {
      DataSource: {
        Type: 'AWS::QuickSight::DataSource',
        Properties: {
          AwsAccountId,
          DataSourceId: `${id}-athena`,
          Name: named('Athena'),
          Type: 'ATHENA',
          DataSourceParameters: { AthenaParameters: { WorkGroup: places.workgroup, RoleArn: places.roleArn } },
          // Whoever may pass it can make data sets of any table that its role reads.
          ...permissions(places.persons ? owners : [], DATA_SOURCE_OWNER),
        },
      },
      ...Object.fromEntries(
        [...viewsOfDataSets(views, places.persons)].flatMap(([dataSet, view]) => [
          [dataSetLogicalId(dataSet), dataSetOf(places, dataSet, view)],
          ...(DATA_SETS[dataSet] === 'SPICE'
            ? [[`${dataSetLogicalId(dataSet)}Refresh`, refreshOf(places, dataSet)]]
            : []),
        ]),
      ),
      Theme: {
        Type: 'AWS::QuickSight::Theme',
        Properties: {
          AwsAccountId,
          ThemeId: `${id}-theme`,
          Name: named('theme'),
          BaseThemeId: 'CLASSIC',
          Configuration: THEME,
          ...permissions(owners, THEME_OWNER),
        },
      },
      Dashboard: {
        Type: 'AWS::QuickSight::Dashboard',
        Properties: {
          AwsAccountId,
          DashboardId: `${id}-deliverability`,
          Name: named('deliverability'),
          Definition: definitionOf(views, arns, places.dimensions, places.persons),
          ThemeArn: arnOf('Theme'),
          ValidationStrategy: { Mode: 'STRICT' },
          DashboardPublishOptions: {
            AdHocFilteringOption: { AvailabilityStatus: 'ENABLED' },
            ExportToCSVOption: { AvailabilityStatus: 'ENABLED' },
            SheetControlsOption: { VisibilityState: 'EXPANDED' },
          },
          Permissions: [
            ...owners.map((Principal) => ({ Principal, Actions: [...DASHBOARD_VIEWER, ...DASHBOARD_OWNER] })),
            ...viewers.map((Principal) => ({ Principal, Actions: DASHBOARD_VIEWER })),
          ],
        },
      },
    },
  };
}

/** What people read, within the length that it may have. */
const nameFor = ({ name }: DashboardPlaces, what: string): string =>
  `${name.slice(0, MOST_NAME - what.length - 2)}: ${what}`;

const dataSetLogicalId = (name: DataSetName): string =>
  name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
const arnOf = (logicalId: string): JsonObject => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

function dataSetOf(places: DashboardPlaces, name: DataSetName, view: View): JsonObject {
  return {
    Type: 'AWS::QuickSight::DataSet',
    Properties: {
      AwsAccountId: places.account,
      DataSetId: dataSetId(places.id, name),
      Name: nameFor(places, name),
      ImportMode: DATA_SETS[name],
      PhysicalTableMap: {
        view: {
          RelationalTable: {
            DataSourceArn: arnOf('DataSource'),
            Catalog: 'AwsDataCatalog',
            Schema: places.database,
            Name: name,
            InputColumns: view.columns.map((column) => ({ Name: column.name, Type: kindOf(column).type })),
          },
        },
      },
      LogicalTableMap: {
        described: {
          Alias: name,
          Source: { PhysicalTableId: 'view' },
          DataTransforms: view.columns.map(({ name: ColumnName, doc }) => ({
            TagColumnOperation: { ColumnName, Tags: [{ ColumnDescription: { Text: doc.slice(0, MOST_DESCRIPTION) } }] },
          })),
        },
      },
      // Or CloudFormation would wait until all rows are read.
      ...(DATA_SETS[name] === 'SPICE' ? { IngestionWaitPolicy: { WaitForSpiceIngestion: false } } : {}),
      ...permissions(places.owners, DATA_SET_OWNER),
    },
  };
}

const refreshOf = (places: DashboardPlaces, name: DataSetName): JsonObject => ({
  Type: 'AWS::QuickSight::RefreshSchedule',
  DependsOn: [dataSetLogicalId(name)],
  Properties: {
    AwsAccountId: places.account,
    DataSetId: dataSetId(places.id, name),
    Schedule: {
      ScheduleId: 'daily',
      RefreshType: 'FULL_REFRESH',
      ScheduleFrequency: { Interval: 'DAILY', TimeOfTheDay: REFRESHED_AT, TimeZone: 'UTC' },
    },
  },
});

/** The service takes these sets of actions and no others (Amazon QuickSight User Guide, "Sharing assets"). */
const DASHBOARD_VIEWER = ['DescribeDashboard', 'ListDashboardVersions', 'QueryDashboard'].map(action);
const DASHBOARD_OWNER = [
  'DeleteDashboard',
  'DescribeDashboardPermissions',
  'UpdateDashboard',
  'UpdateDashboardPermissions',
  'UpdateDashboardPublishedVersion',
].map(action);
const THEME_OWNER = [
  'CreateThemeAlias',
  'DeleteTheme',
  'DeleteThemeAlias',
  'DescribeTheme',
  'DescribeThemeAlias',
  'DescribeThemePermissions',
  'ListThemeAliases',
  'ListThemeVersions',
  'UpdateTheme',
  'UpdateThemeAlias',
  'UpdateThemePermissions',
].map(action);
const DATA_SET_OWNER = [
  'CancelIngestion',
  'CreateIngestion',
  'DeleteDataSet',
  'DescribeDataSet',
  'DescribeDataSetPermissions',
  'DescribeIngestion',
  'ListIngestions',
  'PassDataSet',
  'UpdateDataSet',
  'UpdateDataSetPermissions',
].map(action);
const DATA_SOURCE_OWNER = [
  'DeleteDataSource',
  'DescribeDataSource',
  'DescribeDataSourcePermissions',
  'PassDataSource',
  'UpdateDataSource',
  'UpdateDataSourcePermissions',
].map(action);

function action(name: string): string {
  return `quicksight:${name}`;
}

const permissions = (owners: readonly string[], actions: readonly string[]): { Permissions?: Json } =>
  owners.length > 0 ? { Permissions: owners.map((Principal) => ({ Principal, Actions: actions })) } : {};
