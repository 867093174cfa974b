/** How long a bucket keeps objects, and what its policy refuses to everybody. */

import { liveRoot } from '#lake/protocol/keys.ts';
import { COPIES } from '#lake/steps/copy-views.ts';
import { quarantine } from '#lake/tables/index.ts';
import { erasesRaw, hasCopies, type StageConfig } from '../config.ts';
import { ANALYST_RESULTS, LIVE, OPEN_RESULTS, PIPELINE_RESULTS, SETTLED, STATE } from './permissions.ts';
import type { StagePlaces } from './places.ts';
import { RAW_PREFIX_ROOT } from './raw-folders.ts';

/** A rule of S3's lifecycle, in Pulumi's words. */
export interface LifecycleRule {
  id: string;
  status: 'Enabled';
  filter: { prefix: string };
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number };
  expiration?: { days: number } | { expiredObjectDeleteMarker: true };
  noncurrentVersionExpiration?: { noncurrentDays: number };
  transitions?: { days: number; storageClass: 'GLACIER_IR' }[];
}

/** Uploads that were begun and not ended cost money, and are in no listing. */
const UNFINISHED: LifecycleRule = {
  id: 'unfinished-uploads',
  status: 'Enabled',
  filter: { prefix: '' },
  abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
};

/**
 * Nothing raw expires but by `retention.rawDays`, and then only where the planner finds it. It may move to a class that answers at once: of
 * any other a unit could not be read again. S3 itself applies this, whatever the bucket's policy refuses to people.
 */
export function rawLifecycle(config: StageConfig): LifecycleRule[] {
  const { raw, retention } = config;
  const archived = raw.from === 'new bucket' ? raw.archiveAfterDays : null;
  const { rawDays } = retention;
  return [
    UNFINISHED,
    ...(archived === null
      ? []
      : [
          {
            id: 'archive',
            status: 'Enabled',
            filter: { prefix: '' },
            transitions: [{ days: archived, storageClass: 'GLACIER_IR' }],
          } satisfies LifecycleRule,
        ]),
    ...(rawDays === null ? [] : expiredRaw(rawDays)),
    // What an erasure has written over is to be gone, too, in a bucket that somebody has given versions.
    ...(rawDays === null && erasesRaw(config) ? [OLDER_RAW] : []),
  ];
}

const OLDER_RAW: LifecycleRule = {
  id: 'raw-older-versions',
  status: 'Enabled',
  filter: { prefix: RAW_PREFIX_ROOT },
  noncurrentVersionExpiration: { noncurrentDays: 1 },
};

/** In a bucket that somebody has given versions, the older ones and the marks of what has expired go, too. */
const expiredRaw = (days: number): LifecycleRule[] => [
  {
    id: 'raw-retention',
    status: 'Enabled',
    filter: { prefix: RAW_PREFIX_ROOT },
    expiration: { days },
    noncurrentVersionExpiration: { noncurrentDays: 1 },
  },
  {
    id: 'raw-delete-markers',
    status: 'Enabled',
    filter: { prefix: RAW_PREFIX_ROOT },
    expiration: { expiredObjectDeleteMarker: true },
  },
];

export const lakeLifecycle = ({ retention }: StageConfig): LifecycleRule[] => [
  UNFINISHED,
  {
    id: 'grace',
    status: 'Enabled',
    filter: { prefix: '' },
    noncurrentVersionExpiration: { noncurrentDays: retention.graceDays },
  },
  { id: 'delete-markers', status: 'Enabled', filter: { prefix: '' }, expiration: { expiredObjectDeleteMarker: true } },
  {
    id: 'quarantine',
    status: 'Enabled',
    filter: { prefix: liveRoot(quarantine.name) },
    expiration: { days: retention.quarantineDays },
    // What has expired is to be gone, not kept as an older version.
    noncurrentVersionExpiration: { noncurrentDays: 1 },
  },
];

