import { expect, test } from 'vitest';
import { inlineOrdered, inlineViews } from '#lake/sql/views/inline.ts';
import { parseView, type View } from '#lake/sql/views/view.ts';

const view = (name: string, sql: string): View =>
  parseView(
    `staging/${name}.sql`,
    `/*\nOne row per a.\nclock: none\ngrain: a\ncolumns:\n    a varchar It.\n*/\n${sql}`,
  );

const VIEWS = [
  view('doubled', 'with events as (\n    select a from events\n)\n\nselect a || a as a from events'),
  view('unread', 'select a from events'),
];

test('views that are read become CTEs over the bases, and no more', () => {
  expect(
    inlineViews('with d as (select a from doubled) select a from d', VIEWS, { events: 'select 1', clicks: 'x' }),
  ).toBe(`with events as (
select 1
),
doubled as (
with events as (
    select a from events
)

select a || a as a from events
),
inlined as (
with d as (select a from doubled) select a from d
)
select * from inlined`);
});

test('a base takes the place of a view of its name', () => {
  expect(inlineViews('select a from doubled', VIEWS, { doubled: 'select 2' })).toBe(
    'with doubled as (\nselect 2\n),\ninlined as (\nselect a from doubled\n)\nselect * from inlined',
  );
});

test('a select whose rows are in order stays outermost, with its own CTEs after those of the views', () => {
  const bases = { doubled: 'select 2' };
  expect(inlineOrdered('select a from doubled order by a', VIEWS, bases)).toBe(
    'with doubled as (\nselect 2\n)\nselect a from doubled order by a',
  );
  expect(inlineOrdered('with d as (select a from doubled) select a from d order by a', VIEWS, bases)).toBe(
    'with doubled as (\nselect 2\n),\nd as (select a from doubled) select a from d order by a',
  );
});
