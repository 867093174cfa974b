import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { ANALYST_QUERIES } from './analyst-queries.ts';

let local: SmallLake;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'analyst-'));
  await generate({ out: folder, messages: 150, days: 4, seed: 5, end: '2025-03-04' });
  local = await smallLake();
  for (const key of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, key);
    if (statSync(path).isFile()) local.put(key, readFileSync(path), Date.parse('2025-03-20T00:00:00Z'));
  }
  rmSync(folder, { recursive: true });
  await local.run();
});
afterAll(() => local?.close());

test.each(ANALYST_QUERIES)('an analyst’s %s runs on a laptop as it is', async (sql) => {
  const { columns, rows } = await local.lake.engine.query(sql.replaceAll('{db}', 'maillake_dev'));
  expect(columns.length).toBeGreaterThan(0);
  expect(rows.length).toBeGreaterThan(0);
});

test.each([
  ['show create view maillake.deliverability_daily', /^CREATE VIEW deliverability_daily AS\nwith facts as/],
  [
    'show create table events',
    /^CREATE EXTERNAL TABLE events \(\n {2}event_id string,[\s\S]*PARTITIONED BY \(dt string\)/,
  ],
  ['show views', /^bounce_diagnostics$/],
  ['describe formatted maillake.clicks', /^event_id$/],
  [
    "select table_name from awsdatacatalog.information_schema.tables where table_schema = 'maillake' and table_name = 'clicks'",
    /^clicks$/,
  ],
  ['explain (type distributed) select count(*) from maillake.events', /physical_plan/],
])('%s tells what there is', async (sql, first) => {
  expect(String((await local.lake.engine.query(sql)).rows[0]?.[0])).toMatch(first);
});

test.each([
  ['select sha512(to_utf8(event_id)) from events', 'sha512'],
  ['select crc32(to_utf8(event_id)) from events', 'crc32'],
  ['select approx_set(event_id) from events', 'approx_set'],
  ['select * from events match_recognize (order by event_id pattern (a) define a as true)', 'match_recognize'],
  [
    'select regexp_replace(event_type, source, x -> x[1]) from events',
    'regexp_replace with a lambda and a pattern that is no literal',
  ],
])('%s is refused by its name', async (sql, name) => {
  await expect(local.lake.engine.query(sql)).rejects.toThrow(
    `no ${name} on a laptop: if Athena has it, ask a stage with the same query (--stage NAME)`,
  );
});

test('there are a hundred questions', () => {
  expect(new Set(ANALYST_QUERIES).size).toBeGreaterThanOrEqual(100);
});
