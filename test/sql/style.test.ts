import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrinoSQL } from 'dt-sql-parser';
import { format } from 'sql-formatter';
import { afterAll, describe, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { neededViews } from '#lake/sql/views/order.ts';
import { scans } from '#lake/sql/views/relations.ts';
import { tokens } from '#lake/sql/views/tokens.ts';
import { publishedRows, shownRows } from '#lake/steps/rollup/relations.ts';
import { recipientMessages, TABLES } from '#lake/tables/index.ts';
import { DIALECT_MACROS, SHARED_FUNCTIONS } from '#local/duckdb/dialect.ts';
import { lakeFixture, SQL_FOLDER } from './lake-fixture.ts';

const { views, rollup } = await loadSql(SQL_FOLDER);
const written = [...views.filter(({ folder }) => folder !== 'seeds'), rollup];
const parser = new TrinoSQL();

/** Words that Trino reserves or uses as such, so they are written small; names are small anyway. */
const isShouted = (word: string): boolean => /[A-Z]/.test(word);
const FUNCTIONS = new Set([...SHARED_FUNCTIONS, ...DIALECT_MACROS.map(({ name }) => name)]);
/** Words that a parenthesis follows and that are no functions. */
const SYNTAX = new Set([
  ...'and as by case else exists from in join not on or over partition then using values when where'.split(' '),
  'filter',
]);

/** What a statement calls: a word before a parenthesis, unless it is syntax or names a relation's columns. */
function calledFunctions(sql: string): string[] {
  const words = tokens(sql);
  const called = words.filter(
    ({ kind, text }, at) =>
      kind === 'word' && words[at + 1]?.text === '(' && words[at - 1]?.text !== 'as' && !SYNTAX.has(text),
  );
  return called.map(({ text }) => text);
}

/** Tables that a view reads more than once, and how often; its header says why. */
const READ_AGAIN: Readonly<Record<string, Readonly<Record<string, number>>>> = { event_volume_daily: { events: 5 } };
/** CTEs that are. */
const NAMED_AGAIN: Readonly<Record<string, readonly string[]>> = {
  event_volume_daily: ['counted'],
  recipient_messages: ['run', 'published'],
};
const TIMES = ['no', 'one', 'two', 'three', 'four', 'five'];

/** How often a statement reads each table, through the views that it names. */
function tableScans(sql: string): Map<string, number> {
  const total = new Map<string, number>();
  for (const [name, times] of scans(sql)) {
    const view = views.find((one) => one.name === name);
    const read = view ? tableScans(view.sql) : [[name, 1] as const];
    for (const [table, count] of read) total.set(table, (total.get(table) ?? 0) + times * count);
  }
  return total;
}

interface Step {
  step: string;
  body: string;
  /** the statement up to this step, from `with` on */
  before: string;
}

const steps = (sql: string): Step[] =>
  [...sql.matchAll(/^(?:with )?(\w+) as \(\n(.*?)^\)/gms)].map(({ index, 1: step = '', 2: body = '' }) => ({
    step,
    body,
    before: sql.slice(0, index).replace(/,\s*(--[^\n]*\s*)*$/, '\n'),
  }));

/** A step that hands on rows as they are and names more than four of their columns, where * would do. */
function isListing({ body }: Step): boolean {
  if (/^\s*(group by|union all|select distinct)/m.test(body)) return false;
  return (body.match(/^ {8}(?!end,?$)(\w+\.)?[a-z_0-9]+,?$/gm) ?? []).length > 4;
}

const lake = await lakeFixture();
afterAll(() => lake.close());
await lake.run(
  "create view rollup_run as select localtimestamp as as_of, date '2026-05-01' as first_send_date, date '2026-05-02' as last_send_date, 30 as attribution_days",
);
await lake.run(
  `create view rollup_published as ${publishedRows([{ dt: '2026-05-01', published: [{ scope: 'news', types: ['open'] }] }])}`,
);

await lake.run(`create view rollup_shown as ${shownRows([{ scope: 'news', types: ['click'] }])}`);

describe.each(written.map((view) => [view.name, view] as const))('sql of %s', (name, view) => {
  const text = readFileSync(join(SQL_FOLDER, view.folder, `${name}.sql`), 'utf8');

  test('is valid Trino', () => {
    expect(parser.validate(view.sql)).toEqual([]);
  });

  test('lists its columns once, in final, and ends with select * from final', () => {
    expect(view.sql.endsWith('\n)\n\nselect * from final')).toBe(true);
    expect(steps(view.sql).at(-1)?.body).not.toMatch(/^ {4,8}(select )?(\w+\.)?\*/m);
    // A step before takes what it reads with *; it lists columns where it makes fewer rows of them.
    expect(
      steps(view.sql)
        .slice(0, -1)
        .filter(isListing)
        .map(({ step }) => step),
    ).toEqual([]);
  });

  test('no step has a name from two relations, which * would hide (rename one)', async () => {
    const clashes: string[] = [];
    for (const { step, body, before } of steps(view.sql)) {
      const names = (await lake.columns(`${before}${body}`)).map(({ name: column }) => column);
      clashes.push(...names.filter((column, at) => names.indexOf(column) !== at).map((column) => `${step}: ${column}`));
    }
    expect(clashes).toEqual([]);
  });

  test('reads each table once, though an engine may run a CTE or view again for each time it is named', () => {
    const read = [...tableScans(view.sql)].filter(([base]) => base in TABLES);
    const again = READ_AGAIN[name] ?? {};
    expect(Object.fromEntries(read)).toEqual({ ...Object.fromEntries(read.map(([base]) => [base, 1])), ...again });
    // Who does it all the same says why.
    for (const words of Object.values(again)) expect(view.doc).toContain(`${TIMES[words]} times`);
  });

  test('names each CTE once: one that is named twice DuckDB keeps, and then reads every column of all that the rest reads', () => {
    const isCte = new Set(steps(view.sql).map(({ step }) => step));
    const words = tokens(view.sql);
    const named = words.filter(({ text }, at) => isCte.has(text) && /^(?:from|join)$/.test(words[at - 1]?.text ?? ''));
    const twice = named.map(({ text }) => text).filter((name, at, all) => all.indexOf(name) !== at);
    expect([...new Set(twice)]).toEqual(NAMED_AGAIN[view.name] ?? []);
  });

  test('is written small, with four spaces, in lines of at most 120', () => {
    const code = text.slice(text.indexOf('*/') + 2).replaceAll(/--[^\n]*|'[^']*'/g, '');
    expect(code.match(/\w+/g)?.filter(isShouted)).toEqual([]);
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 120 || /\t|\s$/.test(line))).toEqual([]);
    expect(code.split('\n').filter((line) => /^( {4})* {1,3}\S/.test(line))).toEqual([]);
    expect(text.endsWith('final\n')).toBe(true);
  });

  test('fills lines with columns that are only named, as far as they fit', () => {
    const lines = view.sql.split('\n');
    const isNamed = (line = ''): boolean =>
      /^ +((?:\w+\.)?[a-z_]\w*(, |,?$))+$/.test(line) && !/^ +(end,?|case)$/.test(line);
    const apart = lines.filter((line, at) => {
      const [next = '', after = ''] = lines.slice(at + 1);
      const [word = ''] = next.trim().split(' ');
      // a name without a comma may begin an expression that goes on in the line after it
      const isWhole = next.endsWith(',') || /^ *(from|group|order|\)|union)/.test(after);
      return isNamed(line) && line.endsWith(',') && isNamed(next) && isWhole && `${line} ${word}`.length <= 120;
    });
    expect(apart).toEqual([]);
  });

  test('calls only functions of the list that both engines share', () => {
    expect(calledFunctions(view.sql).filter((word) => !FUNCTIONS.has(word))).toEqual([]);
  });

  test('names booleans is_ or has_, times _at and dates _date, and nothing else so', () => {
    const NAMES: Record<string, RegExp> = { boolean: /^(is|has)_/, 'timestamp(3)': /(_at|^as_of)$/, date: /_date$/ };
    const strange = view.columns.filter(({ name: column, type }) =>
      Object.entries(NAMES).some(([of, pattern]) => (type === of) !== pattern.test(column)),
    );
    expect(strange.map(({ name: column, type }) => `${column} ${type}`)).toEqual([]);
    expect(view.columns.filter(({ name: column }) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(column))).toEqual([]);
  });

  test('is formatted as a formatter reads it: keywords small, no token lost', () => {
    const layout = { language: 'trino', keywordCase: 'lower', functionCase: 'lower', dataTypeCase: 'lower' } as const;
    const words = (sql: string): string[] => tokens(sql).map(({ text: word }) => word);
    const formatted = format(view.sql, { ...layout, tabWidth: 4 });
    // `tokens` makes words small, so compare as written.
    expect(formatted.replaceAll(/\s+/g, '').toLowerCase()).toBe(view.sql.replaceAll(/\s+/g, '').toLowerCase());
    expect(formatted.replaceAll(/\s+/g, '')).toBe(view.sql.replaceAll(/\s+/g, ''));
    expect(words(formatted)).toEqual(words(view.sql));
  });

  test('has a CTE a step: a blank line between them, each select, from and group by on a line of its own', () => {
    const code = view.sql.replaceAll(/--[^\n]*/g, '');
    expect(code.match(/\),\n(?!\n)[a-z_]+ as \(/g)).toBeNull();
    const lines = code.split('\n').map((line) => line.trim());
    // A clause may begin a line, or come right after `(` in a value list or window.
    expect(lines.filter((line) => /\S+ (from [a-z_]+ (left|cross|where)|group by .*,|select .*,)/.test(line))).toEqual(
      [],
    );
  });

  test('imports first: no table or view is read after a step that builds on steps alone; commas end lines', () => {
    const read = steps(view.sql).map(({ step, body }) => ({
      step,
      reads: [...body.replaceAll(/--[^\n]*/g, '').matchAll(/\b(?:from|join) (\w+)/g)].map(([, name]) => name ?? ''),
    }));
    const known = new Set(['unnest', ...read.map(({ step }) => step)]);
    const isImport = ({ step, reads }: (typeof read)[number]) =>
      reads.some((name) => name === step || !known.has(name));
    const firstStep = read.findIndex((one) => one.reads.length > 0 && !isImport(one));
    expect(firstStep === -1 ? [] : read.slice(firstStep).filter(isImport)).toEqual([]);
    expect(read.at(-1)?.step).toBe('final');
    expect(view.sql.split('\n').filter((line) => /^\s*,/.test(line))).toEqual([]);
  });

  test('never divides but by nullif', () => {
    const words = tokens(view.sql).map(({ text: word }) => word);
    const divisors = words.filter((_, at) => words[at - 1] === '/');
    expect(divisors.every((divisor) => divisor === 'nullif')).toBe(true);
  });

  test('reads the table of its clock only', () => {
    const bases = new Set([view, ...neededViews(view.dependsOn, views)].flatMap(({ dependsOn }) => dependsOn));
    const forbidden = { cohort: ['events', 'clicks'], 'event day': ['recipient_messages'], none: [] }[view.clock];
    // The rollup is what makes the one of the other.
    if (view !== rollup) expect(forbidden.filter((base) => bases.has(base))).toEqual([]);
  });
});

