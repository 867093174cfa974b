/** The rows of all tables without their lineage, to compare two lakes. */
import type { SqlValue } from '#lake/ports.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { SmallLake } from './small-lake.ts';

/** What readers see of the tables, without what says where or when a row came from. */
export async function settledTables({
  rows,
}: Pick<SmallLake, 'rows'>): Promise<Record<string, Record<string, SqlValue>[]>> {
  const tables: Record<string, Record<string, SqlValue>[]> = {};
  for (const name of ['events', 'headers', 'clicks', 'recipient_messages']) {
    const { columns = {}, key = [] } = TABLES[name] ?? {};
    const kept = Object.keys(columns).filter((column) => !columns[column]?.lineage);
    tables[name] = await rows(`select dt, ${kept.join(', ')} from ${name} order by ${key.join(', ')}`);
  }
  return tables;
}
