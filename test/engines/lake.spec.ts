/** What readers get from files of both kinds: live ones (INT64 times, ours) and settled ones (INT96 times, Athena's). */
import { CreatePartitionCommand, UpdateTableCommand } from '@aws-sdk/client-glue';
import { parquetMetadataAsync } from 'hyparquet';
import { beforeAll, describe, expect, test } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { GlueCatalog } from '#aws/glue-catalog.ts';
import { type GlueColumn, glueColumns, glueStorage } from '#aws/glue-table.ts';
import { S3Store } from '#aws/s3-store.ts';
import { readBytes } from '#lake/protocol/records.ts';
import { type EventRow, events } from '#lake/tables/events.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { RowOf, Table } from '#lake/tables/table.ts';
import { Columns } from '#lake/write/columns.ts';
import { encodeParquet } from '#lake/write/parquet.ts';
import { defaultOf, rowsSelect } from '#test/ports/rows-select.ts';
import { glueTables } from '../../stacks/spec/glue-tables.ts';
import { type Account, openAccount } from './account.ts';

let account: Account;
let store: S3Store;
let catalog: GlueCatalog;
let engine: AthenaEngine;

beforeAll(async () => {
  account = await openAccount();
  const { clients, database, bucket } = account;
  store = new S3Store({ client: clients.s3, bucket });
  catalog = new GlueCatalog({ client: clients.glue, database, bucket });
  engine = new AthenaEngine({ ...clients, database, workgroup: 'settle', bucket });
  return account.close;
});

const TIME = defaultOf('timestamp', false);

const row = (values: Partial<EventRow>): RowOf<Table> =>
  Object.assign(
    Object.fromEntries(
      Object.entries(events.columns).map(([name, { type, nullable }]) => [name, defaultOf(type, nullable)]),
    ),
    values,
  );

/** A live file as transform writes it, of today's table or of an older one. */
async function writeLive(dt: string, rows: readonly RowOf<Table>[], table: Table = events): Promise<string> {
  const columns = new Columns(table);
  for (const one of rows) columns.append(one);
  const key = `v1/live/events/dt=${dt}/a.parquet`;
  await store.create(key, await encodeParquet(columns, Uint32Array.from(rows.keys()), 'best'));
  return key;
}

const physicalType = async (key: string, column: string): Promise<string | undefined> => {
  const bytes = await readBytes(store, key);
  const { schema } = await parquetMetadataAsync(new Uint8Array(bytes).buffer);
  return schema.find(({ name }) => name === column)?.type;
};

describe('types', () => {
  const COLUMNS = 'event_id, occurred_at, sent_at, processing_time_ms, subject, has_truncated_headers, is_bot_agent';
  const given = [
    ['1', Date.UTC(2024, 1, 29, 23, 59, 59, 999), null, 9007199254740993n, 'Grüße 😀 \u2028 "q" \'', true, null],
    ['2', -1, Date.UTC(2024, 1, 29) + 1, -9007199254740993n, '', false, true],
    ['3', Date.UTC(2099, 11, 31, 23, 59, 59, 1), 0, 0, 'e\u0301 a\tb\nc\\', false, false],
    ['4', 1, null, null, null, true, null],
  ] as const;
  const rows = given.map(([event_id, occurred_at, sent_at, processing_time_ms, subject, truncated, bot]) =>
    row({
      event_id,
      occurred_at,
      sent_at,
      processing_time_ms,
      subject,
      has_truncated_headers: truncated,
      is_bot_agent: bot,
    }),
  );

  test('arrive whole from live files, from settled ones, and from both in one query', async () => {
    const [live, settled] = ['2024-05-01', '2024-05-02'];
    const key = await writeLive(live, rows);
    const location = `v1/settled/events/dt=${settled}/0-a/`;
    const [file] = await engine.write({
      select: `select ${Object.keys(events.columns).join(', ')} from events_live where dt = '${live}' order by event_id`,
      table: 'events',
      inputs: [{ table: 'events', stage: 'live', dt: live, keys: [key] }],
      location,
      partitioned: false,
    });
    expect(await physicalType(key, 'occurred_at')).toBe('INT64');
    expect(await physicalType(file?.key ?? '', 'occurred_at')).toBe('INT96');

    await catalog.ensurePartitions('events', [
      { dt: live, location: `v1/live/events/dt=${live}/` },
      { dt: settled, location },
    ]);
    for (const dt of [live, settled]) {
      const found = await engine.query(`select ${COLUMNS} from events where dt = '${dt}' order by event_id`);
      expect(found.rows, dt).toEqual(given);
    }
    const both = await engine.query(
      `select ${COLUMNS} from events where dt in ('${live}', '${settled}') order by event_id`,
    );
    expect(both.rows).toEqual(given.flatMap((one) => [one, one]));
  });
});

/** A file with one row in which no column is null. */
async function fileOf(table: Table): Promise<Uint8Array> {
  const values = Object.entries(table.columns).map(([name, { type }]) => [name, defaultOf(type, false) ?? { a: 1 }]);
  if (table.format === 'json') {
    const times = values.map(([name, value]) => [name, value === TIME ? '2024-01-01 00:00:00.000' : value]);
    return Buffer.from(`${JSON.stringify(Object.fromEntries(times))}\n`);
  }
  const columns = new Columns(table);
  columns.append(Object.fromEntries(values));
  return encodeParquet(columns, Uint32Array.of(0), 'best');
}

