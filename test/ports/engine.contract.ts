/** Tests that every adapter of the engine port must pass. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Catalog, type Engine, type Input, MissingObject, type Store } from '#lake/ports.ts';
import { outcomeKey } from '#lake/protocol/keys.ts';
import { createState } from '#lake/protocol/records.ts';
import { TABLES } from '#lake/tables/index.ts';
import { columnNames } from '#lake/tables/table.ts';
import { defaultOf, type Row, rowsSelect } from './rows-select.ts';

export interface EngineUnderTest {
  engine: Engine;
  store: Store;
  catalog: Catalog;
  close?(): Promise<void>;
}

/** The views that an engine under test has. The second reads the first, and comes before it. */
export const TEST_VIEWS = [
  { name: 'reasons_total', sql: 'select sum(n) as n from reasons' },
  { name: 'reasons', sql: 'select reason, count(*) as n from quarantine group by reason' },
];

const PRESTO = {
  string: 'varchar',
  bigint: 'bigint',
  int: 'integer',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp(3)',
  'map<string,bigint>': 'map(varchar, bigint)',
};

/** What every `Engine` does, over a store and a catalog of its kind. `open` makes an empty lake; tests use days of their own. */
export function engineContract(open: () => Promise<EngineUnderTest>): void {
  let engine: Engine;
  let store: Store;
  let catalog: Catalog;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const under = await open();
    ({ engine, store, catalog } = under);
    close = under.close?.bind(under);
  });
  afterAll(() => close?.());

  const write = async (table: string, location: string, rows: readonly Row[], partitioned = false) =>
    engine.write({ select: rowsSelect(table, rows), table, inputs: [], location, partitioned });

  const put = async (table: string, dt: string, rows: readonly Row[]): Promise<void> => {
    const location = `v1/live/${table}/dt=${dt}/`;
    await write(table, location, rows);
    await catalog.ensurePartitions(table, [{ dt, location }]);
  };

  const rowsOf = async (sql: string, inputs?: readonly Input[]) => (await engine.query(sql, inputs)).rows;

  describe('a lake without data', () => {
    test.each(Object.values(TABLES))('the table $name has its declared columns and no rows', async (table) => {
      const { columns, rows } = await engine.query(`select * from ${table.name}`);
      expect(rows).toEqual([]);
      expect(columns).toEqual([
        ...Object.entries(table.columns).map(([name, { type }]) => ({ name, type: PRESTO[type] })),
        { name: 'dt', type: 'varchar' },
      ]);
    });

    test('views answer', async () => {
      expect(await rowsOf('select * from reasons')).toEqual([]);
      expect(await rowsOf('select n from reasons_total')).toEqual([[null]]);
    });
  });

  describe('answers', () => {
    test('types are in the words of Presto, dates are YYYY-MM-DD, timestamps epoch ms', async () => {
      expect(
        await engine.query(`select 'a' as s, cast(1 as bigint) as b, 1 as i, cast(0.5 as double) as d, true as t,
          date '2024-02-29' as day, timestamp '2024-02-29 23:59:59.999' as at, cast(null as timestamp) as none`),
      ).toEqual({
        columns: [
          { name: 's', type: 'varchar' },
          { name: 'b', type: 'bigint' },
          { name: 'i', type: 'integer' },
          { name: 'd', type: 'double' },
          { name: 't', type: 'boolean' },
          { name: 'day', type: 'date' },
          { name: 'at', type: 'timestamp(3)' },
          { name: 'none', type: 'timestamp(3)' },
        ],
        rows: [['a', 1, 1, 0.5, true, '2024-02-29', Date.UTC(2024, 1, 29, 23, 59, 59, 999), null]],
      });
    });

    test('times before 1970 are negative, and exact', async () => {
      expect(await rowsOf("select timestamp '1969-12-31 23:59:59.999'")).toEqual([[-1]]);
    });

    test('whole numbers are exact: a bigint is one in JavaScript where a number would round', async () => {
      expect(await rowsOf('select 9007199254740991, 9007199254740992, -9223372036854775807')).toEqual([
        [9007199254740991, 9007199254740992n, -9223372036854775807n],
      ]);
    });

    test('a sum of bigints is a bigint, and integers divide without a rest', async () => {
      const { columns, rows } = await engine.query(
        'select sum(n) as total, 7 / 2 as half from (select cast(5 as bigint) as n union all select 6) as numbers',
      );
      expect(columns.map(({ type }) => type)).toEqual(['bigint', 'integer']);
      expect(rows).toEqual([[11, 3]]);
    });

    test('rows come in the order that is asked for', async () => {
      const numbers = Array.from({ length: 3000 }, (_, i) => [3000 - i]);
      expect(await rowsOf('select n from unnest(sequence(1, 3000)) as t(n) order by n desc')).toEqual(numbers);
    });

    test('a statement that is wrong is an error that says so', async () => {
      await expect(engine.query('select * from no_such_table')).rejects.toThrow('no_such_table');
      await expect(engine.query('select no_such_column from events')).rejects.toThrow('no_such_column');
      await expect(engine.query('selct 1')).rejects.toThrow();
    });
  });

  describe('tables', () => {
    test('every type makes the round trip, value for value', async () => {
      const table = 'recipient_messages';
      const given = [
        { message_id: '1', subject: 'Grüße 😀 \u2028 "q" \'q\' \\n', opens: 9007199254740993n, is_trackable: true },
        { message_id: '2', subject: '', opens: -1, recipient_count: 2147483647, sent_at: Date.UTC(2024, 1, 29) + 123 },
        { message_id: '3', subject: null, opens: 0, processing_time_ms: -9007199254740993n, bounced_at: 1 },
        { message_id: '4', subject: 'null', opens: 1, sent_at: Date.UTC(9999, 11, 31, 23, 59, 59, 999) },
      ];
      await put(table, '2024-01-01', given);
      const expected = given.map((row: Row) => [
        ...Object.entries(TABLES[table]?.columns ?? {}).map(([name, { type, nullable }]) =>
          name in row ? row[name] : defaultOf(type, nullable),
        ),
        '2024-01-01',
      ]);
      expect(await rowsOf(`select * from ${table} where dt = '2024-01-01' order by message_id`)).toEqual(expected);
    });

    test('partitions are what the catalog names when the statement starts', async () => {
      const [dt, first, second] = [
        '2024-01-02',
        'v1/settled/clicks/dt=2024-01-02/0-a/',
        'v1/settled/clicks/dt=2024-01-02/1-b/',
      ];
      const sql = `select event_id from clicks where dt = '${dt}' order by 1`;
      await write('clicks', first, [{ event_id: 'old' }]);
      expect(await rowsOf(sql)).toEqual([]);
      await catalog.ensurePartitions('clicks', [{ dt, location: first }]);
      expect(await rowsOf(sql)).toEqual([['old']]);
      await write('clicks', second, [{ event_id: 'new' }, { event_id: 'newer' }]);
      expect(await rowsOf(sql)).toEqual([['old']]);
      await catalog.switchPartition('clicks', { dt, location: second });
      expect(await rowsOf(sql)).toEqual([['new'], ['newer']]);
    });

    test('views see the tables, and other views, as they are now', async () => {
      await put('quarantine', '2024-01-03', [{ reason: 'json' }, { reason: 'json' }, { reason: 'number' }]);
      expect(await rowsOf('select reason, n from reasons order by reason')).toEqual([
        ['json', 2],
        ['number', 1],
      ]);
      expect(await rowsOf('select n from reasons_total')).toEqual([[3]]);
    });

    test('fault 65: files whose names start with _ or . are not read', async () => {
      const location = 'v1/live/headers/dt=2024-01-04/';
      await put('headers', '2024-01-04', [{ message_id: 'm' }]);
      for (const name of ['_SUCCESS', '.part.parquet.crc', '_temporary/x.parquet']) {
        await store.create(location + name, 'no Parquet');
      }
      expect(await rowsOf("select message_id from headers where dt = '2024-01-04'")).toEqual([['m']]);
    });

    test("the protocol's own records are tables, with maps and dt", async () => {
      const record = { unit: '2024-01-05-aa-0-0', attempt: 'a', records: 9007199254740991, status: 'done' };
      await createState(store, outcomeKey(record.unit), {
        ...record,
        accepted_by_type: { 'ses/open': 2, 'it\'s "x"': 1 },
        started_at: Date.UTC(2024, 0, 5, 1, 2, 3, 4),
        files: [{ key: 'not a column' }],
      });
      expect(
        await rowsOf(
          "select dt, unit, records, started_at, finished_at, accepted_by_type['ses/open'], raw_prefix from units where dt = '2024-01-05'",
        ),
      ).toEqual([['2024-01-05', record.unit, record.records, Date.UTC(2024, 0, 5, 1, 2, 3, 4), null, 2, null]]);
    });
  });

  describe('inputs', () => {
    const live = (dt: string, name: string): string => `v1/live/quarantine/dt=${dt}/${name}/`;
    const settled = (dt: string, generation: string): string => `v1/settled/quarantine/dt=${dt}/${generation}/`;

    test('a statement over inputs sees exactly the named files, with dt, attempt and generation', async () => {
      const [a] = await write('quarantine', live('2024-02-01', 'a'), [{ attempt: 'a' }]);
      const [b] = await write('quarantine', live('2024-02-02', 'b'), [{ attempt: 'b' }]);
      await write('quarantine', live('2024-02-02', 'unnamed'), [{ attempt: 'unnamed' }]);
      const [c] = await write('quarantine', settled('2024-02-02', '3-abc'), [{ attempt: 'c' }]);
      const keys = (file: { key: string } | undefined): string[] => (file ? [file.key] : []);
      const inputs: Input[] = [
        { table: 'quarantine', stage: 'live', dt: '2024-02-01', keys: keys(a) },
        { table: 'quarantine', stage: 'live', dt: '2024-02-02', keys: keys(b) },
        { table: 'quarantine', stage: 'settled', dt: '2024-02-02', generation: '3-abc', keys: keys(c) },
      ];
      const days = "dt in ('2024-02-01', '2024-02-02')";
      expect(
        await rowsOf(
          `select dt, attempt from quarantine_live where ${days} and attempt in ('a', 'b') order by dt`,
          inputs,
        ),
      ).toEqual([
        ['2024-02-01', 'a'],
        ['2024-02-02', 'b'],
      ]);
      expect(
        await rowsOf(
          "select dt, generation, attempt from quarantine_settled where dt = '2024-02-02' and generation = '3-abc'",
          inputs,
        ),
      ).toEqual([['2024-02-02', '3-abc', 'c']]);
    });

    test('a table and stage that no input names has its columns and no rows', async () => {
      for (const [name, more] of [
        ['events_live', ['dt']],
        ['events_settled', ['dt', 'generation']],
      ] as const) {
        const filter = name === 'events_live' ? '' : " and generation = '0-none'";
        const { columns, rows } = await engine.query(`select * from ${name} where dt = '2024-02-03'${filter}`, []);
        expect(rows).toEqual([]);
        expect(columns.map((column) => column.name)).toEqual([...columnNames(TABLES.events ?? expect.fail()), ...more]);
      }
    });

    test('an input that has gone is named', async () => {
      const key = `${live('2024-02-04', 'a')}gone.parquet`;
      const inputs: Input[] = [{ table: 'quarantine', stage: 'live', dt: '2024-02-04', keys: [key] }];
      const query = engine.query("select * from quarantine_live where dt = '2024-02-04'", inputs);
      await expect(query).rejects.toThrow(MissingObject);
      await expect(query).rejects.toThrow(key);
    });
  });

  describe('write', () => {
    const location = (name: string): string => `v1/settled/quarantine/dt=2024-03-01/${name}/`;

    test('says what it wrote: key, bytes, rows', async () => {
      const files = await write('quarantine', location('0-a'), [{ source_ordinal: 1 }, { source_ordinal: 2 }]);
      expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(2);
      for (const { key, bytes } of files) {
        expect(key.startsWith(location('0-a'))).toBe(true);
        expect((await store.get(key)).size).toBe(bytes);
      }
    });

    test('reads its inputs', async () => {
      const files = await write('quarantine', 'v1/live/quarantine/dt=2024-03-01/in/', [
        { source_ordinal: 1 },
        { source_ordinal: 2 },
      ]);
      const columns = columnNames(TABLES.quarantine ?? expect.fail()).join(', ');
      const [written] = await engine.write({
        select: `select ${columns} from quarantine_live where dt = '2024-03-01' and source_ordinal > 1`,
        table: 'quarantine',
        inputs: [{ table: 'quarantine', stage: 'live', dt: '2024-03-01', keys: files.map(({ key }) => key) }],
        location: location('1-b'),
        partitioned: false,
      });
      expect(written?.rows).toBe(1);
    });

    test.each([false, true])('no rows make no file (partitioned: %s)', async (partitioned) => {
      const rows = [partitioned ? { dt: '2024-03-01' } : {}];
      const select = `select * from (${rowsSelect('quarantine', rows)}) as none where source_ordinal < 0`;
      const job = { select, table: 'quarantine', inputs: [], location: location(`2-${partitioned}`), partitioned };
      expect(await engine.write(job)).toEqual([]);
      for await (const { key } of store.list(job.location)) expect.fail(`a file was written: ${key}`);
    });

    test('a partitioned job writes a folder for each day, without the dt column', async () => {
      const root = 'v1/settled/recipient_messages/0123456789abcdef/';
      const days = ['2024-03-05', '2024-03-06', '2024-03-05'];
      const files = await write(
        'recipient_messages',
        root,
        days.map((dt, i) => ({ dt, message_id: String(i) })),
        true,
      );
      const rows = new Map<string, number>();
      for (const file of files) {
        const folder = file.key.slice(0, file.key.lastIndexOf('/') + 1);
        rows.set(folder, (rows.get(folder) ?? 0) + file.rows);
      }
      expect(Object.fromEntries(rows)).toEqual({ [`${root}dt=2024-03-05/`]: 2, [`${root}dt=2024-03-06/`]: 1 });
      await catalog.ensurePartitions(
        'recipient_messages',
        [...rows.keys()].map((folder) => ({ dt: folder.slice(-11, -1), location: folder })),
      );
      const sql =
        "select dt, message_id from recipient_messages where dt > '2024-03-04' and dt < '2024-03-07' order by 1, 2";
      expect(await rowsOf(sql)).toEqual([
        ['2024-03-05', '0'],
        ['2024-03-05', '2'],
        ['2024-03-06', '1'],
      ]);
    });
  });
}
