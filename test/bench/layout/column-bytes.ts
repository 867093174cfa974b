/** Computes what a query would read if its files were large: only the columns that it needs. */
import type { TrinoClient } from '#test/engines/trino-client.ts';

/** Trino counts them for each format of compression. */
const METRIC = /^ParquetReaderCompressionFormat_/;

interface QueryInfo {
  queryStats: { operatorSummaries: { connectorMetrics?: Record<string, { total?: number }> }[] };
}

/**
 * Compressed bytes of the column chunks that a query needed, of the row groups that it did not put aside. Files of less than
 * 3 MB, such as all of a benchmark's, Trino reads whole (`parquet.small-file-threshold`), so that bytes read from them also
 * tell of columns that nobody asked for; of large files it reads little more than these.
 */
export async function columnBytes({ address }: TrinoClient, id: string): Promise<number> {
  const response = await fetch(`${address}/v1/query/${id}`, { headers: { 'X-Trino-User': 'test' } });
  if (!response.ok) throw new Error(`Trino has forgotten query ${id}: ${response.status}`);
  const { queryStats }: QueryInfo = JSON.parse(await response.text());
  return queryStats.operatorSummaries
    .flatMap(({ connectorMetrics = {} }) => Object.entries(connectorMetrics))
    .reduce((sum, [name, { total = 0 }]) => sum + (METRIC.test(name) ? total : 0), 0);
}
