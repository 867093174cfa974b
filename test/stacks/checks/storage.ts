/** Checks the buckets of an evaluated stage. */
import { expect, test } from 'vitest';
import { tablesOf } from '../glue-inputs.ts';
import { at, type Graph, listAt, ofType, resourceOf, textAt } from '../graph.ts';
import { all, type Stages } from './stages.ts';

const ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
const LIFECYCLE = 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration';
const BUCKET = 'aws:s3/bucket:Bucket';

const bucketNames = (graph: Graph): string[] => ofType(graph, BUCKET).map(({ inputs }) => textAt(inputs, 'bucket'));

export function storageChecks(stages: Stages): void {
  test('every bucket blocks public access, is encrypted, refuses plain HTTP and clears away unfinished uploads', () => {
    for (const graph of all(stages)) {
      for (const bucket of bucketNames(graph)) {
        const of = (type: string) => ofType(graph, type).filter(({ inputs }) => at(inputs, 'bucket') === bucket);
        const [blocked] = of('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock');
        expect(blocked?.inputs).toEqual({
          bucket,
          blockPublicAcls: true,
          blockPublicPolicy: true,
          ignorePublicAcls: true,
          restrictPublicBuckets: true,
        });
        expect(of(ENCRYPTION)).toHaveLength(1);
        const [policy] = of('aws:s3/bucketPolicy:BucketPolicy');
        expect(listAt(JSON.parse(textAt(policy?.inputs, 'policy')), 'Statement')).toContainEqual({
          Effect: 'Deny',
          Action: ['s3:*'],
          Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          Principal: '*',
          Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
        });
        const rules = of(LIFECYCLE).flatMap(({ inputs }) => listAt(inputs, 'rules'));
        expect(rules.map((rule) => at(rule, 'abortIncompleteMultipartUpload', 'daysAfterInitiation'))).toContain(7);
        expect(of('aws:s3/bucketCorsConfiguration:BucketCorsConfiguration')).toEqual([]);
      }
    }
  });

  test('a key of the user’s encrypts buckets, results of queries and what Firehose writes, else S3’s own', () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666';
    const encryptions = (graph: Graph) => [
      ...ofType(graph, ENCRYPTION).map(({ inputs }) => at(inputs, 'rules', 0)),
      ...ofType(graph, 'aws:athena/workgroup:Workgroup').map(({ inputs }) =>
        at(inputs, 'configuration', 'resultConfiguration', 'encryptionConfiguration'),
      ),
    ];
    const ours = {
      applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: key },
      bucketKeyEnabled: true,
    };
    const theirs = { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: false };
    expect(encryptions(stages.production())).toEqual([
      ...Array.from({ length: 4 }, () => ours),
      // Of the pipeline, of analysts, of those who see no persons and of the dashboard.
      ...Array.from({ length: 4 }, () => ({ encryptionOption: 'SSE_KMS', kmsKeyArn: key })),
    ]);
    expect(encryptions(stages.dev())).toEqual([
      ...Array.from({ length: 4 }, () => theirs),
      ...Array.from({ length: 2 }, () => ({ encryptionOption: 'SSE_S3' })),
    ]);
    const [firehose] = ofType(stages.production(), 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream');
    expect(at(firehose?.inputs, 'extendedS3Configuration', 'kmsKeyArn')).toBe(key);
  });

  test('raw objects stay for ever, or for their days below the folder of raw objects, and move to a class that answers at once', () => {
    const rules = (graph: Graph) => listAt(resourceOf(graph, LIFECYCLE, 'RawLifecycle').inputs, 'rules');
    const expiring = (graph: Graph) => rules(graph).filter((rule) => at(rule, 'expiration') !== undefined);
    expect(expiring(stages.dev())).toEqual([]);
    expect(expiring(stages.production())).toEqual([
      {
        id: 'raw-retention',
        status: 'Enabled',
        filter: { prefix: 'raw/' },
        expiration: { days: 800 },
        noncurrentVersionExpiration: { noncurrentDays: 1 },
      },
      {
        id: 'raw-delete-markers',
        status: 'Enabled',
        filter: { prefix: 'raw/' },
        expiration: { expiredObjectDeleteMarker: true },
      },
    ]);
    const moves = (graph: Graph) => rules(graph).flatMap((rule) => at(rule, 'transitions') ?? []);
    expect(moves(stages.dev())).toEqual([]);
    expect(moves(stages.production())).toEqual([{ days: 90, storageClass: 'GLACIER_IR' }]);
  });

  test('the lake is versioned for the time of grace, and only quarantine and results of queries expire', () => {
    const graph = stages.production();
    expect(ofType(graph, 'aws:s3/bucketVersioning:BucketVersioning').map(({ inputs }) => inputs)).toEqual([
      { bucket: at(graph.outputs, 'lake'), versioningConfiguration: { status: 'Enabled' } },
    ]);
    const rules = (name: string, of = graph) =>
      listAt(resourceOf(of, LIFECYCLE, name).inputs, 'rules').filter((rule) => at(rule, 'id') !== 'unfinished-uploads');
    expect(rules('LakeLifecycle')).toEqual([
      { id: 'grace', status: 'Enabled', filter: { prefix: '' }, noncurrentVersionExpiration: { noncurrentDays: 14 } },
      {
        id: 'delete-markers',
        status: 'Enabled',
        filter: { prefix: '' },
        expiration: { expiredObjectDeleteMarker: true },
      },
      {
        id: 'quarantine',
        status: 'Enabled',
        filter: { prefix: 'v1/live/quarantine/' },
        expiration: { days: 60 },
        noncurrentVersionExpiration: { noncurrentDays: 1 },
      },
    ]);
    const results = ['pipeline', 'analysts', 'without-persons'].map((of) => ({
      id: `results-${of}`,
      status: 'Enabled',
      filter: { prefix: `${of}/` },
      expiration: { days: 7 },
    }));
    expect(rules('ResultsLifecycle')).toEqual(results);
    // Where nobody reads copies, those of before go.
    expect(rules('ResultsLifecycle', stages.dev())).toEqual([
      { id: 'copies', status: 'Enabled', filter: { prefix: 'copies/' }, expiration: { days: 1 } },
      ...results,
    ]);
    expect(rules('ReportsLifecycle')).toEqual([
      { id: 'reports', status: 'Enabled', filter: { prefix: '' }, expiration: { days: 400 } },
    ]);
  });

  test('in production data outlives the stage and can’t be removed; elsewhere nothing stays behind', () => {
    const kept = ({ resources }: Graph) => resources.filter(({ protect, retainOnDelete }) => protect && retainOnDelete);
    expect([...new Set(kept(stages.production()).map(({ type }) => type))].sort()).toEqual([
      'aws:athena/workgroup:Workgroup',
      'aws:glue/catalogDatabase:CatalogDatabase',
      'aws:s3/bucket:Bucket',
    ]);
    // What may be switched off again is not in the way of it.
    expect(
      ofType(stages.production(), 'aws:athena/workgroup:Workgroup')
        .filter(({ protect }) => !protect)
        .map(({ name }) => name),
    ).toEqual(['WithoutPersonsWorkgroup', 'DashboardsWorkgroup']);
    // A release may bring one: when an older one is deployed, it stays, and is not in the way.
    const tables = tablesOf(stages.production());
    expect(tables.filter(({ protect }) => protect)).toEqual([]);
    expect(tables.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name.replace(/Table$/, ''))).toEqual(
      tables.filter(({ name }) => name.endsWith('Table')).map(({ name }) => name.replace(/Table$/, '')),
    );
    // Mail that names a configuration set is refused when it has gone; one that was there already is not ours to keep.
    const sets = kept(stages.kept()).filter(({ type }) => type === 'aws:sesv2/configurationSet:ConfigurationSet');
    expect(sets).toHaveLength(1);
    const forced = (graph: Graph) =>
      ofType(graph, BUCKET).map(({ name, inputs }) => [name, at(inputs, 'forceDestroy')]);
    expect(Object.fromEntries(forced(stages.production()))).toEqual({
      RawBucket: false,
      LakeBucket: false,
      ResultsBucket: true,
      ReportsBucket: true,
    });
    expect(Object.fromEntries(forced(stages.dev()))).toEqual({
      RawBucket: true,
      LakeBucket: true,
      ResultsBucket: true,
      ReportsBucket: true,
    });
    expect(stages.dev().resources.filter(({ protect, retainOnDelete }) => protect || retainOnDelete)).toEqual([]);
    // They lie in SST's own bucket, which all stages share.
    const sourcemaps = stages.dev().resources.filter(({ name }) => /Sourcemap/.test(name));
    expect(sourcemaps).toHaveLength(ofType(stages.dev(), 'aws:lambda/function:Function').length);
    for (const { inputs } of ofType(stages.dev(), 'aws:athena/workgroup:Workgroup'))
      expect(at(inputs, 'forceDestroy')).toBe(true);
  });

  test('a bucket that is there already is left alone', () => {
    const touched = stages
      .existing()
      .resources.filter(({ inputs }) => at(inputs, 'bucket') === 'pinpoint-events-of-ours');
    expect(touched).toEqual([]);
    expect(bucketNames(stages.existing())).toHaveLength(3);
  });
}
