/** Refuses changes of the config that an existing stage can't take. It says why, before the engine changes anything. */
import { ConfigError, type StageConfig } from './config.ts';
import { type Deployed, keyOf } from './deployed.ts';
import type { StagePlaces } from './spec/places.ts';

const TOPIC = 'aws:sns/topic:Topic';
const BUCKET = 'aws:s3/bucket:Bucket';
const FUNCTION = 'aws:lambda/function:Function';
const POLICY = 'aws:iam/rolePolicy:RolePolicy';
const ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';

/** @throws ConfigError with what would happen, and what to do */
export function refuseChanges(
  deployed: Deployed,
  config: Pick<
    StageConfig,
    'region' | 'raw' | 'otherRaw' | 'addresses' | 'kmsKeyArn' | 'formerKmsKeyArns' | 'keepsData'
  >,
  { names }: Pick<StagePlaces, 'names'>,
  stage: string,
): void {
  const refusals = [
    regionChange(deployed, config),
    rawChange(deployed, names.rawBucket, config.keepsData),
    otherRawChange(deployed, config),
    addressesChange(deployed, config),
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

/** So it is with a further source: its name stands for its bucket. */
function otherRawChange(deployed: Deployed, { otherRaw }: Pick<StageConfig, 'otherRaw'>): string | null {
  const before: Readonly<Record<string, { bucket: string }>> = variableOf(deployed, 'OTHER_RAW_BUCKETS');
  for (const { name, bucket } of otherRaw) {
    const known = before[name]?.bucket;
    if (known === undefined || known === bucket) continue;
    return `  raw: the source ${name} lies in ${known}, and what this lake holds names objects there; it can't read ${bucket} instead: give that source another name`;
  }
  return null;
}

/** Persons would be two each: one by their addresses, one by the hashes. */
function addressesChange(deployed: Deployed, { addresses }: Pick<StageConfig, 'addresses'>): string | null {
  if (!deployed.has(keyOf(FUNCTION, PLAN))) return null;
  const { addresses: before = 'plain' }: { addresses?: string } = variableOf(deployed, 'LAKE_SETTINGS');
  if (before === addresses) return null;
  return `  addresses: are ${before} in this lake, and one lake holds no others: deploy another stage with ${addresses} ones, which reads the same raw data`;
}

/** Any function but transform, whose variables are a secret where one of them is. */
const PLAN = 'PlanFunction';

/** What a variable of the functions holds, which is JSON. */
function variableOf(deployed: Deployed, name: 'OTHER_RAW_BUCKETS' | 'LAKE_SETTINGS'): Readonly<Record<string, never>> {
  const inputs: unknown = deployed.get(keyOf(FUNCTION, PLAN))?.inputs;
  const [, text] = new RegExp(`"${name}":("(?:[^"\\\\]|\\\\.)*")`).exec(JSON.stringify(inputs ?? {})) ?? [];
  return text === undefined ? {} : JSON.parse(JSON.parse(text));
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
  {
    raw,
    otherRaw,
    kmsKeyArn,
    formerKmsKeyArns,
  }: Pick<StageConfig, 'raw' | 'otherRaw' | 'kmsKeyArn' | 'formerKmsKeyArns'>,
): string | null {
  const policy: unknown = JSON.parse(String(deployed.get(keyOf(POLICY, 'TransformPolicy'))?.inputs?.policy ?? '{}'));
  const [, listed = ''] = /"Sid":"RawKey"[^}]*"Resource":\[([^\]]+)\]/.exec(JSON.stringify(policy)) ?? [];
  const first = raw.from === 'existing bucket' ? raw.kmsKeyArn : null;
  const now = [kmsKeyArn, first, ...otherRaw.map((source) => source.kmsKeyArn), ...formerKmsKeyArns];
  const gone = [...listed.matchAll(/"([^"]+)"/g)].map(([, key = '']) => key).filter((key) => !now.includes(key));
  if (gone.length === 0) return null;
  return `  raw.kmsKeyArn: raw objects are encrypted with ${gone.join(', ')}: say formerKmsKeyArns: ['${gone.join("', '")}'] so that they can still be read`;
}
