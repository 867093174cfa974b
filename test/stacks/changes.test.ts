import { expect, test } from 'vitest';
import { refuseChanges } from '../../stacks/changes.ts';
import { ConfigError, configOf, type LakeConfig } from '../../stacks/config.ts';
import { type Deployed, type DeployedResource, keyOf } from '../../stacks/deployed.ts';
import { placesOf } from '../../stacks/spec/places.ts';
import { functionStatements, policyOf } from '../../stacks/spec/statements.ts';
import { ACCOUNT } from './graph.ts';

const LAKE: LakeConfig = { app: 'maillake', region: 'eu-west-1' };
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/before';
const RAW = 'maillake-production-raw-before';

/** As a stage has left it behind that had a raw bucket of this name, and encrypted with this key. */
function deployed({ raw = RAW, key = null }: { raw?: string; key?: string | null } = {}): Deployed {
  const resources: [type: string, name: string, rest: Partial<DeployedResource>][] = [
    ['aws:sns/topic:Topic', 'Alarms', { id: 'arn:aws:sns:eu-west-1:123456789012:maillake-production-alarms' }],
    ['aws:s3/bucket:Bucket', 'RawBucket', { id: raw }],
    [
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
      'LakeEncryption',
      { inputs: { rules: [{ applyServerSideEncryptionByDefault: key ? { kmsMasterKeyId: key } : {} }] } },
    ],
  ];
  return new Map(resources.map(([type, name, rest]) => [keyOf(type, name), { urn: name, type, ...rest }]));
}

function change(config: LakeConfig, before: Deployed): void {
  const stage = configOf(config, 'production');
  const account = { account: ACCOUNT, region: stage.region, partition: 'aws' };
  refuseChanges(before, stage, placesOf({ app: config.app, stage: 'production' }, account, stage), 'production');
}

const rawBucket = (): string => {
  const account = { account: ACCOUNT, region: LAKE.region, partition: 'aws' };
  return placesOf({ app: LAKE.app, stage: 'production' }, account, configOf(LAKE, 'production')).names.rawBucket;
};

test('a stage that is new, and one that stays as it is, are changed', () => {
  expect(() => change(LAKE, new Map())).not.toThrow();
  expect(() => change(LAKE, deployed({ raw: rawBucket() }))).not.toThrow();
});

test('another raw bucket is refused, in either direction (else units name objects that are not there)', () => {
  const existing: LakeConfig = { ...LAKE, raw: { from: 'existing bucket', bucket: 'ours', template: null } };
  expect(() => change(existing, deployed())).toThrow(
    /nothing was changed:\n {2}raw: this lake was made from maillake-production-raw-before.*can't read ours.*another stage/,
  );
  expect(() => change(LAKE, deployed({ raw: 'ours' }))).toThrow(/raw: this lake was made from ours/);
  expect(() => change(existing, deployed({ raw: 'ours' }))).not.toThrow();
});

test('a further source may come and go, but its name stands for one bucket', () => {
  const raw = { from: 'existing bucket', bucket: 'ours', template: null } as const;
  const from = (...buckets: string[]): LakeConfig => ({
    ...LAKE,
    raw: [raw, ...buckets.map((bucket, i) => ({ ...raw, name: `source-${i}`, bucket }))],
  });
  const type = 'aws:lambda/function:Function';
  const variables = { OTHER_RAW_BUCKETS: JSON.stringify({ 'source-0': { bucket: 'theirs', region: 'eu-west-1' } }) };
  const before: Deployed = new Map([
    ...deployed({ raw: 'ours' }),
    [keyOf(type, 'PlanFunction'), { urn: 'PlanFunction', type, inputs: { environment: { variables } } }],
  ]);
  expect(() => change(from('theirs', 'more'), before)).not.toThrow();
  expect(() => change(from(), before)).not.toThrow();
  expect(() => change(from('others'), before)).toThrow(
    /the source source-0 lies in theirs.* can't read others instead/,
  );
});

test('another region is refused', () => {
  expect(() => change({ ...LAKE, region: 'us-east-1' }, deployed({ raw: rawBucket() }))).toThrow(ConfigError);
  expect(() => change({ ...LAKE, region: 'us-east-1' }, deployed())).toThrow(/region: is eu-west-1, and a stage/);
});

test('a key that something was written with is not forgotten', () => {
  const before = deployed({ raw: rawBucket(), key: KEY });
  expect(() => change(LAKE, before)).toThrow(`say formerKmsKeyArns: ['${KEY}']`);
  expect(() => change({ ...LAKE, formerKmsKeyArns: [KEY] }, before)).not.toThrow();
  expect(() => change({ ...LAKE, kmsKeyArn: KEY }, before)).not.toThrow();
  expect(() => change({ ...LAKE, kmsKeyArn: KEY }, deployed({ raw: rawBucket() }))).not.toThrow();
});

test('nor is one that raw objects are encrypted with', () => {
  const raw = { from: 'existing bucket', bucket: 'ours', template: null } as const;
  const account = { account: ACCOUNT, region: LAKE.region, partition: 'aws' };
  const stage = configOf({ ...LAKE, raw: { ...raw, kmsKeyArn: KEY } }, 'production');
  const places = placesOf({ app: LAKE.app, stage: 'production' }, account, stage);
  const policy = policyOf(functionStatements('transform', places));
  const type = 'aws:iam/rolePolicy:RolePolicy';
  const before: Deployed = new Map([
    ...deployed({ raw: 'ours' }),
    [keyOf(type, 'TransformPolicy'), { urn: 'TransformPolicy', type, inputs: { policy } }],
  ]);
  expect(() => change({ ...LAKE, raw }, before)).toThrow(`raw.kmsKeyArn: raw objects are encrypted with ${KEY}: say`);
  expect(() => change({ ...LAKE, raw, formerKmsKeyArns: [KEY] }, before)).not.toThrow();
  expect(() => change({ ...LAKE, raw: { ...raw, kmsKeyArn: KEY } }, before)).not.toThrow();
});

test('a lake of plain addresses stays one, and one of hashed addresses too', () => {
  const of = (settings: object): Deployed => {
    const variables = { LAKE_SETTINGS: JSON.stringify(settings), OTHER_RAW_BUCKETS: '{}' };
    const type = 'aws:lambda/function:Function';
    return new Map([[keyOf(type, 'PlanFunction'), { urn: '', type, inputs: { environment: { variables } } }]]);
  };
  const hashed: LakeConfig = { ...LAKE, addresses: 'hashed' };
  expect(() => change(hashed, of({ tags: [] }))).toThrow(/addresses: are plain in this lake.*another stage/);
  expect(() => change(LAKE, of({ addresses: 'hashed' }))).toThrow(/addresses: are hashed in this lake/);
  expect(() => change(hashed, of({ addresses: 'hashed' }))).not.toThrow();
  expect(() => change(LAKE, of({}))).not.toThrow();
});
