/** Calls a service that no client here speaks to: JSON over HTTPS, signed, and tried again where the failure passes. */
import type { S3ClientResolvedConfig } from '@aws-sdk/client-s3';
import { withBackoff } from './backoff.ts';
import { signedHeaders, type Unsigned } from './signed-request.ts';

/** Whose region and credentials: those of any client. */
export type Caller = Pick<S3ClientResolvedConfig, 'region' | 'credentials'>;

export interface Call extends Pick<Unsigned, 'method'> {
  /** of the service in the caller's region: `quicksight`, or `email` in `email.eu-west-1.amazonaws.com` */
  host: string;
  /** as credentials are scoped by, where it isn't the host: `ses` */
  service?: string;
  path: string;
  /** sent as JSON, or as it is */
  body: object | string;
  /** of `x-amz-target`, for services that are asked so */
  target?: string;
  contentType?: string;
  /** another address than AWS's own, for tests */
  endpoint?: string | undefined;
}

export interface Answer {
  isDone: boolean;
  /** the error's name, or the status */
  said: string;
  text: string;
}

const TRIES = { tries: 5, firstMs: 200, mostMs: 2000 };
const MOST_MS = 20_000;
/** What passes: throttled, or the service's own fault. */
const isPassing = (status: number): boolean => status === 429 || status >= 500;
/** Of what never got an answer. */
const UNANSWERED = 599;

/** The answer to the last try. */
export async function signedCall(
  caller: Caller,
  { method, host, service = host, path, body, target, contentType = 'application/json', endpoint }: Call,
): Promise<Answer> {
  const region = await caller.region();
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(path, endpoint ?? `https://${host}.${region}.${suffix}`);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const given = target === undefined ? {} : { 'x-amz-target': target };
  let answer: Answer = { isDone: false, said: 'nothing', text: '' };
  await withBackoff(TRIES, async () => {
    const signed = signedHeaders(
      { method, url, service, region, headers: given, body: text },
      await caller.credentials(),
      Date.now(),
    );
    const response = await fetch(url, {
      method,
      headers: { ...signed, 'content-type': contentType },
      body: text,
      signal: AbortSignal.timeout(MOST_MS),
    }).catch((error: unknown) => new Response(String(error), { status: UNANSWERED }));
    const named = response.headers.get('x-amzn-errortype')?.split(':')[0];
    answer = {
      isDone: response.ok,
      said: named ?? `status ${response.status}`,
      text: await response.text().catch(() => ''),
    };
    return isPassing(response.status) ? undefined : answer;
  });
  return answer;
}
