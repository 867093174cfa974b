import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ndjson, sesDelivery, sesSend } from '#test/records.ts';
import { folder } from '../lake.ts';

const here = folder();
afterAll(() => here.remove());

const AT = Date.parse('2026-10-05T09:00:00Z');
const mails = (from: number, to: number): string =>
  ndjson(
    ...Array.from({ length: to - from }, (_, i) => {
      const of = { messageId: `m${from + i}`, sentAt: AT };
      return [sesSend(of), sesDelivery(of)];
    }).flat(),
  );

/** Counts as another program does that knows nothing of the lake. */
async function counted(glob: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const [row] = (await connection.runAndReadAll(`select count(*) from read_parquet('${here.at(glob)}')`)).getRowsJS();
  connection.closeSync();
  instance.closeSync();
  return Number(row?.[0]);
}

const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(path, name)).isFile());

beforeAll(async () => {
  mkdirSync(here.at('raw'));
  writeFileSync(here.at('raw/a.json'), mails(0, 5));
  expect((await here.lake('run', '--raw', 'raw', '--now')).code).toBe(0);
  // A second generation of the same day: the first one's files stay for a day.
  writeFileSync(here.at('raw/b.json'), mails(3, 8));
  expect((await here.lake('run', '--now')).code).toBe(0);
});

describe('the current files of a lake', () => {
  test('are exported as hard links in a Hive layout, without superseded generations', async () => {
    const ran = await here.lake('export', '--out', 'tables', '--json');
    expect(ran.code).toBe(0);
    const { tables } = JSON.parse(ran.stdout);
    expect(
      tables.map(({ table, files, unsettled_days }: Record<string, unknown>) => [table, files, unsettled_days]),
    ).toEqual([
      ['events', 1, 0],
      ['headers', 1, 0],
      ['clicks', 0, 0],
      ['recipient_messages', 1, 0],
    ]);
    expect(await counted('tables/events/**/*.parquet')).toBe(16);
    expect(await counted('.lake/lake/v1/settled/events/**/*.parquet')).toBe(26);
    expect(filesBelow(here.at('tables/events'))).toEqual(['dt=2026-10-05/part-0.parquet']);
    expect(statSync(here.at('tables/events/dt=2026-10-05/part-0.parquet')).nlink).toBe(2);
  });

  test('are copies on demand, and one new file a table', async () => {
    expect((await here.lake('export', '--out', 'copies', '--copy', '--table', 'events')).code).toBe(0);
    expect(statSync(here.at('copies/events/dt=2026-10-05/part-0.parquet')).nlink).toBe(1);
    expect((await here.lake('export', '--out', 'single', '--layout', 'table')).code).toBe(0);
    expect(filesBelow(here.at('single')).sort()).toEqual([
      'clicks.parquet',
      'events.parquet',
      'headers.parquet',
      'recipient_messages.parquet',
    ]);
    expect(await counted('single/events.parquet')).toBe(16);
  });

  test('are never mixed with those of another export', async () => {
    const again = await here.lake('export', '--out', 'tables');
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect(await counted('tables/events/**/*.parquet')).toBe(16);
  });

  test('are listed, one a line', async () => {
    const listed = await here.lake('files', 'events');
    const paths = listed.stdout.trimEnd().split('\n');
    expect(paths).toHaveLength(1);
    expect(
      readFileSync(paths[0] ?? '')
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1');
    const { files } = JSON.parse((await here.lake('files', 'events', '--json')).stdout);
    expect(files).toEqual([{ dt: '2026-10-05', path: paths[0], bytes: statSync(paths[0] ?? '').size }]);
  });
});

test('a single file may be the raw data, and is remembered', async () => {
  writeFileSync(here.at('one.json'), mails(0, 2));
  writeFileSync(here.at('other.json'), mails(2, 4));
  const ran = await here.lake('run', '--raw', 'one.json', '--lake', 'small', '--now');
  expect(ran.stdout).toContain('4 records of 1 object');
  expect(ran.stdout).toContain('Mail sent from 2026-10-05 to 2026-10-05');
  expect(ran.stdout).toContain('The incident\n  No day stands out.');
  expect(ran.stderr).toContain('the report: npm run lake -- report --out report.html --lake small');
  expect((await here.lake('run', '--lake', 'small')).stdout).toContain(
    'Nothing new: 1 object was already in the lake.',
  );
  expect((await here.lake('audit', '--lake', 'small')).stdout).toContain('Everything is accounted for.');
  expect((await here.lake('run', '--raw', 'other.json', '--lake', 'small')).code).toBe(2);
});

test('an audit without raw data says what it has not checked, also as data', async () => {
  const raw = here.at('gone');
  mkdirSync(raw);
  writeFileSync(join(raw, 'a.json'), mails(0, 1));
  await here.lake('run', '--raw', 'gone', '--lake', "it's", '--now');
  rmSync(raw, { recursive: true });
  const audit = await here.lake('audit', '--lake', "it's");
  expect(audit.stdout).toContain('Not checked: raw data: there is no folder ');
  expect(audit.stdout).toContain("npm run lake -- audit --raw DIR --lake 'it'\\''s'");
  expect(audit.stdout).toContain('Everything that was checked is accounted for.');
  const { not_checked } = JSON.parse((await here.lake('audit', '--lake', "it's", '--json')).stdout);
  expect(not_checked).toEqual([expect.stringContaining('raw data: there is no folder ')]);
});
