/** `s3://bucket/prefix`: raw data in a bucket, or in a folder of it. */
import { UsageError } from '#host/failure.ts';

export interface BucketAddress {
  bucket: string;
  /** what all keys begin with: a folder with its trailing slash, or nothing for the whole bucket */
  prefix: string;
}

/**
 * Reads what a person named as the place of raw data. A prefix is a folder, with or without its trailing slash, and is
 * taken as it stands: S3's keys know no escapes, no `..` and no double slash that means one.
 * @returns null if it is a folder of this machine
 * @throws UsageError if it is meant as an address, and is none of S3's
 */
export function readBucketAddress(raw: string): BucketAddress | null {
  if (!MEANT_AS_ADDRESS.test(raw)) return null;
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(raw) ?? [];
  if (!BUCKET.test(bucket)) throw malformed(raw, bucket === '' ? '' : `, as ${bucket} is no name of a bucket`);
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`;
  if (Buffer.byteLength(prefix) > LONGEST_KEY) throw malformed(raw, `: no key is longer than ${LONGEST_KEY} bytes`);
  return { bucket, prefix };
}

/** Always with the slash at its end, so that one place has one address. */
export const addressOf = ({ bucket, prefix }: BucketAddress): string => `s3://${bucket}/${prefix}`;

/** A folder may have any name, but text that begins with `s3:`, an ARN or another scheme is not taken for one. */
const MEANT_AS_ADDRESS = /^(s3:|arn:|[a-z][a-z0-9+.-]*:\/\/)/i;

/** With the letters that buckets made before 2018 may have (Amazon S3 User Guide, "Bucket naming rules"). */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i;
/** UTF-8 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects") */
const LONGEST_KEY = 1024;

const malformed = (raw: string, why: string): UsageError =>
  new UsageError(`--raw: ${raw} is no address of a bucket${why}`, 'name a folder, s3://bucket or s3://bucket/prefix');
