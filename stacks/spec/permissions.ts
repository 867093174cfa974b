/**
 * What the functions may do, action by action: the stack makes their policies from this. A star stands only at the end
 * of a key.
 */
import {
  auditsRoot,
  compactedRoot,
  expiredRoot,
  generationsRoot,
  liveRoot,
  outcomesRoot,
  planFolder,
  settledRoot,
} from '#lake/protocol/keys.ts';
import { EXPIRING_TABLES } from '#lake/retention.ts';
import { copyName } from '#lake/sql/without-persons.ts';
import { COPIES } from '#lake/steps/copy-views.ts';
import { quarantine, SETTLED_TABLES, TABLES } from '#lake/tables/index.ts';

export const LIVE = liveRoot('').slice(0, -1);
export const SETTLED = settledRoot('').slice(0, -1);
/** `v1/state/` */
export const STATE = planFolder('').replace(/plans\/$/, '');

/** Addresses (ARNs) of what a stage has. */
export interface Places {
  rawBucket: string;
  /** folder of the raw bucket, without a slash before it, below which raw objects lie; empty: anywhere */
  rawRoot: string;
  /** buckets of further sources, and their roots */
  otherRaws: readonly { bucket: string; root: string }[];
  /** buckets whose raw objects may be written once more without a person, and their roots; none unless the config says so */
  editableRaws: readonly { bucket: string; root: string }[];
  lakeBucket: string;
  /** bucket of query results and manifests */
  resultsBucket: string;
  reportsBucket: string;
  /** arn:…:catalog */
  glueCatalog: string;
  /** arn:…:database/NAME */
  database: string;
  /** arn:…:table/NAME/*: its tables and views */
  tables: string;
  /** arn:…:database/default, the account's */
  defaultDatabase: string;
  workgroup: string;
  liveQueue: string;
  backfillQueue: string;
  settleQueue: string;
  rollupQueue: string;
  /** of alerts about mail */
  alertTopic: string;
  /** the account's default one */
  eventBus: string;
  /** those of the dashboard that lie in QuickSight's memory; none where there is no dashboard */
  dataSets: readonly string[];
  /** for who may see no persons; null: there is nobody */
  open: OpenPlaces | null;
  /** who may get the report by mail; null: nobody */
  mail: MailPlaces | null;
}

export interface OpenPlaces {
  /** arn:…:database/NAME, arn:…:table/NAME/* */
  database: string;
  tables: string;
}

export interface MailPlaces {
  from: string;
  to: readonly string[];
  /** identities that SES may hold the addresses by: themselves, their domains, and domains above those */
  identities: readonly string[];
  /** `…:configuration-set/*`: an identity has one of its own, that nobody here knows */
  configurationSets: string;
}

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Permission {
  actions: readonly string[];
  resources: (places: Places) => readonly string[];
  /** asked only where there are resources */
  conditions?: (places: Places) => Conditions;
}

/** Only to list and read: raw data is never changed or deleted. */
export const LIST_RAW: Permission = {
  actions: ['s3:ListBucket'],
  resources: ({ rawBucket, otherRaws }) => [...new Set([rawBucket, ...otherRaws.map(({ bucket }) => bucket)])],
};

/** With the right to list: without it, S3 says of an object that isn't there that it is forbidden. */
export const READ_RAW: readonly Permission[] = [
  LIST_RAW,
  {
    actions: ['s3:GetObject'],
    resources: ({ rawBucket, rawRoot, otherRaws }) => objectsOf([{ bucket: rawBucket, root: rawRoot }, ...otherRaws]),
  },
];

const objectsOf = (raws: Places['editableRaws']): string[] => raws.map(({ bucket, root }) => `${bucket}/${root}*`);

/**
 * Writes a raw object over what it was made of, and over nothing else (Service Authorization Reference, Amazon S3: `s3:if-match`). It is
 * nothing where the config doesn't have persons erased from raw data.
 */
export const EDIT_RAW: readonly Permission[] = [
  {
    actions: ['s3:ListBucket'],
    resources: ({ editableRaws }) => [...new Set(editableRaws.map(({ bucket }) => bucket))],
  },
  { actions: ['s3:GetObject'], resources: ({ editableRaws }) => objectsOf(editableRaws) },
  {
    actions: ['s3:PutObject'],
    resources: ({ editableRaws }) => objectsOf(editableRaws),
    conditions: () => ({ Null: { 's3:if-match': 'false' } }),
  },
];

/** The whole bucket: without the right to list it, S3 says of a key that isn't there that it is forbidden. */
const LIST_LAKE: Permission = { actions: ['s3:ListBucket'], resources: ({ lakeBucket }) => [lakeBucket] };

