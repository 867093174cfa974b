/** What an analyst may do: run queries in a workgroup for people over tables and views, and nothing else. */

import { OPEN_TABLES } from '#lake/sql/without-persons.ts';
import { COPIES } from '#lake/steps/copy-views.ts';
import { quarantine } from '#lake/tables/index.ts';
import {
  ANALYST_RESULTS,
  COUNTS,
  DEFAULT_DATABASE,
  LIVE,
  OPEN_RESULTS,
  PIPELINE_RESULTS,
  READABLE,
  SETTLED,
} from './permissions.ts';
import type { StagePlaces } from './places.ts';
import { ERROR_ROOT } from './raw-folders.ts';
import type { Statement } from './statements.ts';

/** @param workgroup where they ask; the analysts' unless told */
export const analystStatements = (places: StagePlaces, workgroup = places.analystWorkgroup): Statement[] => [
  ...asking(places, {
    workgroup,
    results: ANALYST_RESULTS,
    catalog: [places.database, places.tables],
    files: [{ bucket: places.lakeBucket, folders: READABLE }],
  }),
  {
    sid: 'NoQuarantine',
    effect: 'Deny',
    actions: ['glue:BatchGetPartition', 'glue:GetPartition', 'glue:GetPartitions', 'glue:GetTable'],
    resources: [inTables(places, `${quarantine.name}*`)],
  },
];

/**
 * Of one who may see no persons: copies of views, and tables that hold counts. What holds persons is forbidden as well, so that other
 * rights of the same person, such as to read all buckets, don't open it.
 */
export const openStatements = (places: StagePlaces, workgroup = places.openWorkgroup): Statement[] => [
  ...asking(places, {
    workgroup,
    results: OPEN_RESULTS,
    catalog: [
      ...(places.open ? [places.open.database, places.open.tables] : []),
      places.database,
      ...OPEN_TABLES.map((name) => inTables(places, name)),
    ],
    files: [
      { bucket: places.lakeBucket, folders: COUNTS },
      { bucket: places.resultsBucket, folders: [COPIES] },
    ],
  }),
  {
    sid: 'NoPersons',
    effect: 'Deny',
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    resources: [
      ...[LIVE, SETTLED].map((folder) => `${places.lakeBucket}/${folder}*`),
      // A bucket of the user's may hold other things, which are none of ours.
      ...[
        { bucket: places.rawBucket, root: places.rawRoot },
        { bucket: places.rawBucket, root: ERROR_ROOT },
        ...places.otherRaws,
      ].map(({ bucket, root }) => `${bucket}/${root}*`),
      ...[ANALYST_RESULTS, PIPELINE_RESULTS].map((folder) => `${places.resultsBucket}/${folder}*`),
    ],
  },
  // Whoever may ask in a workgroup sees the results that others got there.
  {
    sid: 'NoOtherResults',
    effect: 'Deny',
    actions: ['athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:GetQueryResultsStream'],
    resources: [places.workgroup, places.analystWorkgroup],
  },
];

const inTables = ({ tables }: StagePlaces, name: string): string => tables.replace(/\*$/, name);

interface Asked {
  /** arn:…:workgroup/NAME */
  workgroup: string;
  /** folder of the results' bucket that the workgroup writes to */
  results: string;
  /** databases and tables */
  catalog: readonly string[];
  /** what the tables' files lie in */
  files: readonly { bucket: string; folders: readonly string[] }[];
}

const asking = (places: StagePlaces, { workgroup, results, catalog, files }: Asked): Statement[] => [
  {
    sid: 'Ask',
    actions: [
      'athena:BatchGetNamedQuery',
      'athena:BatchGetQueryExecution',
      'athena:CreateNamedQuery',
      'athena:GetNamedQuery',
      'athena:GetQueryExecution',
      'athena:GetQueryResults',
      'athena:GetQueryResultsStream',
      'athena:GetQueryRuntimeStatistics',
      'athena:GetWorkGroup',
      'athena:ListNamedQueries',
      'athena:ListQueryExecutions',
      'athena:StartQueryExecution',
      'athena:StopQueryExecution',
    ],
    resources: [workgroup],
  },
  {
    sid: 'Browse',
    actions: [
      'athena:GetDataCatalog',
      'athena:GetDatabase',
      'athena:GetTableMetadata',
      'athena:ListDatabases',
      'athena:ListTableMetadata',
    ],
    resources: [places.arn('athena', 'datacatalog/AwsDataCatalog')],
  },
  {
    sid: 'Console',
    actions: ['athena:ListDataCatalogs', 'athena:ListEngineVersions', 'athena:ListWorkGroups'],
    resources: {
      everything: 'they list what an account has, and take no resource (Service Authorization Reference, Athena)',
    },
  },
  {
    sid: 'Catalog',
    actions: [
      'glue:BatchGetPartition',
      'glue:GetDatabase',
      'glue:GetDatabases',
      'glue:GetPartition',
      'glue:GetPartitions',
      'glue:GetTable',
      'glue:GetTables',
    ],
    resources: [places.glueCatalog, ...catalog],
  },
  { sid: 'Default', actions: DEFAULT_DATABASE.actions, resources: DEFAULT_DATABASE.resources(places) },
  {
    sid: 'Read',
    actions: ['s3:GetObject'],
    resources: files.flatMap(({ bucket, folders }) => folders.map((folder) => `${bucket}/${folder}*`)),
  },
  ...files.map(
    ({ bucket, folders }, i): Statement => ({
      sid: i === 0 ? 'List' : `List${i}`,
      actions: ['s3:ListBucket'],
      resources: [bucket],
      conditions: { StringLike: { 's3:prefix': folders.map((folder) => `${folder}*`) } },
    }),
  ),
  { sid: 'Locate', actions: ['s3:GetBucketLocation'], resources: [places.lakeBucket, places.resultsBucket] },
  {
    sid: 'Results',
    actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
    resources: [`${places.resultsBucket}/${results}*`],
  },
  {
    sid: 'ListResults',
    actions: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
    resources: [places.resultsBucket],
    conditions: { StringLike: { 's3:prefix': [`${results}*`] } },
  },
  ...(places.keys.lake
    ? [{ sid: 'Key', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [places.keys.lake] }]
    : []),
  ...(places.keys.former.length > 0
    ? [{ sid: 'FormerKeys', actions: ['kms:Decrypt'], resources: places.keys.former }]
    : []),
];
