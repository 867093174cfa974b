/** The views as they are deployed: Glue's definitions, answered by Trino, beside DuckDB's answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { loadSql } from '#host/sql-folder.ts';
import type { QueryResult } from '#lake/ports.ts';
import { ANALYST_QUERIES } from '#test/local/duckdb/analyst-queries.ts';
import { sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { glueView, type ViewSource } from '../../stacks/spec/glue-view.ts';
import type { Account } from './account.ts';
import { type BothLakes, bothLakes } from './both-lakes.ts';
import { rawFiles } from './cloud-lake.ts';
import { ESTIMATES, expectPercentiles, LATENCIES } from './percentiles.ts';
import { expectSameRows } from './same-rows.ts';

const { views } = await loadSql(join(process.cwd(), 'sql'));
const named = views.map((view) => [view.name, view] as const);

/** They count seconds until now. */
const LAGS = ['lag_seconds', 'rollup_lag_seconds'];

describe('fault 67: on empty tables', () => {
  let both: BothLakes;
  beforeAll(async () => {
    both = await bothLakes(views, async () => {});
  });
  afterAll(() => both?.close());

  test.concurrent.each(named)(
    '%s has the columns and types of its header, and the rows of DuckDB',
    async (name, view) => {
      const sql = `select * from ${name}`;
      const found = await both.cloud(sql);
      expect(found.columns).toEqual(view.columns.map(({ name: column, type }) => ({ name: column, type })));
      expectSameRows(found, await both.local.lake.engine.query(sql), { without: LAGS });
    },
  );

  test.concurrent.each(named)("%s: its select's own types are those of its header", async (_, view) => {
    expect(await ownTypes(both.account, view)).toEqual(typesOf(view));
  });

  test('a wrong type in a header is found, also where Trino would widen in silence', async () => {
    const right: ViewSource = {
      name: 'typed',
      sql: "select count(*) as n, max(dt) as dt, cast(1 as integer) as i, max(occurred_at) as at, max(date '2024-01-01') as day from events",
      columns: (
        [
          ['n', 'bigint'],
          ['dt', 'varchar'],
          ['i', 'integer'],
          ['at', 'timestamp(3)'],
          ['day', 'date'],
        ] as const
      ).map(([name, type]) => ({ name, type, doc: name })),
    };
    expect(await ownTypes(both.account, right)).toEqual(typesOf(right));
    for (const [column, type] of [
      ['i', 'bigint'],
      ['n', 'double'],
      ['n', 'integer'],
      ['day', 'timestamp(3)'],
      ['at', 'date'],
      ['dt', 'bigint'],
    ]) {
      const wrong = {
        ...right,
        columns: right.columns.map((one) => (one.name === column ? { ...one, type: type ?? '' } : one)),
      };
      expect(await ownTypes(both.account, wrong), `${column} ${type}`).not.toEqual(typesOf(wrong));
    }
    // What Trino itself notices: a narrower type. A wider one passes, which is why types are looked at above.
    expect(await answers(both, right, 'n', 'integer')).toMatch('VIEW_IS_STALE');
    expect(await answers(both, right, 'i', 'bigint')).toBe('answers');
  });
});

describe('fault 67: on one mail', () => {
  let both: BothLakes;
  beforeAll(async () => {
    both = await bothLakes(views, async (local) => {
      const of = { messageId: 'm1', sentAt: Date.parse('2025-03-08T10:00:00Z') };
      for (const [i, record] of [sesSend(of), sesDelivery(of), sesOpen(of), sesClick(of)].entries()) {
        local.put(`${i}.json`, JSON.stringify(record), Date.parse('2025-03-08T12:00:00Z'));
      }
      await local.run();
    });
  });
  afterAll(() => both?.close());

  test.concurrent.each(named)('%s gives the same rows', async (name) => {
    const sql = `select * from ${name}`;
    const found = await both.cloud(sql);
    expectSameRows(found, await both.local.lake.engine.query(sql), { without: LAGS });
    if (name === 'deliverability_daily') expect(found.rows).toHaveLength(1);
  });
});

describe('fault 67: on a large lake', () => {
  let both: BothLakes;
  const folder = mkdtempSync(join(tmpdir(), 'views-'));
  beforeAll(async () => {
    await generate({ out: folder, messages: 5000, days: 12, seed: 5, end: '2025-03-10' });
    both = await bothLakes(views, async (local) => {
      for (const { key, bytes } of await rawFiles(folder)) local.put(key, bytes, Date.parse('2025-03-20T00:00:00Z'));
      await local.run();
    });
  });
  afterAll(async () => {
    await both?.close();
    rmSync(folder, { recursive: true });
  });

  test.concurrent.each(named)('%s gives the same rows', async (name) => {
    const sql = `select * from ${name}`;
    const found = await both.cloud(sql);
    expectSameRows(found, await both.local.lake.engine.query(sql), { without: LAGS, estimates: ESTIMATES });
    if (name === 'delivery_latency_daily') {
      expectPercentiles(found, await both.local.lake.engine.query(LATENCIES));
    }
  });

  test.concurrent.each(ANALYST_QUERIES)("an analyst's %s answers the same", async (query) => {
    const sql = query.replaceAll('{db}', both.account.database);
    expect(asText(await both.cloud(sql))).toEqual(asText(await both.local.lake.engine.query(sql)));
  });

  test.concurrent.each(
    named.filter(([name, { columns }]) => columns.some((column) => column.name === 'dt') && !COMPARING.includes(name)),
  )('%s reads a fraction of the bytes where one day of many is asked for', async (name) => {
    const { trino, database: schema } = both.account;
    const all = await trino.query(`select * from ${name}`, { schema });
    const one = await trino.query(`select * from ${name} where dt = '2025-03-04'`, { schema });
    expect(one.bytesRead).toBeLessThan(all.bytesRead / 3);
  });
});

/** Rows in any order; lists and fractions as both engines write them. */
const asText = ({ rows }: QueryResult): string[] =>
  rows
    .map((row) =>
      row
        .map((value) =>
          typeof value === 'number' ? Number(value.toPrecision(9)) : String(value).replace(/["\s]/g, ''),
        )
        .join('|'),
    )
    .sort();

/** These compare a day with earlier ones, or have days of their own that don't follow those of files. */
const COMPARING = [
  'event_volume_daily',
  'deliverability_anomalies',
  'message_recency',
  'deliverability_by_engagement_recency',
  'data_quality_daily',
];

const typesOf = ({ columns }: ViewSource): object[] => columns.map(({ name, type }) => ({ name, type }));

/** The columns of the bare select: through the view Trino gives the header's types, and widens to them. */
async function ownTypes({ trino, database }: Account, { sql }: ViewSource): Promise<object[]> {
  const { columns } = await trino.query(`select * from (\n${sql}\n) as bare limit 0`, { schema: database });
  return columns.map(({ name, type }) => ({ name, type: type.replace(/^varchar\(\d+\)$/, 'varchar') }));
}

/** What a view with one changed type says, in Glue. */
async function answers({ account, cloud }: BothLakes, view: ViewSource, column: string, type: string): Promise<string> {
  const { clients, database } = account;
  const columns = view.columns.map((one) => (one.name === column ? { ...one, type } : one));
  const TableInput = glueView({ ...view, columns }, database);
  await clients.glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
  try {
    await cloud(`select * from ${view.name}`);
    return 'answers';
  } catch (error) {
    return String(error);
  } finally {
    await clients.glue.send(new DeleteTableCommand({ DatabaseName: database, Name: view.name }));
  }
}
