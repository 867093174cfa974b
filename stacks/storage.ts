/** The buckets: raw events, the lake, results of queries, reports. */

import { kept, type LakeStage } from './lake-stage.ts';
import {
  type LifecycleRule,
  lakeLifecycle,
  lakeRefusals,
  type Refusal,
  rawLifecycle,
  rawRefusals,
  reportsLifecycle,
  reportsRefusals,
  resultsLifecycle,
} from './spec/bucket-rules.ts';
import { writersOf } from './spec/statements.ts';

export interface Storage {
  raw: sst.aws.Bucket;
  lake: sst.aws.Bucket;
  results: sst.aws.Bucket;
  reports: sst.aws.Bucket;
}

export function makeStorage(stage: LakeStage): Storage {
  const { config, places } = stage;
  return {
    raw:
      config.raw.from === 'existing bucket'
        ? sst.aws.Bucket.get('Raw', config.raw.bucket)
        : makeBucket(stage, 'Raw', places.names.rawBucket, rawLifecycle(config), rawRefusals(config)),
    lake: makeBucket(
      stage,
      'Lake',
      places.names.lakeBucket,
      lakeLifecycle(config),
      lakeRefusals(config, places, writersOf(places)),
      true,
    ),
    results: makeBucket(stage, 'Results', places.names.resultsBucket, resultsLifecycle(config), []),
    reports: makeBucket(
      stage,
      'Reports',
      places.names.reportsBucket,
      reportsLifecycle(config),
      reportsRefusals(places),
    ),
  };
}

function makeBucket(
  stage: LakeStage,
  name: string,
  bucketName: string,
  rules: LifecycleRule[],
  refusals: Refusal[],
  versioning = false,
): sst.aws.Bucket {
  const { keepsData, kmsKeyArn } = stage.config;
  // Results of queries, and reports, can be had again by asking for them.
  const isKept = name === 'Raw' || name === 'Lake';
  const bucket = new sst.aws.Bucket(name, {
    versioning,
    cors: false,
    policy: refusals.map(({ effect, principals, actions, paths, conditions }) => ({
      effect,
      principals,
      actions,
      paths,
      ...(conditions ? { conditions } : {}),
    })),
    transform: {
      bucket: (args, opts) => {
        args.bucket = bucketName;
        args.forceDestroy = !(keepsData && isKept);
        Object.assign(opts, isKept ? kept(stage) : { retainOnDelete: false });
      },
    },
  });
  new aws.s3.BucketServerSideEncryptionConfiguration(`${name}Encryption`, {
    bucket: bucket.name,
    rules: [
      {
        applyServerSideEncryptionByDefault: kmsKeyArn
          ? { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn }
          : { sseAlgorithm: 'AES256' },
        // One request to KMS for many objects.
        bucketKeyEnabled: kmsKeyArn !== null,
      },
    ],
  });
  new aws.s3.BucketLifecycleConfiguration(`${name}Lifecycle`, { bucket: bucket.name, rules });
  return bucket;
}