/** Below these folders. */
export const readLake = (...folders: readonly string[]): Permission => ({
  actions: ['s3:GetObject'],
  resources: ({ lakeBucket }) => folders.map((folder) => `${lakeBucket}/${folder}*`),
});

/**
 * For functions that read records of the protocol, and names, sizes and etags of files: no person's data. A file of another etag than
 * its record has counts as another one to them, as its bytes are closed (protocol/settled-files.ts).
 */
export const READ_STATE: readonly Permission[] = [LIST_LAKE, readLake(STATE)];

/** For functions that read files of quarantine, too. */
export const READ_LAKE: readonly Permission[] = [LIST_LAKE, readLake('')];

/** Folders of the tables that hold counts only. */
export const COUNTS: readonly string[] = [outcomesRoot, generationsRoot, auditsRoot, compactedRoot];

/**
 * Folders of the tables, and no others. Of `state/` that is units, generations and audits, compacted ones too: tables
 * that the views of data quality read, and that hold counts. Quarantine, with all personal data of what was rejected,
 * is not among them.
 */
export const READABLE: readonly string[] = [
  ...Object.values(TABLES)
    .filter(({ name, format }) => format === 'parquet' && name !== quarantine.name)
    .flatMap(({ name }) => [liveRoot(name), settledRoot(name)]),
  ...COUNTS,
  // Which days have expired: names alone say it.
  expiredRoot,
];

/** For functions that ask the views. */
export const READ_TABLES: readonly Permission[] = [LIST_LAKE, readLake(...READABLE)];

/** For functions that make days of tables: records of the protocol, and rows of all tables but quarantine. */
export const READ_DAYS: readonly Permission[] = [
  LIST_LAKE,
  readLake(STATE, ...READABLE.filter((folder) => !folder.startsWith(STATE))),
];

/** Below these folders; create-only writes are what the code asks for, and the bucket's policy demands. */
export const writeLake = (...folders: readonly string[]): Permission => ({
  actions: ['s3:PutObject'],
  resources: ({ lakeBucket }) => folders.map((folder) => `${lakeBucket}/${folder}*`),
});

/** What is read for a rebuild lies beside the settled files of its day, of the tables that transform writes. */
export const REREAD: readonly string[] = [...SETTLED_TABLES, quarantine].map(({ name }) => settledRoot(name));

/** Files of tables; the bucket's policy refuses all others. */
export const REMOVE_DATA: Permission = {
  actions: ['s3:DeleteObject'],
  resources: ({ lakeBucket }) => [LIVE, SETTLED].map((folder) => `${lakeBucket}/${folder}*`),
};

const inCatalog = ({ glueCatalog, database, tables }: Places): string[] => [glueCatalog, database, tables];

/** Of days that are named. */
export const READ_PARTITIONS: Permission = { actions: ['glue:BatchGetPartition'], resources: inCatalog };

/** Of all days. */
export const LIST_PARTITIONS: Permission = { actions: ['glue:GetPartitions'], resources: inCatalog };

/** With reading: when Glue refuses a batch because a partition of it exists, the function reads which ones do. */
export const ADD_PARTITIONS: readonly Permission[] = [
  { actions: ['glue:BatchCreatePartition'], resources: inCatalog },
  READ_PARTITIONS,
];

export const SWITCH_PARTITIONS: Permission = {
  actions: ['glue:UpdatePartition', 'glue:CreatePartition'],
  resources: inCatalog,
};

/** Days that have expired, of the tables whose days can. */
export const DROP_PARTITIONS: Permission = {
  actions: ['glue:BatchDeletePartition'],
  resources: ({ glueCatalog, database, tables }) => [
    glueCatalog,
    database,
    ...EXPIRING_TABLES.map((name) => tables.replace(/\*$/, name)),
  ],
};

/**
 * Folders of the results' bucket: analysts don't read the results of the pipeline's queries, nor it those of theirs.
 */
export const PIPELINE_RESULTS = 'pipeline/';
export const ANALYST_RESULTS = 'analysts/';
export const OPEN_RESULTS = 'without-persons/';
/** Templates of the dashboard: they stay, where results expire. */
export const DASHBOARD_TEMPLATES = 'dashboards/';

/** Athena asks for it before any query (Athena User Guide, "Access to the default database and catalog"). */
export const DEFAULT_DATABASE: Permission = {
  actions: ['glue:GetDatabase'],
  resources: ({ glueCatalog, defaultDatabase }) => [glueCatalog, defaultDatabase],
};