describe('schema', () => {
  test('fault 63: files without a nullable column, and files with it, are read together', async () => {
    const { extras: _, ...older } = events.columns;
    await writeLive('2024-06-01', [row({ event_id: 'old' })], { ...events, columns: older });
    await writeLive('2024-06-02', [row({ event_id: 'new', extras: '{"a":1}' })]);
    await catalog.ensurePartitions(
      'events',
      ['2024-06-01', '2024-06-02'].map((dt) => ({ dt, location: `v1/live/events/dt=${dt}/` })),
    );
    const sql =
      "select event_id, extras, attempt from events where dt between '2024-06-01' and '2024-06-02' order by dt";
    expect((await engine.query(sql)).rows).toEqual([
      ['old', null, 'x'],
      ['new', '{"a":1}', 'x'],
    ]);
  });

  test.each(Object.values(TABLES))(
    'fault 63: partitions of $name that were registered before its last column came are read with newer ones',
    async (table) => {
      const { clients, bucket, database } = account;
      const columns = Object.entries(table.columns);
      const older: Table = { ...table, columns: Object.fromEntries(columns.slice(0, -1)) };
      const today = glueTables(bucket).find(({ Name }) => Name === table.name);
      if (!today) throw new Error(`no table ${table.name}`);
      const [before, after] = ['2024-08-01', '2024-08-02'];
      const deploy = (Columns: GlueColumn[]) =>
        clients.glue.send(
          new UpdateTableCommand({
            DatabaseName: database,
            TableInput: { ...today, StorageDescriptor: { ...today.StorageDescriptor, Columns } },
          }),
        );
      /** A day as its own release writes and registers it: partitions keep the columns that they were made with. */
      const add = async (dt: string, of: Table): Promise<void> => {
        const folder = `upgrade/${table.name}/dt=${dt}/`;
        await store.create(`${folder}a`, await fileOf(of));
        const StorageDescriptor = glueStorage(of, `s3://${bucket}/${folder}`);
        const PartitionInput = { Values: [dt], StorageDescriptor };
        await clients.glue.send(
          new CreatePartitionCommand({ DatabaseName: database, TableName: table.name, PartitionInput }),
        );
      };
      await deploy(glueColumns(older));
      await add(before, older);
      await deploy(glueColumns(table));
      await add(after, table);
      const names = columns.map(([name]) => (name === 'dt' ? '"dt"' : name)).join(', ');
      const { rows } = await engine.query(
        `select ${names} from ${table.name} where dt in ('${before}', '${after}') order by dt`,
      );
      const [old, young] = rows;
      expect(rows).toHaveLength(2);
      expect(young).not.toContain(null);
      expect(old).toEqual([...(young ?? []).slice(0, -1), null]);
    },
  );

  test('fault 64: a column of another type is what readers can no longer read, so the lock lets none through', async () => {
    const { processing_time_ms } = events.columns;
    const other = { ...events.columns, processing_time_ms: { ...processing_time_ms, type: 'string' as const } };
    await writeLive('2024-06-03', [row({ event_id: 'other' })], { ...events, columns: other });
    await catalog.ensurePartitions('events', [{ dt: '2024-06-03', location: 'v1/live/events/dt=2024-06-03/' }]);
    const sql = (column: string): string => `select ${column} from events where dt = '2024-06-03'`;
    await expect(engine.query(sql('processing_time_ms'))).rejects.toThrow('processing_time_ms');
    expect((await engine.query(sql('event_id'))).rows).toEqual([['other']]);
  });
});

describe('a partition that is switched', () => {
  test('shows its readers the old state or the new, never a mixture, never an error', async () => {
    const dt = '2024-07-01';
    const states = await Promise.all(
      [3, 5].map(async (count, n) => {
        const location = `v1/settled/clicks/dt=${dt}/${n}-a/`;
        const select = `select * from (${clicksSelect(n, count)}) as written`;
        await engine.write({ select, table: 'clicks', inputs: [], location, partitioned: false });
        return { dt, location };
      }),
    );
    await catalog.ensurePartitions('clicks', states.slice(0, 1));
    const sql = `select count(*), min(attempt), max(attempt) from clicks where dt = '${dt}'`;
    const seen = new Set<string>();
    let switches = 0;
    let isDone = false;
    const switching = (async () => {
      while (!isDone) {
        for (const state of states.toReversed()) {
          await catalog.switchPartition('clicks', state);
          switches++;
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
      }
    })();
    try {
      for (let i = 0; i < 12; i++) {
        const answers = await Promise.all([engine.query(sql), engine.query(sql)]);
        for (const { rows } of answers) seen.add(JSON.stringify(rows[0]));
      }
    } finally {
      isDone = true;
      await switching;
    }
    expect(switches).toBeGreaterThan(4);
    expect([...seen].sort()).toEqual(['[3,"state 0","state 0"]', '[5,"state 1","state 1"]']);
  });
});

/** So many clicks, each of which names the state. */
const clicksSelect = (n: number, count: number): string =>
  rowsSelect(
    'clicks',
    Array.from({ length: count }, (_, i) => ({ event_id: `${n}-${i}`, attempt: `state ${n}` })),
  );
