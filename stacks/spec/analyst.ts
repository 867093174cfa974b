/** What an analyst may do: run queries in the analysts' workgroup over tables and views, and nothing else. */

import { quarantine } from '#lake/tables/index.ts';
import { ANALYST_RESULTS, READABLE } from './permissions.ts';
import type { StagePlaces } from './places.ts';
import type { Statement } from './statements.ts';

export const analystStatements = (places: StagePlaces): Statement[] => [
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
    resources: [places.analystWorkgroup],
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
    resources: [places.glueCatalog, places.database, places.tables],
  },
  // Athena asks for it before any query (Athena User Guide, "Access to the default database and catalog").
  {
    sid: 'Default',
    actions: ['glue:GetDatabase'],
    resources: [places.glueCatalog, places.arn('glue', 'database/default')],
  },
  {
    sid: 'NoQuarantine',
    effect: 'Deny',
    actions: ['glue:BatchGetPartition', 'glue:GetPartition', 'glue:GetPartitions', 'glue:GetTable'],
    resources: [places.tables.replace(/\*$/, `${quarantine.name}*`)],
  },
  { sid: 'Read', actions: ['s3:GetObject'], resources: READABLE.map((folder) => `${places.lakeBucket}/${folder}*`) },
  {
    sid: 'List',
    actions: ['s3:ListBucket'],
    resources: [places.lakeBucket],
    conditions: { StringLike: { 's3:prefix': READABLE.map((folder) => `${folder}*`) } },
  },
  { sid: 'Locate', actions: ['s3:GetBucketLocation'], resources: [places.lakeBucket, places.resultsBucket] },
  {
    sid: 'Results',
    actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
    resources: [`${places.resultsBucket}/${ANALYST_RESULTS}*`],
  },
  {
    sid: 'ListResults',
    actions: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
    resources: [places.resultsBucket],
    conditions: { StringLike: { 's3:prefix': [`${ANALYST_RESULTS}*`] } },
  },
  ...(places.keys.lake
    ? [{ sid: 'Key', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [places.keys.lake] }]
    : []),
  ...(places.keys.former.length > 0
    ? [{ sid: 'FormerKeys', actions: ['kms:Decrypt'], resources: places.keys.former }]
    : []),
];
