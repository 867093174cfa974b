/** The clients of the SDK as all adapters use them. */
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type ClientOptions, sdkOptions } from './client-options.ts';
import { connectS3 } from './s3-client.ts';

export interface Clients {
  s3: S3Client;
  glue: GlueClient;
  athena: AthenaClient;
  sqs: SQSClient;
}

export function connect(options: ClientOptions = {}): Clients {
  const forAll = sdkOptions(options);
  return {
    s3: connectS3(options),
    glue: new GlueClient(forAll),
    athena: new AthenaClient(forAll),
    sqs: new SQSClient(forAll),
  };
}
