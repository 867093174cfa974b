/** Refuses changes of the config that an existing stage can't take. It says why, before the engine changes anything. */
import { ConfigError, type StageConfig } from './config.ts';
import { type Deployed, keyOf } from './deployed.ts';
import type { StagePlaces } from './spec/places.ts';

const TOPIC = 'aws:sns/topic:Topic';
const BUCKET = 'aws:s3/bucket:Bucket';
const POLICY = 'aws:iam/rolePolicy:RolePolicy';
const ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';

/** @throws ConfigError with what would happen, and what to do */
export function refuseChanges(
  deployed: Deployed,
  config: Pick<StageConfig, 'region' | 'raw' | 'kmsKeyArn' | 'formerKmsKeyArns' | 'keepsData'>,
  { names }: Pick<StagePlaces, 'names'>,
  stage: string,
): void {
  const refusals = [
    regionChange(deployed, config),
    rawChange(deployed, names.rawBucket, config.keepsData),
    keyChange(deployed, config),
    rawKeyChange(deployed, config),
  ].filter((refusal) => refusal !== null);
  if (refusals.length > 0)
    throw new ConfigError(`stage ${stage} can't be changed so; nothing was changed:\n${refusals.join('\n')}`);
}

/** Every name and address contains the region, so everything would be created a second time in the other one. */
function regionChange(deployed: Deployed, { region }: Pick<StageConfig, 'region'>): string | null {
  // The provider's own region is that of the last try, also of one that was refused.
  const before = deployed.get(keyOf(TOPIC, 'Alarms'))?.id?.split(':')[3];
  if (before === undefined || before === region) return null;
  return `  region: is ${before}, and a stage doesn't move: deploy another stage in ${region}, or remove this one first`;
}

/** Units name their objects by key: in another bucket none of them would be found again. */
function rawChange(deployed: Deployed, bucket: string, keepsData: boolean): string | null {
  const before = deployed.get(keyOf(BUCKET, 'RawBucket'))?.id;
  if (before === undefined || before === bucket) return null;
  const instead = keepsData ? 'deploy another stage for it' : 'deploy another stage for it, or remove this one first';
  return `  raw: this lake was made from ${before}, and what it holds names objects there; it can't read ${bucket} instead: ${instead}, or copy the objects below the folders of ${before}`;
}

/** What was written with a key can be read with that key only. */
function keyChange(
  deployed: Deployed,
  { kmsKeyArn, formerKmsKeyArns }: Pick<StageConfig, 'kmsKeyArn' | 'formerKmsKeyArns'>,
): string | null {
  const text = JSON.stringify(deployed.get(keyOf(ENCRYPTION, 'LakeEncryption'))?.inputs ?? {});
  const [, before] = /"kmsMasterKeyId":"([^"]+)"/.exec(text) ?? [];
  if (before === undefined || before === kmsKeyArn || formerKmsKeyArns.includes(before)) return null;
  return `  kmsKeyArn: what the lake holds is encrypted with ${before}: say formerKmsKeyArns: ['${before}'] so that it can still be read`;
}

/** So it is with raw objects, which are read again for as long as they are there. */
function rawKeyChange(
  deployed: Deployed,
  { raw, kmsKeyArn, formerKmsKeyArns }: Pick<StageConfig, 'raw' | 'kmsKeyArn' | 'formerKmsKeyArns'>,
): string | null {
  const policy: unknown = JSON.parse(String(deployed.get(keyOf(POLICY, 'TransformPolicy'))?.inputs?.policy ?? '{}'));
  const [, before] = /"Sid":"RawKey"[^}]*"Resource":\["([^"]+)"/.exec(JSON.stringify(policy)) ?? [];
  const now = [kmsKeyArn, raw.from === 'existing bucket' ? raw.kmsKeyArn : null, ...formerKmsKeyArns];
  if (before === undefined || now.includes(before)) return null;
  return `  raw.kmsKeyArn: raw objects are encrypted with ${before}: say formerKmsKeyArns: ['${before}'] so that they can still be read`;
}
