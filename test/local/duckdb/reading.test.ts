import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DiskCatalog } from '#local/disk/catalog.ts';
import { DuckDbEngine } from '#local/duckdb/engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'reading-'));
const lake = join(folder, 'lake');
const raw = join(folder, 'raw/a.json');
const secret = join(folder, 'lake-other/secret.csv');
let engine: DuckDbEngine;

beforeAll(async () => {
  for (const name of ['lake/v1', 'raw', 'lake-other']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(raw, '{"eventType":"Send"}\n');
  writeFileSync(secret, 'name,value\nkey,secret\n');
  writeFileSync(join(lake, 'settings.json'), '{"tags":{}}');
  writeFileSync(join(lake, 'v1/file.csv'), 'a\n1\n');
  symlinkSync(join(folder, 'lake-other'), join(folder, 'link'));
  engine = await DuckDbEngine.open({ root: lake, catalog: new DiskCatalog(lake), views: [] });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** Every file below the folder, with what it holds. */
const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

/** `$raw`, `$secret`, `$lake` and `$out` (a file that isn't there) stand for paths. */
const WAYS = [
  // to write
  "copy (select 1) to '$raw'",
  "copy (select 1) to '$out' (format parquet)",
  "copy (select 1) to '$lake/v1/new.csv'",
  "explain analyze copy (select 1) to '$raw'",
  "explain analyze copy (select 1) to '$lake/v1/new.csv'",
  "EXPLAIN /* a */ ANALYZE copy (select 1) to '$lake/v1/new.csv'",
  "explain (analyze) copy (select 1) to '$lake/v1/new.csv'",
  "select 1) to '$out' (format csv); copy (select 2",
  "select 1\n) to '$lake/v1/new.csv' (format csv) --",
  "select 1; copy (select 2) to '$lake/v1/new.csv'",
  'select 1;; select 2',
  'from (select 1); drop view events',
  'with made as (select 1) insert into events select * from made',
  'create table made as select 1',
  'create or replace view events as select 1',
  'create macro lower(x) as upper(x)',
  'explain analyze create table made as select 1',
  'drop view events',
  'delete from events',
  'update events set subject = 1',
  'truncate events',
  'alter view events rename to other',
  "comment on view events is 'mine'",
  "export database '$out'",
  "import database '$lake'",
  "select * from enable_logging(storage = 'file', storage_path = '$lake/v1/log.csv')",
  "call enable_logging(storage = 'file', storage_path = '$lake/v1/log.csv')",
  "select * from enable_profiling(save_location = '$lake/v1/profile.json')",
  'select * from (values (1)) t(x), lateral (select * from enable_logging())',
  "select (select count(*) from enable_logging(storage = 'file', storage_path = '$lake/v1/log.csv'))",
  'with a as (select * from truncate_duckdb_logs()) select * from a',
  'checkpoint',
  'select * from force_checkpoint()',
  'vacuum',
  // to read files
  "select * from read_csv('/etc/passwd')",
  "select * from read_csv('$secret')",
  "select * from read_text('$lake/settings.json')",
  "select * from read_blob('$lake/../raw/a.json')",
  "select * from read_json('$raw')",
  "select * from read_parquet('$lake/v1/**')",
  "select * from parquet_metadata('$lake/v1/x.parquet')",
  "select * from sniff_csv('$secret')",
  "select * from glob('/etc/*')",
  "select * from '$secret'",
  'select * from "$secret"',
  "from '$lake/v1/file.csv'",
  "select * from '$lake/../lake-other/secret.csv'",
  "select * from '$lake/../link/secret.csv'",
  "select * from 'http://localhost/a.csv'",
  "select * from 's3://bucket/a.parquet'",
  "describe select * from read_csv('$secret')",
  "describe '$secret'",
  "summarize '$lake/v1/file.csv'",
  "explain select * from read_text('$secret')",
  "explain analyze select * from '$lake/v1/file.csv'",
  "select * from query('select * from read_text(''$secret'')')",
  "select * from query_table('$secret')",
  "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
  "pivot '$secret' on name using count(*)",
  // to load code, reach elsewhere or change the engine
  "attach '$out' as other",
  "attach ':memory:' as other",
  'install httpfs',
  'load json',
  "load '$out'",
  "create secret s (type s3, key_id 'a', secret 'b')",
  'set enable_external_access = true',
  'set lock_configuration = false',
  "set temp_directory = '$out'",
  "set allowed_directories = ['/']",
  'set variable a = 1',
  'reset enable_external_access',
  'pragma enable_profiling',
  'pragma database_list',
  'select * from pragma_version()',
  'select * from duckdb_settings()',
  'use temp',
  'begin',
  'prepare p as select 1',
  'execute p',
  "select 1\0; copy (select 1) to '$out'",
  '',
  '-- nothing',
] as const;

test.each(WAYS)('fault 80: %j is refused, whichever way it is asked, and nothing is written', async (way) => {
  const before = files();
  const out = join(folder, 'out');
  const sql = way
    .replaceAll('$raw', raw)
    .replaceAll('$secret', secret)
    .replaceAll('$lake', lake)
    .replaceAll('$out', out);
  await expect(engine.query(sql)).rejects.toThrow();
  await expect(engine.stream(sql, async () => 'read')).rejects.toThrow();
  await expect(engine.copyTo(sql, join(folder, 'result.parquet'))).rejects.toThrow();
  expect(files()).toEqual(before);
});

test('fault 80: a comment that ends elsewhere for DuckDB than for us hides no second statement', async () => {
  const before = files();
  const sql = `/* /* */ explain select 1 -- */ copy (select 1) to '${lake}/v1/new.csv'`;
  expect(JSON.stringify((await engine.query(sql)).rows)).toContain('PROJECTION');
  expect(files()).toEqual(before);
});

test('fault 80: what is refused says why, in the words of the lake', async () => {
  const why = (sql: string) => engine.query(sql).then(String, (error: Error) => error.message);
  expect(await why('select 1; select 2')).toBe('one statement at a time, please: there are 2');
  expect(await why("copy (select 1) to '/tmp/x'")).toBe(
    'the lake is only read by queries: use select, with, describe, show or explain',
  );
  expect(await why("select * from read_csv('/etc/passwd')")).toBe(
    'the lake is only read by queries: read_csv() is not allowed in from',
  );
  expect(await why("select * from '/etc/passwd'")).toBe(
    'the lake is only read by queries: "/etc/passwd" is a file, not a table or view',
  );
});

test('fault 80: were a statement to get past the check, DuckDB itself would open no file outside the lake', async () => {
  const inputs: never[] = [];
  await expect(engine.query(`select * from read_csv('${secret}')`, inputs)).rejects.toThrow('Permission Error');
  await expect(engine.query(`copy (select 1) to '${raw}'`, inputs)).rejects.toThrow('Permission Error');
  await expect(engine.query('set enable_external_access = true', inputs)).rejects.toThrow();
  await expect(engine.query("set allowed_directories = ['/']", inputs)).rejects.toThrow('locked');
});

test.each([
  ['select 1 -- a remark\n;\n', [[1]]],
  ['with a as (select 1 as x) select x from a', [[1]]],
  ['(select 1) union all (select 2)', [[1], [2]]],
  ['values (1), (2)', [[1], [2]]],
  ['table events', []],
  ['select x from unnest(array[1, 2]) as t(x)', [[1], [2]]],
  ["select ';' || ')'", [[';)']]],
  ["select 'copy (select 1) to ''/tmp/x'''", [["copy (select 1) to '/tmp/x'"]]],
  ['select count(*) from events, headers', [[0]]],
])('%j reads', async (sql, rows) => {
  expect((await engine.query(sql)).rows).toEqual(rows);
});

test.each(['describe events', 'show events', 'explain select 1', 'explain analyze select 1 -- a\n'])(
  '%j reads',
  async (sql) => {
    expect((await engine.query(sql)).rows.length).toBeGreaterThan(0);
  },
);
