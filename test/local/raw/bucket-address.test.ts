import { describe, expect, test } from 'vitest';
import { UsageError } from '#host/failure.ts';
import { addressOf, readBucketAddress } from '#local/raw/bucket-address.ts';

describe('a place of raw data', () => {
  test.each([
    ['s3://bucket', 'bucket', ''],
    ['s3://bucket/', 'bucket', ''],
    ['s3://bucket/raw', 'bucket', 'raw/'],
    ['s3://bucket/raw/', 'bucket', 'raw/'],
    ['s3://my.bucket-1/raw/2025/03', 'my.bucket-1', 'raw/2025/03/'],
    ['s3://Old_Bucket/x', 'Old_Bucket', 'x/'],
    ['s3://bucket//x', 'bucket', '/x/'],
    ['s3://bucket/a%20b/é ü/..', 'bucket', 'a%20b/é ü/../'],
  ])('%s is a bucket and a folder of it', (raw, bucket, prefix) => {
    expect(readBucketAddress(raw)).toEqual({ bucket, prefix });
    expect(readBucketAddress(addressOf({ bucket, prefix }))).toEqual({ bucket, prefix });
  });

  test.each(['raw', '.lake/raw', '/var/raw', 's3', 's3/bucket', './s3:/bucket', 'C:\\raw', 'a:b'])(
    '%s is a folder of this machine',
    (raw) => expect(readBucketAddress(raw)).toBeNull(),
  );

  test.each([
    's3:',
    's3://',
    's3:///raw',
    's3:/bucket/raw',
    's3:bucket',
    'S3://bucket',
    's3://b',
    's3://bucket?x',
    's3://-bucket/x',
    's3://bucket:9000/x',
    's3://key:secret@bucket/x',
    's3a://bucket/raw',
    'https://bucket.s3.amazonaws.com/raw',
    'arn:aws:s3:::bucket/raw',
    `s3://bucket/${'x'.repeat(1024)}`,
  ])('%s is neither, which is said in words', (raw) => {
    expect(() => readBucketAddress(raw)).toThrow(UsageError);
    expect(() => readBucketAddress(raw)).toThrow(/^--raw: .* is no address of a bucket/);
  });
});
