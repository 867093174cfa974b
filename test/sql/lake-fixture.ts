/** Tables of the lake in a DuckDB of their own, made from plain rows, with the views of sql/ on top. */
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { loadSql } from '#host/sql-folder.ts';
import type { QueryResult } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { inlineViews } from '#lake/sql/views/inline.ts';
import { PRESTO_TYPES, type View } from '#lake/sql/views/view.ts';
import { shownRows } from '#lake/steps/rollup/relations.ts';
import { events, recipientMessages, TABLES } from '#lake/tables/index.ts';
import { type Column, columnNames, type Table } from '#lake/tables/table.ts';
import { DIALECT_SETTINGS, dialectStatements } from '#local/duckdb/dialect.ts';
import { readResult } from '#local/duckdb/values.ts';
import { templateOf } from './lake-template.ts';

export const SQL_FOLDER = fileURLToPath(new URL('../../sql', import.meta.url));

type Value = string | number | boolean | null | Readonly<Record<string, number>>;
/** By column; one left out is NULL, or what the builder gives. Timestamps are `YYYY-MM-DD HH:MM:SS[.mmm]`, UTC. */
export type Row = Readonly<Record<string, Value>>;
export type Answer = Record<string, string | number | bigint | boolean | null>;

export interface RollupRun {
  first: string;
  last: string;
  days?: number;
}

export interface LakeFixture {
  views: View[];
  run(sql: string): Promise<void>;
  /** As the engine port answers. */
  query(sql: string): Promise<QueryResult>;
  /** Dates are `YYYY-MM-DD`, timestamps `YYYY-MM-DD HH:MM:SS.mmm`. */
  rows(sql: string): Promise<Answer[]>;
  /** names, and types in Presto's words */
  columns(sql: string): Promise<{ name: string; type: string }[]>;
  insert(table: string, rows: readonly Row[]): Promise<void>;
  rollupView: View;
  /** The select of one run of the rollup over the table `events`. */
  rollupSelect(run: RollupRun): string;
  /** Fills `recipient_messages` by that select. */
  rollup(run: RollupRun): Promise<void>;
  /** Empties every table. */
  clear(): Promise<void>;
  close(): void;
}

/** All tables, empty, and all views; `settings` stand in for values of seed settings. */
export async function lakeFixture({ settings = {} }: { settings?: Record<string, string> } = {}): Promise<LakeFixture> {
  const sql = await loadSql(SQL_FOLDER);
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const run = async (statement: string): Promise<void> => {
    await connection.run(statement);
  };
  for (const setting of DIALECT_SETTINGS) await run(setting);
  const template = await templateOf([...dialectStatements(), ...tables(), ...sql.views.map(relation)]);
  await run(`attach ${quoteText(template)} as template (read_only)`);
  await run('copy from database template to memory');
  await run('detach template');
  const seed = sql.views.find(({ name }) => name === 'seed_settings');
  if (seed && Object.keys(settings).length > 0) {
    await run(relation({ ...seed, sql: withSettings(seed.sql, settings) }).replace('create', 'create or replace'));
  }

  const fixture: LakeFixture = {
    views: sql.views,
    run,
    // Whole results: a second stream on one connection would end the first.
    query: async (statement) => readResult(await connection.run(statement)),
    async rows(statement) {
      const { columns, rows } = await fixture.query(statement);
      return rows.map((row) =>
        Object.fromEntries(
          columns.map(({ name, type }, at) => {
            const value = row[at] ?? null;
            const isTime = type === 'timestamp(3)' && typeof value === 'number';
            return [name, isTime ? new Date(value).toISOString().replace('T', ' ').replace('Z', '') : value];
          }),
        ),
      );
    },
    columns: async (statement) => (await readResult(await connection.stream(statement))).columns,
    async insert(table, rows) {
      const declared = TABLES[table];
      if (!declared) throw new Error(`no such table: ${table}`);
      for (let at = 0; at < rows.length; at += 500) {
        const values = rows.slice(at, at + 500).map((row) => `(${literals(declared, row)})`);
        await run(`insert into ${table} values ${values.join(', ')}`);
      }
    },
    rollupView: sql.rollup,
    rollupSelect: ({ first, last, days = 30 }) =>
      inlineViews(sql.rollup.sql, sql.views, {
        events: `select ${columnNames(events).join(', ')}, dt from main.events`,
        rollup_run: `select timestamp '2026-06-01 00:00:00' as as_of, date '${first}' as first_send_date, date '${last}' as last_send_date, ${days} as attribution_days`,
        rollup_published: publishedBy('main.events'),
        rollup_shown: shownRows([]),
      }),
    rollup: (of) => run(`insert into ${recipientMessages.name} ${fixture.rollupSelect(of)}`),
    async clear() {
      for (const name of Object.keys(TABLES)) await run(`delete from ${name}`);
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
  return fixture;
}

function tables(): string[] {
  return Object.values(TABLES).map((table) => {
    const columns = Object.entries(table.columns).map(([name, column]) => `${name} ${PRESTO_TYPES[column.type]}`);
    // TIMESTAMP, not TIMESTAMP_MS: what DuckDB takes the lake's Parquet files for.
    return `create table ${table.name} (${columns.join(', ').replaceAll('timestamp(3)', 'timestamp')}, dt varchar)`;
  });
}

/** Seeds never change: as tables, they aren't planned anew for each statement that reads them. */
const relation = ({ folder, name, sql }: View): string =>
  `create ${folder === 'seeds' ? 'table' : 'view'} ${name} as ${sql}`;

/** By day of sending, what was seen of each scope in the 28 days up to it: what the rollup's step reads from records. */
const publishedBy = (table: string): string => `select
        coalesce(configuration_set, sending_identity, application_id, '') as scope,
        cast(dt as date) + cast(days as integer) as first_send_date,
        cast(dt as date) + cast(days as integer) as last_send_date,
        bool_or(event_type = 'send') as has_sends,
        bool_or(event_type = 'delivered') as has_deliveries,
        bool_or(event_type = 'open') as has_opens,
        bool_or(event_type = 'click') as has_clicks,
        bool_or(event_type = 'unsubscribe' or coalesce(is_unsubscribe, false)) as has_unsubscribes,
        bool_or(event_type = 'complaint') as has_complaints
    from ${table}
    cross join range(0, 28) as listed (days)
    group by all`;

function withSettings(sql: string, settings: Readonly<Record<string, string>>): string {
  const cases = Object.entries(settings).map(([name, value]) => `when '${name}' then '${value}'`);
  return `select name, case name ${cases.join(' ')} else value end as value, meaning from (${sql})`;
}

function literals(table: Table, row: Row): string {
  const strange = Object.keys(row).find((name) => name !== 'dt' && !(name in table.columns));
  if (strange !== undefined) throw new Error(`${table.name} has no column ${strange}`);
  const values = Object.entries(table.columns).map(([name, column]) => literal(row[name] ?? null, column));
  return [...values, literal(row.dt ?? null)].join(', ');
}

function literal(value: Value, column?: Column): string {
  if (value === null) return 'null';
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    return `map([${entries.map(([key]) => literal(key)).join(', ')}], [${entries.map(([, count]) => count).join(', ')}])`;
  }
  if (typeof value !== 'string') return String(value);
  return `${column?.type === 'timestamp' ? 'timestamp ' : ''}'${value.replaceAll("'", "''")}'`;
}
