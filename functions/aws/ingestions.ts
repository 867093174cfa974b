/**
 * Has QuickSight read data sets anew into its memory (QuickSight API, `CreateIngestion`). An ingestion's id is given by who
 * asks: of the same id there is one only, so that asking twice is asking once.
 */
import { concurrently } from '#lake/concurrently.ts';
import type { Dashboard } from './environment.ts';
import { type Caller, signedCall } from './signed-call.ts';

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

/** @param whose region and credentials, those of any client */
export async function startIngestions(
  whose: Caller,
  { account, id, dataSets, ingestion, endpoint }: Asking,
): Promise<Ingestions> {
  const refused: Ingestions['refused'] = [];
  await concurrently(dataSets, AT_ONCE, async (dataSet) => {
    const { isDone, said } = await signedCall(whose, {
      method: 'PUT',
      host: 'quicksight',
      path: `/accounts/${account}/data-sets/${id}-${dataSet}/ingestions/${ingestion}`,
      body: { IngestionType: 'FULL_REFRESH' },
      endpoint,
    });
    if (!isDone && said !== 'ResourceExistsException')
      refused.push({ dataSet: `${id}-${dataSet}`, error: new Error(`QuickSight refused an ingestion: ${said}`) });
  });
  return { started: dataSets.length - refused.length, refused };
}
