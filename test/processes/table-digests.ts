/** Hashes the rows of each table and day, to compare two lakes. */
import { hash } from 'node:crypto';
import { TABLES } from '#lake/tables/index.ts';
import { openLake } from '#local/lake.ts';

/** `<table> <day>` → a hash of its rows, without what says where or when they came from; in the order of all columns. */
export async function tableDigests(folder: string): Promise<Record<string, string>> {
  const lake = await openLake({ lake: folder });
  try {
    const digests: Record<string, string> = {};
    for (const name of ['events', 'headers', 'clicks', 'recipient_messages', 'quarantine']) {
      const columns = Object.entries(TABLES[name]?.columns ?? {});
      const kept = columns.filter(([, { lineage }]) => !lineage).map(([column]) => column);
      const { rows: days } = await lake.engine.query(`select distinct dt from ${name} order by dt`);
      for (const [dt] of days) {
        const { rows } = await lake.engine.query(
          `select ${kept.join(', ')} from ${name} where dt = '${dt}' order by ${kept.join(', ')}`,
        );
        digests[`${name} ${dt}`] = `${rows.length} rows, ${hash('sha256', JSON.stringify(rows, plain))}`;
      }
    }
    return digests;
  } finally {
    await lake.close();
  }
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
