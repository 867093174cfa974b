import { DuckDBDateValue, DuckDBInstance, DuckDBTimestampValue, type DuckDBValue } from '@duckdb/node-api';
import type { Engine, SqlValue } from '#lake/ports.ts';
import { COUNTS } from '#local/report/measures.ts';
import type { Story } from './story.ts';

const TYPES = new Map<string, string>([
  ...COUNTS.map((count) => [count, 'bigint'] as const),
  ...['bounces', 'clicks', 'human_clicks', 'objects', 'records'].map((name) => [name, 'bigint'] as const),
  ...[
    'accepted',
    'duplicate',
    'skipped',
    'quarantined',
    'missing_objects',
    'changed_objects',
    'settled_duplicate_rows',
  ].map((name) => [name, 'bigint'] as const),
  ...['send_date', 'event_date', 'ingest_date'].map((name) => [name, 'date'] as const),
  ['newest_delivered_at', 'timestamp'],
]);

const COLUMNS = {
  deliverability_facts: ['send_date', 'mailbox_provider', 'campaign_id', 'treatment_id', ...COUNTS],
  bounce_diagnostics: [
    'event_date',
    'mailbox_provider',
    'bounce_kind',
    'enhanced_status',
    'bounces',
    'meaning',
    'what_to_do',
    'example_diagnostic',
  ],
  link_performance: ['campaign_id', 'link', 'clicks', 'human_clicks', 'unique_clicks'],
  data_quality_daily: [
    'ingest_date',
    'objects',
    'records',
    'accepted',
    'duplicate',
    'skipped',
    'quarantined',
    'missing_objects',
    'changed_objects',
    'settled_duplicate_rows',
    'newest_delivered_at',
  ],
} as const;

/** A real SQL engine in memory that has a story's rows where the views would be. */
export async function storyEngine(story: Story): Promise<Engine> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const tables: [keyof typeof COLUMNS, readonly object[]][] = [
    ['deliverability_facts', story.facts],
    ['bounce_diagnostics', story.bounces],
    ['link_performance', story.links],
    ['data_quality_daily', story.quality],
  ];
  for (const [table, rows] of tables) {
    const columns = COLUMNS[table].map((name) => `${name} ${TYPES.get(name) ?? 'varchar'}`);
    await connection.run(`create table ${table} (${columns.join(', ')})`);
    for (let i = 0; i < rows.length; i += 500) {
      const values = rows.slice(i, i + 500).map((row) => {
        const fields = new Map<string, unknown>(Object.entries(row));
        return `(${COLUMNS[table].map((name) => literal(fields.get(name))).join(', ')})`;
      });
      await connection.run(`insert into ${table} values ${values.join(', ')}`);
    }
  }
  await connection.run('create view deliverability_by_mailbox_provider as select * from deliverability_facts');
  return {
    async query(sql) {
      const reader = await connection.runAndReadAll(sql);
      const columns = reader.columnNames().map((name, i) => ({ name, type: String(reader.columnType(i)) }));
      return { columns, rows: reader.getRows().map((row) => row.map(plain)) };
    },
    write: () => Promise.reject(new Error('a report writes no tables')),
  };
}

const literal = (value: unknown): string =>
  value === null || value === undefined
    ? 'null'
    : typeof value === 'number'
      ? String(value)
      : `'${String(value).replaceAll("'", "''")}'`;

function plain(value: DuckDBValue): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value instanceof DuckDBTimestampValue) return Number(value.micros / 1000n);
  if (value instanceof DuckDBDateValue) return value.toString();
  throw new TypeError(`a type that the engine's contract doesn't have: ${value}`);
}
