import { expect, test } from 'vitest';
import { relations } from '#lake/sql/relations.ts';

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