test('a table that is read twice through CTEs and views is found', () => {
  const daily = 'daily as (select send_date from deliverability_daily)';
  expect(tableScans(`with ${daily} select a.send_date from daily as a join daily as b on true`)).toEqual(
    new Map([['recipient_messages', 2]]),
  );
});

test('what Trino would not take is found', () => {
  expect(parser.validate('select a, from b group')).not.toEqual([]);
});

test('a function that is on no list is found, and syntax is no function', () => {
  expect(calledFunctions('select concat(a, b), x from (values (1)) as t (x) where x in (1) and (x > 0)')).toEqual([
    'concat',
  ]);
  expect(FUNCTIONS.has('concat')).toBe(false);
});

test('DuckDB has each function of the list, or a macro for it', async () => {
  const syntax = ['cast', 'try_cast', 'row', 'coalesce', 'nullif'];
  const there = await lake.rows('select distinct function_name from duckdb_functions()');
  const names = new Set([...there.map(({ function_name }) => function_name), ...syntax]);
  expect([...FUNCTIONS].filter((name) => !names.has(name))).toEqual([]);
});

test('a name from two relations is found, and a list of columns where * would do', async () => {
  expect((await lake.columns('select *, 1 as a from (select 2 as a)')).map(({ name }) => name)).toEqual(['a', 'a']);
  const [listing] = steps(
    'with a as (\n    select\n        b,\n        c,\n        d,\n        e,\n        g\n    from f\n)',
  );
  expect(listing && isListing(listing)).toBe(true);
});

test('each seed is well below what a view may have of SQL', () => {
  const seeds = views.filter(({ folder }) => folder === 'seeds');
  expect(seeds.length).toBeGreaterThan(5);
  expect(seeds.filter(({ sql }) => sql.length > 26_214).map(({ name }) => name)).toEqual([]);
});

test('macros have distinct names', () => {
  expect(new Set(DIALECT_MACROS.map(({ name }) => name)).size).toBe(DIALECT_MACROS.length);
});

test("the rollup's columns are those of the table, in order, then dt", () => {
  expect(rollup.columns.map(({ name }) => name)).toEqual([...Object.keys(recipientMessages.columns), 'dt']);
});
