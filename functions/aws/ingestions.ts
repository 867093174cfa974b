/**
 * Has QuickSight read data sets anew into its memory (QuickSight API, `CreateIngestion`). An ingestion's id is given by who
 * asks: of the same id there is one only, so that asking twice is asking once.
 */
import type { S3ClientResolvedConfig } from '@aws-sdk/client-s3';
import { concurrently } from '#lake/concurrently.ts';
import { withBackoff } from './backoff.ts';
import type { Dashboard } from './environment.ts';
import { signedHeaders } from './signed-request.ts';

export interface Asking extends Pick<Dashboard, 'account' | 'id' | 'dataSets'> {
  /** letters and digits; the same for what is the same state of the data */
  ingestion: string;
  /** another address than AWS's own, for tests */
  endpoint?: string | undefined;
}

export interface Ingestions {
  /** data sets that are read, or were by this ingestion before */
  started: number;
  /** such as beyond the 32 ingestions a day that a data set may have */
  refused: { dataSet: string; error: Error }[];
}

const AT_ONCE = 4;
const TRIES = { tries: 5, firstMs: 200, mostMs: 2000 };
const MOST_MS = 10_000;
/** What passes: throttled, or the service's own fault. */
const isPassing = (status: number): boolean => status === 429 || status >= 500;

/** @param whose region and credentials, those of any client */
export async function startIngestions(
  whose: Pick<S3ClientResolvedConfig, 'region' | 'credentials'>,
  { account, id, dataSets, ingestion, endpoint }: Asking,
): Promise<Ingestions> {
  const region = await whose.region();
  const refused: Ingestions['refused'] = [];
  await concurrently(dataSets, AT_ONCE, async (dataSet) => {
    const path = `/accounts/${account}/data-sets/${id}-${dataSet}/ingestions/${ingestion}`;
    const url = new URL(path, endpoint ?? `https://quicksight.${region}.amazonaws.com`);
    let said = 'nothing';
    const answer = await withBackoff(TRIES, async () => {
      const body = JSON.stringify({ IngestionType: 'FULL_REFRESH' });
      const request = { method: 'PUT', url, service: 'quicksight', region, body } as const;
      const headers = signedHeaders(request, await whose.credentials(), Date.now());
      const response = await fetch(url, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(MOST_MS),
      }).catch((error: unknown) => new Response(String(error), { status: 599 }));
      const named = response.headers.get('x-amzn-errortype')?.split(':')[0];
      said = named ?? `status ${response.status}`;
      await response.body?.cancel();
      return isPassing(response.status) ? undefined : response;
    });
    if (!answer?.ok && said !== 'ResourceExistsException')
      refused.push({ dataSet: `${id}-${dataSet}`, error: new Error(`QuickSight refused an ingestion: ${said}`) });
  });
  return { started: dataSets.length - refused.length, refused };
}