/** Copies are removed by who makes them, as the current one may be of any age; where nobody makes them any more, all go. */
export const resultsLifecycle = (config: StageConfig): LifecycleRule[] => [
  UNFINISHED,
  ...(hasCopies(config)
    ? []
    : [
        {
          id: 'copies',
          status: 'Enabled',
          filter: { prefix: COPIES },
          expiration: { days: 1 },
        } satisfies LifecycleRule,
      ]),
  ...[PIPELINE_RESULTS, ANALYST_RESULTS, OPEN_RESULTS].map(
    (prefix): LifecycleRule => ({
      id: `results-${prefix.slice(0, -1)}`,
      status: 'Enabled',
      filter: { prefix },
      expiration: { days: config.retention.resultDays },
    }),
  ),
];

export const reportsLifecycle = ({ retention }: StageConfig): LifecycleRule[] => [
  UNFINISHED,
  { id: 'reports', status: 'Enabled', filter: { prefix: '' }, expiration: { days: retention.reportDays } },
];

/** A refusal to everybody whom the conditions don't except, as SST writes it. */
export interface Refusal {
  why: string;
  effect: 'deny';
  principals: '*';
  actions: string[];
  paths: string[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

/** Raw data is never deleted. Not in a stage that is to be removed with all it holds: it could not be emptied. */
export const rawRefusals = ({ keepsData }: StageConfig): Refusal[] =>
  keepsData ? [refuse('raw data is never deleted', ['s3:DeleteObject', 's3:DeleteObjectVersion'], ['*'])] : [];

/** `writers`: addresses of the roles that write the lake; `collector`: of the one that removes. */
export function lakeRefusals(
  { keepsData }: StageConfig,
  { roles }: Pick<StagePlaces, 'roles'>,
  writers: readonly string[],
): Refusal[] {
  const refusals = [
    refuse('only the pipeline writes the lake', ['s3:PutObject'], ['*'], unless(writers)),
    refuse('what is there is never written over', ['s3:PutObject'], [`${STATE}*`, `${LIVE}*`], WITHOUT_CREATE_ONLY),
    refuse(
      'nobody but Athena writes over what is settled',
      ['s3:PutObject'],
      [`${SETTLED}*`],
      [...WITHOUT_CREATE_ONLY, ...unless([roles['settle-day'], roles['rollup-days']])],
    ),
  ];
  if (!keepsData) return refusals;
  return [
    ...refusals,
    refuse('only the collector deletes', ['s3:DeleteObject'], ['*'], unless([roles.collect])),
    refuse('nobody deletes state', ['s3:DeleteObject'], [`${STATE}*`]),
    refuse('older versions stay for as long as they are to', ['s3:DeleteObjectVersion'], ['*']),
  ];
}

/** A report that was mailed stays what it was, and is nobody's but the function's. */
export const reportsRefusals = ({ roles }: Pick<StagePlaces, 'roles'>): Refusal[] => [
  refuse('only its function writes a report', ['s3:PutObject'], ['*'], unless([roles.report])),
  refuse('a report is never written over', ['s3:PutObject'], ['*'], WITHOUT_CREATE_ONLY),
];

type Conditions = NonNullable<Refusal['conditions']>;

/** The request doesn't ask that nothing is there yet (Amazon S3 User Guide, "Enforce conditional writes on Amazon S3 buckets"). */
const WITHOUT_CREATE_ONLY: Conditions = [
  { test: 'Null', variable: 's3:if-none-match', values: ['true'] },
  { test: 'Bool', variable: 's3:ObjectCreationOperation', values: ['true'] },
];

const unless = (arns: readonly string[]): Conditions => [
  { test: 'ArnNotEquals', variable: 'aws:PrincipalArn', values: [...arns] },
];

const refuse = (why: string, actions: string[], paths: string[], conditions?: Refusal['conditions']): Refusal => ({
  why,
  effect: 'deny',
  principals: '*',
  actions,
  paths,
  ...(conditions ? { conditions } : {}),
});
