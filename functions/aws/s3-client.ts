/** Makes the S3 client that all adapters use. */
import { S3Client } from '@aws-sdk/client-s3';
import { type ClientOptions, sdkOptions } from './client-options.ts';

export interface S3ClientOptions extends ClientOptions {
  /** also ask buckets of other regions than the client's own: where a person names a bucket, and no stack does */
  anyRegion?: boolean;
}

/** Is in a file of its own, so that code which needs only S3 doesn't load the other clients. */
export const connectS3 = ({ anyRegion = false, ...options }: S3ClientOptions = {}): S3Client =>
  new S3Client({
    ...sdkOptions(options),
    // An endpoint of one's own has no host name for each bucket, so the bucket goes into the path.
    forcePathStyle: options.endpoint !== undefined,
    followRegionRedirects: anyRegion,
  });