/** Queries of Athena read the catalog and write their results with the rights of who starts them. */
export const QUERY: readonly Permission[] = [
  DEFAULT_DATABASE,
  {
    actions: ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:StopQueryExecution'],
    resources: ({ workgroup }) => [workgroup],
  },
  {
    actions: [
      'glue:GetDatabase',
      'glue:GetTable',
      'glue:GetTables',
      'glue:GetPartition',
      'glue:GetPartitions',
      'glue:BatchGetPartition',
    ],
    resources: inCatalog,
  },
  { actions: ['s3:GetBucketLocation'], resources: ({ lakeBucket }) => [lakeBucket] },
  {
    actions: ['s3:ListBucket', 's3:GetBucketLocation', 's3:ListBucketMultipartUploads'],
    resources: ({ resultsBucket }) => [resultsBucket],
  },
  {
    actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    resources: ({ resultsBucket }) => [`${resultsBucket}/${PIPELINE_RESULTS}*`],
  },
];

/** For queries whose rows are read, not written. */
export const READ_ROWS: Permission = {
  actions: ['athena:GetQueryResults'],
  resources: ({ workgroup }) => [workgroup],
};

/**
 * What UNLOAD does below the locations of settled files, with the rights of who started it: as with results, in parts.
 */
export const UNLOAD: readonly Permission[] = [
  { actions: ['s3:ListBucketMultipartUploads'], resources: ({ lakeBucket }) => [lakeBucket] },
  {
    actions: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    resources: ({ lakeBucket }) => [`${lakeBucket}/${SETTLED}*`],
  },
];

/**
 * Has QuickSight read the dashboard's data sets anew (Service Authorization Reference, `CreateIngestion`), once all groups of a
 * batch have left their marks. Where there is no dashboard and nobody who reads copies it is nothing.
 */
export const REFRESH: readonly Permission[] = [
  {
    actions: ['quicksight:CreateIngestion'],
    resources: ({ dataSets }) => dataSets.map((dataSet) => `${dataSet}/ingestion/*`),
  },
  {
    actions: ['s3:PutObject'],
    resources: ({ dataSets, open, lakeBucket }) =>
      dataSets.length > 0 || open ? [`${lakeBucket}/${STATE}batches/*`] : [],
  },
];

/** Copies views for who may see no persons, and points readers there. It removes its own copies, and nothing else. */
export const COPY: readonly Permission[] = [
  {
    actions: ['glue:GetTable', 'glue:GetPartition', 'glue:UpdatePartition', 'glue:CreatePartition'],
    resources: ({ glueCatalog, open }) =>
      open ? [glueCatalog, open.database, open.tables.replace(/\*$/, `${copyName('')}*`)] : [],
  },
  {
    actions: [
      's3:GetObject',
      's3:PutObject',
      's3:DeleteObject',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
    ],
    resources: ({ resultsBucket, open }) => (open ? [`${resultsBucket}/${COPIES}*`] : []),
  },
  { actions: ['sqs:SendMessage'], resources: ({ rollupQueue, open }) => (open ? [rollupQueue] : []) },
];

/** Reports, and the records of their mails: with reading, to know what was written before. */
export const REPORTS: readonly Permission[] = [
  { actions: ['s3:ListBucket'], resources: ({ reportsBucket }) => [reportsBucket] },
  { actions: ['s3:GetObject', 's3:PutObject'], resources: ({ reportsBucket }) => [`${reportsBucket}/*`] },
];

/**
 * From one address, to those of the config only (Service Authorization Reference, Amazon SES: `ses:FromAddress`, `ses:Recipients`).
 * SES also looks at the identity's configuration set, and in its sandbox at the identities of the recipients; a mail with an
 * attachment it may count as a raw one.
 */
export const SEND_MAIL: Permission = {
  actions: ['ses:SendEmail', 'ses:SendRawEmail'],
  resources: ({ mail }) => (mail ? [...mail.identities, mail.configurationSets] : []),
  conditions: ({ mail }) => ({
    StringEquals: { 'ses:FromAddress': mail?.from ?? '' },
    'ForAllValues:StringEquals': { 'ses:Recipients': mail?.to ?? [] },
  }),
};

/** Tells people by the topic, and programs by the event bus. */
export const TELL: readonly Permission[] = [
  { actions: ['sns:Publish'], resources: ({ alertTopic }) => [alertTopic] },
  { actions: ['events:PutEvents'], resources: ({ eventBus }) => [eventBus] },
];

type QueuePlace = 'liveQueue' | 'backfillQueue' | 'settleQueue' | 'rollupQueue';

export const send = (...queues: readonly QueuePlace[]): Permission => ({
  actions: ['sqs:SendMessage'],
  resources: (places) => queues.map((queue) => places[queue]),
});

/** What an event source mapping does in a function's name. */
export const receive = (...queues: readonly QueuePlace[]): Permission => ({
  actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
  resources: (places) => queues.map((queue) => places[queue]),
});
