/**
 * Checks that the account has QuickSight before anything is made: without it the dashboard would fail after all else.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { type Credentials, signedHeaders } from '#aws/signed-request.ts';
import { ConfigError, type StageConfig } from './config.ts';

export interface Asking {
  account: string;
  dashboards: Pick<NonNullable<StageConfig['dashboards']>, 'owners'> | null;
  credentials: Credentials;
  now: number;
  /** another address than AWS's own, as its SDK reads it from the environment */
  endpoint?: string | undefined;
}

/** Editions that take a role for a data source and groups of users (QuickSight API, `AccountInfo.Edition`). */
const ENTERPRISE = /^ENTERPRISE/;
const HOW = 'subscribe in the console of QuickSight (Enterprise), or say dashboards: null';

/**
 * @returns a warning where no answer tells; then the deployment itself fails if there is none
 * @throws ConfigError if the account has no subscription, or one that knows no dashboards of this kind
 */
export async function refuseWithoutSubscription(asking: Asking): Promise<string | null> {
  const { account, dashboards, credentials, now, endpoint } = asking;
  const [owner] = dashboards?.owners ?? [];
  if (owner === undefined) return null;
  // QuickSight keeps an account's users in one region, which their ARNs name, and answers there.
  const region = owner.split(':')[3] ?? '';
  const url = new URL(`/account/${account}`, endpoint ?? `https://quicksight.${region}.amazonaws.com`);
  const said = await answerOf(
    url.href,
    signedHeaders({ method: 'GET', url, service: 'quicksight', region }, credentials, now),
  );
  if (said.kind === 'ResourceNotFoundException') throw refusal(`account ${account} has no subscription to QuickSight`);
  if (said.status !== 200)
    return `Could not find out whether the account has a subscription to QuickSight, which dashboards need: ${said.kind}`;
  const { AccountSubscriptionStatus: status, Edition: edition } = said.info;
  if (status !== 'ACCOUNT_CREATED') throw refusal(`the subscription of account ${account} to QuickSight is ${status}`);
  if (!ENTERPRISE.test(edition ?? '')) throw refusal(`QuickSight of account ${account} is ${edition}, not Enterprise`);
  return null;
}

const refusal = (what: string): ConfigError => new ConfigError(`dashboards: ${what}; nothing was changed: ${HOW}`);

/** The credentials that the deployment itself uses. */
export const deployerCredentials = (region: string): Promise<Credentials> =>
  new S3Client({ region }).config.credentials();

interface Answer {
  status: number;
  /** the error's name, or the status */
  kind: string;
  info: { AccountSubscriptionStatus?: string; Edition?: string };
}

async function answerOf(address: string, headers: Record<string, string>): Promise<Answer> {
  try {
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    const body: { AccountInfo?: Answer['info']; __type?: string } = text.startsWith('{') ? JSON.parse(text) : {};
    const named = response.headers.get('x-amzn-errortype') ?? body.__type ?? `status ${response.status}`;
    return { status: response.status, kind: named.split(':')[0] ?? named, info: body.AccountInfo ?? {} };
  } catch (error) {
    return { status: 0, kind: error instanceof Error ? error.name : String(error), info: {} };
  }
}
