/**
 * What the handbook prints and what the dashboard asks, of the demo's mail, on Trino. Each table is one file with the day as a
 * column, and no partitions: so that a question takes a second, and how partitions are read is the matter of views.spec.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-glue';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { AthenaReader } from '#aws/athena-reader.ts';
import { loadSql } from '#host/sql-folder.ts';
import { concurrently } from '#lake/concurrently.ts';
import { clicks, events, headers, recipientMessages, units } from '#lake/tables/index.ts';
import { columnNames, type Table } from '#lake/tables/table.ts';
import { makeReport } from '#report/index.ts';
import type { ReportLake } from '#report/scope.ts';
import { glueTables } from '../../stacks/spec/glue-tables.ts';
import { answerTable, demoLake, HANDBOOK, questionsOf } from '../sql/handbook.ts';
import type { LakeFixture } from '../sql/lake-fixture.ts';
import { dashboardOf, questionsOfVisuals } from '../stacks/quicksight/query-of.ts';
import { type Account, makeViews, openAccount } from './account.ts';
import { ESTIMATES } from './percentiles.ts';
import { expectSameRows } from './same-rows.ts';

const { views } = await loadSql(join(process.cwd(), 'sql'));
const questions = questionsOf(readFileSync(HANDBOOK, 'utf8'));
const visuals = questionsOfVisuals(dashboardOf(views));

const FILLED: readonly Table[] = [events, headers, clicks, recipientMessages, units];

const folder = mkdtempSync(join(tmpdir(), 'demo-'));
let account: Account;
let lake: LakeFixture;
let trino: AthenaEngine;

beforeAll(async () => {
  lake = await demoLake();
  account = await openAccount();
  const { clients, database, bucket } = account;
  for (const table of FILLED) await lake.run(`copy (${ordered(table)}) to '${fileOf(table)}' (format parquet)`);
  await concurrently(FILLED, FILLED.length, (table) => move(table));
  await makeViews(account, views);
  trino = new AthenaEngine({ ...clients, database, workgroup: 'analysts', bucket });
});
afterAll(async () => {
  await account?.close();
  lake?.close();
  rmSync(folder, { recursive: true });
});

const fileOf = (table: Table): string => join(folder, `${table.name}.parquet`);
const ordered = (table: Table): string => `select ${columnNames(table).join(', ')}, dt from ${table.name} order by dt`;

/** A table's file to the account, and the table to where it lies. */
async function move(table: Table): Promise<void> {
  const { clients, database, bucket } = account;
  const root = `demo/${table.name}/`;
  await clients.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: `${root}all.parquet`, Body: readFileSync(fileOf(table)) }),
  );
  const [made, parquet] = [table.name, events.name].map((name) => glueTables(bucket).find(({ Name }) => Name === name));
  if (!made || !parquet) throw new Error(`no such table: ${table.name}`);
  const TableInput = {
    ...made,
    Parameters: parquet.Parameters,
    PartitionKeys: [],
    StorageDescriptor: {
      ...parquet.StorageDescriptor,
      Columns: [...made.StorageDescriptor.Columns, ...made.PartitionKeys],
      Location: `s3://${bucket}/${root}`,
    },
  };
  await clients.glue.send(new DeleteTableCommand({ DatabaseName: database, Name: table.name }));
  await clients.glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
}

describe('a question of the handbook', () => {
  test.concurrent.each(questions.map((question) => [question.title, question] as const))(
    'is answered as printed: %s',
    async (_, { sql, answer }) => {
      expect(answerTable(await trino.query(sql))).toBe(answer);
    },
  );
});

/** Of the running of a lake, which this one has not done: their questions run, and may have no answer. */
const EMPTY = ['ok-fresh'];

describe('a visual of the dashboard', () => {
  test.concurrent.each(visuals.map((asked) => [asked.visual, asked] as const))(
    '%s has the rows that it has on DuckDB, and some',
    async (visual, { sql: all, dataSet, columns }) => {
      // Rows of people are shown of one message or person.
      const sql =
        dataSet === 'message_timeline' ? `${all} where message_id = (select max(message_id) from events)` : all;
      const found = await trino.query(sql);
      if (!EMPTY.includes(visual)) expect(found.rows.length).toBeGreaterThan(0);
      const estimated = columns.flatMap((column, i) => (ESTIMATES.test(column) ? [`f${i}`] : []));
      expectSameRows(found, await lake.query(sql), { without: estimated });
    },
  );
});

describe('the report', () => {
  test('is the same page as on DuckDB, word for word, but for estimates of how long mail took', async () => {
    const { clients, database } = account;
    const reader = new AthenaReader({
      client: clients.athena,
      database,
      workgroup: 'analysts',
      remainingMs: () => Infinity,
    });
    const sections = async (engine: ReportLake['engine']): Promise<Map<string, string>> => {
      const { page, digest } = await makeReport({ engine, views }, {});
      const found = page.toString().split('<section aria-labelledby=').slice(1);
      return new Map([
        ...found.map((text): [string, string] => [text.split(/[">]/)[1] ?? '', text]),
        ['digest', JSON.stringify(digest)],
      ]);
    };
    const [cloud, laptop] = [await sections(reader), await sections(lake)];
    console.log('what the report reads of 59,000 events:', reader.spent);
    for (const of of [cloud, laptop]) expect(of.delete('latency')).toBe(true);
    expect([...cloud.keys()]).toEqual([...laptop.keys()]);
    expect(cloud.size).toBeGreaterThan(10);
    for (const [name, text] of laptop) expect(cloud.get(name), name).toBe(text);
  });
});
