import { expect, test } from 'vitest';
import { relations, scans } from '#lake/sql/views/relations.ts';

test('a statement reads what stands after from and join, each time it stands there', () => {
  expect(
    relations('select a from events join clicks on true cross join "Quoted" left join events as e on 1 = 1'),
  ).toEqual(['events', 'clicks', 'events']);
});

test('a CTE is no table, but within itself its name is the table', () => {
  expect(relations('with events as (select a from events), b as (select a from events) select * from b')).toEqual([
    'events',
  ]);
  expect(relations('select * from (with a as (select 1 from t) select * from a)')).toEqual(['t']);
});

test('comments, texts and functions are not read', () => {
  const sql = `-- from x
    select 'it''s from y', /* join z
    */ filter(list, part -> part > 0) from unnest(array[1]) as t (k)`;
  expect(relations(sql)).toEqual([]);
});

test('a CTE that is named twice reads its tables twice, as Trino runs it once for each reference', () => {
  const counted = (sql: string): Record<string, number> => Object.fromEntries(scans(sql));
  const a = 'a as (select x from events)';
  expect(counted(`with ${a} select x from a`)).toEqual({ events: 1 });
  expect(counted(`with ${a} select x from a union all select x from a`)).toEqual({ events: 2 });
  // Through another CTE, and beside a reading of its own.
  expect(
    counted(`with ${a}, b as (select x from a cross join a as c), c as (select x from b join clicks on true)
      select x from c join b on true join events on true`),
  ).toEqual({ events: 5, clicks: 1 });
  // Nobody asks for it, and a CTE within a query counts as well.
  expect(counted(`with ${a} select x from clicks`)).toEqual({ clicks: 1 });
  expect(counted('select x from (with a as (select x from t) select x from a union all select x from a)')).toEqual({
    t: 2,
  });
});
