/** Another reader: pandas, over the files that readers see, live ones (INT64 times) and settled ones (INT96, Athena's). */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GlueCatalog } from '#aws/glue-catalog.ts';
import { generate } from '#generate/index.ts';
import type { Catalog, Engine, SqlValue, Store } from '#lake/ports.ts';
import { readBytes } from '#lake/protocol/records.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Column, Table } from '#lake/tables/table.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { handler as plan } from '../../functions/plan.ts';
import { handler as rollup } from '../../functions/rollup.ts';
import { handler as rollupDays } from '../../functions/rollup-days.ts';
import { handler as settle } from '../../functions/settle.ts';
import { handler as settleDay } from '../../functions/settle-day.ts';
import { handler as transform } from '../../functions/transform.ts';
import { type CloudLake, cloudLake, putAll, rawFiles } from './cloud-lake.ts';
import { installPandas } from './install.ts';
import { drain, eventOf, invocation } from './invoke.ts';

const READER = fileURLToPath(new URL('./pandas_reader.py', import.meta.url));
const PARQUET: readonly Table[] = Object.values(TABLES).filter(({ format }) => format === 'parquet');

const folder = mkdtempSync(join(tmpdir(), 'pandas-'));
let python: string;
let cloud: CloudLake;
let local: SmallLake;

beforeAll(async () => {
  python = installPandas((line) => console.log(line));
  const made = join(folder, 'made');
  await generate({ out: made, messages: 150, days: 3, seed: 13, dirty: true, dates: 5, end: '2025-03-10' });
  const files = await rawFiles(made);
  cloud = await cloudLake();
  await putAll(cloud, files);
  await plan({ reach: 'all' }, invocation('plan'));
  await drain(cloud.account.clients.sqs, cloud.queues.backfill, 'transform', transform);
  local = await smallLake();
  for (const { key, bytes } of files) local.put(key, bytes);
});
afterAll(async () => {
  await cloud?.close();
  await local?.close();
  rmSync(folder, { recursive: true });
});

interface ReadTable {
  rows: number;
  days: Record<string, number>;
  columns: Record<string, Record<string, unknown>>;
}

/** What pandas reads of tables whose files lie in `<root>/<table>/dt=D/`. */
async function byPandas(root: string, names: readonly string[]): Promise<Record<string, ReadTable>> {
  const folders = names.map((name) => join(root, name));
  const { stdout } = await promisify(execFile)(python, [READER, ...folders], { maxBuffer: 2 ** 26 });
  const read: Record<string, ReadTable> = JSON.parse(stdout);
  return Object.fromEntries(Object.entries(read).map(([path, table]) => [basename(path), table]));
}

/** The same by an engine's SQL. */
async function byEngine({ query }: Pick<Engine, 'query'>, { name, columns }: Table): Promise<ReadTable> {
  const parts = Object.entries(columns).map(([column, { type }]) => ({ column, type, sums: sumsOf(column, type) }));
  const sums = parts.flatMap(({ column, sums }) => [`count_if(${column} is null)`, ...sums.map(({ sql }) => sql)]);
  const { rows } = await query(`select count(*), ${sums.join(', ')} from ${name}`);
  const values = [...(rows[0] ?? [])];
  const read: ReadTable = { rows: Number(values.shift()), days: {}, columns: {} };
  for (const { column, type, sums: ofColumn } of parts) {
    const said: Record<string, SqlValue | undefined> = { nulls: values.shift(), type: NAMES[type] };
    for (const { is } of ofColumn) said[is] = values.shift();
    read.columns[column] = said;
  }
  const { rows: days } = await query(`select dt, count(*) from ${name} group by dt order by dt`);
  read.days = Object.fromEntries(days.map(([dt, count]) => [String(dt), Number(count)]));
  return read;
}

const NAMES: Partial<Record<Column['type'], string>> = {
  string: 'string',
  bigint: 'integer',
  int: 'integer',
  boolean: 'boolean',
  timestamp: 'timestamp',
};

function sumsOf(column: string, type: Column['type']): { is: string; sql: string }[] {
  switch (type) {
    case 'string':
      return [
        { is: 'distinct', sql: `count(distinct ${column})` },
        { is: 'length', sql: `coalesce(sum(length(${column})), 0)` },
      ];
    case 'boolean':
      return [{ is: 'sum', sql: `count_if(${column})` }];
    case 'timestamp':
      return ['min', 'max'].map((is) => ({ is, sql: `${is}(${column})` }));
    case 'bigint':
    case 'int':
      return [{ is: 'sum', sql: `coalesce(cast(sum(cast(${column} as decimal(38, 0))) as varchar), '0')` }];
    default:
      throw new Error(`no table has a column of type ${type}`);
  }
}

/** Fetches the files that readers see, under the names that they have. */
async function fetchTables(root: string, lake: Store, catalog: Pick<Catalog, 'locations'>): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of PARQUET) {
    let files = 0;
    for (const { dt, location } of await catalog.locations(name)) {
      const at = join(root, name, `dt=${dt}`);
      mkdirSync(at, { recursive: true });
      for await (const { key } of lake.list(location)) {
        writeFileSync(join(at, basename(key)), await readBytes(lake, key));
        files++;
      }
    }
    if (files > 0) names.push(name);
  }
  return names;
}

async function expectSame(state: string): Promise<void> {
  const { clients, database, bucket } = cloud.account;
  const root = join(folder, state);
  const catalog = new GlueCatalog({ client: clients.glue, database, bucket });
  const names = await fetchTables(root, cloud.lake, catalog);
  const read = await byPandas(root, names);
  for (const table of PARQUET.filter(({ name }) => names.includes(name))) {
    expect(read[table.name], table.name).toEqual(await byEngine(cloud, table));
  }
  expect(read.events?.rows).toBeGreaterThan(300);
}

describe('pandas reads what Trino reads', () => {
  test('of live files', () => expectSame('live'));

  test('of a table with live days and settled days', async () => {
    const days = new Set<string>();
    for await (const { key } of cloud.lake.list('v1/live/events/')) days.add(/dt=([^/]*)/.exec(key)?.[1] ?? '');
    const some = [...days].filter((_, i) => i % 2 === 0);
    const messages = some.map((dt) => ({ MessageId: dt, Body: JSON.stringify({ table: 'events', dt }) }));
    expect(await settleDay(eventOf(messages), invocation('settle-day'))).toEqual({ batchItemFailures: [] });
    await expectSame('mixed');
  });

  test('of settled files, and of what the rollup writes', async () => {
    await settle({}, invocation('settle'));
    const { failed } = await drain(cloud.account.clients.sqs, cloud.queues.settle, 'settle-day', settleDay);
    expect(failed).toEqual([]);
    await rollup({ reach: 'all' }, invocation('rollup'));
    expect(await drain(cloud.account.clients.sqs, cloud.queues.rollup, 'rollup-days', rollupDays)).toMatchObject({
      failed: [],
    });
    await expectSame('settled');
  });
});

test('pandas reads what DuckDB reads of the same data on a laptop', async () => {
  await local.run();
  const { ports, engine } = local.lake;
  const root = join(folder, 'local');
  const names = await fetchTables(root, ports.lake, ports.catalog);
  expect(names).toHaveLength(PARQUET.length);
  const read = await byPandas(root, names);
  for (const table of PARQUET) {
    const expected = await byEngine({ query: (sql) => engine.query(sql) }, table);
    expect(read[table.name], table.name).toEqual(expected);
  }
});
