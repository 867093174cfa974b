import { describe, expect, test } from 'vitest';
import { readViews } from '#lake/sql/views/read-views.ts';
import { parseView } from '#lake/sql/views/view.ts';
import { events } from '#lake/tables/index.ts';

const PATH = 'sql/marts/opens_daily.sql';
const TEXT = `/*
Opens of each day,
machines included. One row per event date.

clock: event day
grain: event_date
columns:
    event_date  date    The day.
    opens       bigint  Open events, by anyone
                        or anything.
    subject     varchar = events
*/
with events as (
    select event_date, subject from email_events
)

select * from events
`;

const changed = (before: string, after: string): (() => unknown) => {
  expect(TEXT).toContain(before);
  return () => parseView(PATH, TEXT.replace(before, after));
};

describe('a view', () => {
  test('is made of its header and its select', () => {
    expect(parseView(PATH, TEXT)).toEqual({
      name: 'opens_daily',
      folder: 'marts',
      doc: 'Opens of each day, machines included. One row per event date.',
      clock: 'event day',
      grain: ['event_date'],
      columns: [
        { name: 'event_date', type: 'date', doc: 'The day.' },
        { name: 'opens', type: 'bigint', doc: 'Open events, by anyone or anything.' },
        { name: 'subject', type: 'varchar', doc: 'The subject, decoded.' },
      ],
      sql: 'with events as (\n    select event_date, subject from email_events\n)\n\nselect * from events',
      dependsOn: ['email_events'],
    });
  });

  test('whose header is wrong is an error with file and line', () => {
    expect(changed('/*\n', '')).toThrow(`${PATH}:1: a view begins with its header`);
    expect(changed(' One row per event date.', '')).toThrow(`${PATH}:2: the description ends with the grain`);
    expect(changed('clock: event day', 'clock: noon')).toThrow(`${PATH}:5: no such clock: "noon"`);
    expect(changed('clock: event day\n', '')).toThrow(`${PATH}:11: the clock is missing`);
    expect(changed('grain: event_date', 'grain: hour')).toThrow(
      `${PATH}:6: the grain names no column of the view: hour`,
    );
    expect(changed('grain: event_date', 'grain:')).toThrow(`${PATH}:12: the grain is missing`);
    expect(changed('grain: event_date', 'order: event_date')).toThrow(`${PATH}:6: expected clock:, grain: or columns:`);
    expect(changed('opens       bigint', 'opens       int8')).toThrow(`${PATH}:9: no such type: int8 of opens`);
    expect(changed('opens       bigint', 'event_date  bigint')).toThrow(`${PATH}:9: column is there twice: event_date`);
    expect(changed('    event_date  date    The day.', '    event_date')).toThrow(`${PATH}:8: a column is four spaces`);
    expect(changed('subject     varchar', 'subject     bigint')).toThrow(
      `${PATH}:11: subject is varchar in events, not bigint`,
    );
    expect(changed('subject     varchar', 'colour      varchar')).toThrow(`${PATH}:11: no meaning of colour in events`);
    expect(changed('select * from events\n', 'select * from events;\n')).toThrow(`${PATH}:17: a view has no semicolon`);
    expect(() => parseView(PATH, TEXT.slice(0, TEXT.indexOf('with events')))).toThrow('the select is missing');
    expect(() => parseView('sql/Opens.sql', TEXT)).toThrow('sql/Opens.sql:1: a view is a file');
  });
});

test('a line stands for a run of columns of a table or view, in its order', () => {
  const text = TEXT.replace('    subject     varchar = events', '    campaign_id … treatment_id = events');
  expect(parseView(PATH, text).columns.slice(2)).toEqual(
    ['campaign_id', 'campaign_activity_id', 'treatment_id'].map((name) => ({
      name,
      type: 'varchar',
      doc: events.columns[name as 'campaign_id'].doc,
    })),
  );
  const weekly = {
    path: 'sql/marts/opens_weekly.sql',
    text: text.replace(/ {4}event_date {2}date[^*]*events/, '    event_date … treatment_id = opens_daily'),
  };
  const [daily, again] = readViews([weekly, { path: PATH, text }]);
  expect(again?.columns).toEqual(daily?.columns);
  const backwards = TEXT.replace('    subject     varchar = events', '    treatment_id … campaign_id = events');
  expect(() => parseView(PATH, backwards)).toThrow(
    `${PATH}:11: events has no columns from treatment_id to campaign_id, in this order`,
  );
});

test('a line may name several columns of a table or view, runs among them', () => {
  const named = (list: string) => parseView(PATH, TEXT.replace('subject     varchar = events', list)).columns.slice(2);
  expect(named('subject, campaign_id … treatment_id = events').map(({ name, type }) => `${name} ${type}`)).toEqual([
    'subject varchar',
    'campaign_id varchar',
    'campaign_activity_id varchar',
    'treatment_id varchar',
  ]);
  expect(named('subject, source = events')[1]?.doc).toBe(events.columns.source.doc);
  expect(named('subject = events')).toEqual(named('subject     varchar = events'));
  expect(() => named('subject, colour = events')).toThrow(`${PATH}:11: events has no column colour`);
});

describe('a meaning', () => {
  const weekly = {
    path: 'sql/marts/opens_weekly.sql',
    text: TEXT.replaceAll('event_date  date    The day.', 'event_date  date    = opens_daily'),
  };

  test('may be that of a column of another view', () => {
    const views = readViews([weekly, { path: PATH, text: TEXT }]);
    expect(views.map((view) => view.columns[0]?.doc)).toEqual(['The day.', 'The day.']);
  });

  test('that leads nowhere is an error with file and line', () => {
    expect(() => readViews([weekly])).toThrow(`${weekly.path}:8: no meaning of event_date in opens_daily`);
    const circle = { path: PATH, text: TEXT.replace('date    The day.', 'date    = opens_weekly') };
    expect(() => readViews([weekly, circle])).toThrow('no meaning of event_date');
  });

  test('of another type is an error with file and line', () => {
    const text = weekly.text.replace('event_date  date ', 'event_date  bigint ');
    expect(() =>
      readViews([
        { path: weekly.path, text },
        { path: PATH, text: TEXT },
      ]),
    ).toThrow(`${weekly.path}:8: event_date is date in opens_daily, not bigint`);
  });
});

test('two views of one name are an error', () => {
  const file = { path: PATH, text: TEXT };
  expect(() => readViews([file, { ...file, path: 'sql/staging/opens_daily.sql' }])).toThrow(
    'two views have one name: opens_daily',
  );
});
