import { expect, test } from 'vitest';
import { readingStatement } from '#aws/athena-reading.ts';

const refusal = (sql: string, closed?: Parameters<typeof readingStatement>[1]): string => {
  try {
    return `runs: ${readingStatement(sql, closed)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

test.each([
  ['select 1', 'select 1'],
  ['-- why\n/* and\nhow */ Select 1 ; ;', 'Select 1'],
  ['(select 1) union (select 2)', '(select 1) union (select 2)'],
  ['with a as (select 1) select * from a', 'with a as (select 1) select * from a'],
  ['values 1', 'values 1'],
  ['table events', 'table events'],
  ["show tables like 'x%'", "show tables like 'x%'"],
  ['describe events', 'describe events'],
  ['explain analyze verbose select 1', 'explain analyze verbose select 1'],
  ['explain (type io, format json) select 1', 'explain (type io, format json) select 1'],
  ['explain (select 1)', 'explain (select 1)'],
  ['select \'a;b\', "insert", 1 -- drop\r\n', 'select \'a;b\', "insert", 1 -- drop\n'],
])('%j is run as %j', (sql, run) => {
  expect(readingStatement(sql)).toBe(run);
});

test.each([
  'insert into events select * from events',
  "unload (select * from events) to 's3://bucket/' with (format = 'PARQUET')",
  'create table x as select 1',
  'drop view deliverability_daily',
  'explain analyze insert into events select * from events',
  'explain (type logical) create table x as select 1',
  'execute prepared',
  "using external function f(x varchar) returns varchar lambda 'f' select f('x')",
  'msck repair table events',
  "select * from table(federated.system.query(query => 'delete from t'))",
  // Trino's comment ends at the CR, and so does the one that is looked at.
  '-- a comment\rinsert into events\nselect 1',
  'select 1; select 2',
  '',
  '"select" 1',
])('%j is not run', (sql) => {
  expect(refusal(sql)).toMatch(/^(the lake is only read by queries|one statement at a time)/);
});

const CLOSED = { names: new Set(['events', 'odd"name']), database: 'maillake_test' };

test('what is closed becomes a relation that fails and says why, before all others that the statement names', () => {
  const events =
    '"events" as (select 1 as closed from (values \'events is closed here, as its rows are of single persons or mails\') as closed(why) where cast(why as bigint) = 1)';
  const [odd, name] = [events.replace('"events"', '"odd""name"').replace("'events is", '\'odd"name is'), '"EVENTS"'];
  expect(readingStatement(`select * from ${name}`, CLOSED)).toBe(`with ${events},\n${odd}\nselect * from ${name}`);
  expect(readingStatement('with recursive a(n) as (select 1) table a', CLOSED)).toBe(
    `with recursive ${events},\n${odd}\n, a(n) as (select 1) table a`,
  );
  expect(readingStatement('(with a as (select 1) select * from a)', CLOSED)).toMatch(/\n\(with a as/);
});

test.each([
  ['select * from events', 'events is closed here'],
  ['select * from MAILLAKE_TEST.deliverability_daily', 'name tables and views alone'],
  ['select * from "awsdatacatalog".x.y', 'name tables and views alone'],
  ['select * from U&"\\0065vents"', 'name tables and views alone'],
  ['describe events', 'ask with select or with'],
])('with some closed %j is refused', (sql, why) => {
  expect(refusal(sql, CLOSED)).toContain(why);
});
