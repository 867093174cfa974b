/** Clients of the SDK as all adapters use them: bounded time, retries with backoff and jitter, few sockets. */
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Attempts of the SDK's own retry (`standard`: exponential backoff with full jitter up to 20 s, on throttling, 5xx and
 * broken connections). Eight of them outlast a storm of a minute; what lasts longer is the queue's to try again.
 */
const MAX_ATTEMPTS = 8;
const CONNECT_MS = 3000;
/** Without a byte for so long a request counts as broken. */
const REQUEST_MS = 30_000;
const SOCKETS = 64;

export interface ClientOptions {
  /** where the variables of the environment say nothing */
  region?: string;
  /** another address than AWS's own, for tests */
  endpoint?: string;
}

export interface Clients {
  s3: S3Client;
  glue: GlueClient;
  athena: AthenaClient;
  sqs: SQSClient;
}

export function connect({ region, endpoint }: ClientOptions = {}): Clients {
  const options = {
    ...(region ? { region } : {}),
    ...(endpoint ? { endpoint } : {}),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  };
  return {
    s3: new S3Client({ ...options, forcePathStyle: endpoint !== undefined }),
    glue: new GlueClient(options),
    athena: new AthenaClient(options),
    sqs: new SQSClient(options),
  };
}
