import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Input, SqlValue, WrittenFile } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { clicks } from '#lake/tables/index.ts';
import { DiskCatalog } from '#local/disk/catalog.ts';
import { DuckDbEngine, type DuckDbEngineOptions } from '#local/duckdb/engine.ts';
import { readResult } from '#local/duckdb/values.ts';
import { type Row, rowsSelect } from '../../ports/rows-select.ts';

let root: string;
let catalog: DiskCatalog;
let engine: DuckDbEngine;
const open = (options: Partial<DuckDbEngineOptions> = {}): Promise<DuckDbEngine> =>
  DuckDbEngine.open({ root, catalog, views: [], ...options });
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'duckdb-'));
  catalog = new DiskCatalog(root);
  engine = await open();
});
afterEach(async () => {
  await engine.close();
  await rm(root, { recursive: true });
});

/** What another program than ours would do. */
async function elsewhere(sql: string): Promise<SqlValue[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const { rows } = await readResult(await connection.stream(sql));
  connection.closeSync();
  instance.closeSync();
  return rows;
}

/** Writes a Parquet file as another program would. */
async function copy(select: string, key: string): Promise<void> {
  const path = join(root, key);
  await mkdir(dirname(path), { recursive: true });
  await elsewhere(`copy (${select}) to ${quoteText(path)} (format parquet)`);
}

const rowsOf = async (sql: string, of: Pick<DuckDbEngine, 'query'> = engine) => (await of.query(sql)).rows;

const folderOf = (table: string, dt: string): string => `v1/live/${table}/dt=${dt}/`;

const register = (table: string, ...days: string[]): Promise<void> =>
  catalog.ensurePartitions(
    table,
    days.map((dt) => ({ dt, location: folderOf(table, dt) })),
  );

const write = (table: string, location: string, rows: readonly Row[], orderBy = ''): Promise<WrittenFile[]> =>
  engine.write({ select: rowsSelect(table, rows, { orderBy }), table, inputs: [], location, partitioned: false });

/** How many of the files DuckDB opens, such as `1/3`; null when it says nothing, because it opens all. */
async function filesScanned(sql: string): Promise<string | null> {
  const plan = String((await rowsOf(`explain analyze ${sql}`))[0]?.[1]);
  return /Scanning Files:\s+(\d+\/\d+)/.exec(plan)?.[1] ?? null;
}

describe('partitions', () => {
  const days = ['2024-01-01', '2024-01-02', '2024-01-03'];
  beforeEach(async () => {
    for (const dt of days) await write('quarantine', folderOf('quarantine', dt), [{ detail: dt }]);
    await register('quarantine', ...days);
  });

  test.each([
    ["dt = '2024-01-02'", '1/3', 1],
    ["dt >= '2024-01-02'", '2/3', 2],
    ["dt between '2024-01-02' and '2024-01-02'", '1/3', 1],
    ["dt in ('2024-01-01', '2024-01-03')", '2/3', 2],
    ["dt >= cast(cast(date_add('day', -1, date '2024-01-04') as date) as varchar)", '1/3', 1],
  ])('a query for %s opens the files of those days only', async (filter, scanned, rows) => {
    expect(await filesScanned(`select * from quarantine where ${filter}`)).toBe(scanned);
    expect(await rowsOf(`select count(*) from quarantine where ${filter}`)).toEqual([[rows]]);
  });

  test('a file of a day that is not asked for is not even looked into', async () => {
    await writeFile(join(root, folderOf('quarantine', '2024-01-01'), 'part-0.parquet'), 'damaged');
    expect(await rowsOf("select detail from quarantine where dt > '2024-01-01' order by 1")).toEqual([
      ['2024-01-02'],
      ['2024-01-03'],
    ]);
  });

  test("a view's filter prunes as well", async () => {
    const other = await open({ views: [{ name: 'recent', sql: "select * from quarantine where dt >= '2024-01-03'" }] });
    const [plan] = await rowsOf('explain analyze select * from recent', other);
    expect(String(plan?.[1])).toMatch(/Scanning Files:\s+1\/3/);
    await other.close();
  });

  test('a partition that lies in a folder of another day is an error, as dt would be wrong', async () => {
    await catalog.switchPartition('quarantine', { dt: '2024-01-01', location: folderOf('quarantine', '2024-01-02') });
    await expect(engine.query('select * from quarantine')).rejects.toThrow(
      'partition lies in a folder of another day: quarantine dt=2024-01-01',
    );
  });

  test('a foreign file in a partition is read, an empty one and one in a hidden folder are not', async () => {
    await copy("select 'foreign' as detail", `${folderOf('quarantine', '2024-01-01')}what.bin`);
    await copy("select 'hidden' as detail", `${folderOf('quarantine', '2024-01-01')}_temporary/a.parquet`);
    await writeFile(join(root, folderOf('quarantine', '2024-01-01'), 'empty.parquet'), '');
    expect(await rowsOf("select detail from quarantine where dt = '2024-01-01' order by 1")).toEqual([
      ['2024-01-01'],
      ['foreign'],
    ]);
  });
});

describe('schema', () => {
  test('fault 63: old files without a column that was added are read together with new ones', async () => {
    const [old, now] = [folderOf('headers', '2024-01-01'), folderOf('headers', '2024-01-02')];
    await copy("select 'old' as message_id, 0::integer as position", `${old}a.parquet`);
    await write('headers', now, [{ message_id: 'new', value: 'v', sent_at: 5 }]);
    await register('headers', '2024-01-01', '2024-01-02');
    const sql = 'select message_id, value, sent_at, position, dt from headers';
    expect(await rowsOf(`${sql} order by dt`)).toEqual([
      ['old', null, null, 0, '2024-01-01'],
      ['new', 'v', 5, 1, '2024-01-02'],
    ]);
    expect(await rowsOf(`${sql} where value is null`)).toEqual([['old', null, null, 0, '2024-01-01']]);
    expect(await rowsOf('select count(value), count(*) from headers')).toEqual([[1, 2]]);
  });

  test('columns match by name in any order, those that are not declared are left out, types are the declared ones', async () => {
    await copy(
      "select 'junk' as no_column, 7::smallint as position, timestamptz '2024-01-01 01:00:00.123+01' as sent_at, 'm' as message_id",
      `${folderOf('headers', '2024-01-01')}a.parquet`,
    );
    await register('headers', '2024-01-01');
    const { columns, rows } = await engine.query('select message_id, position, sent_at from headers');
    expect(columns.map(({ type }) => type)).toEqual(['varchar', 'integer', 'timestamp(3)']);
    expect(rows).toEqual([['m', 7, Date.UTC(2024, 0, 1) + 123]]);
    expect((await engine.query('select * from headers')).columns.map(({ name }) => name)).not.toContain('no_column');
  });
});

describe('names and paths', () => {
  test.each(["it's; drop", 'a[b]c', 'star*?', '50%', 'ünï', 'x=y', "');--"])(
    'a folder called %j is only a name',
    async (name) => {
      const location = `v1/settled/quarantine/dt=2024-01-01/${name}/`;
      await mkdir(join(root, 'v1/settled/quarantine/dt=2024-01-01/abc'), { recursive: true });
      const [file] = await write('quarantine', location, [{ detail: 'here' }]);
      await catalog.ensurePartitions('quarantine', [{ dt: '2024-01-01', location }]);
      expect(await rowsOf('select dt, detail from quarantine')).toEqual([['2024-01-01', 'here']]);
      const inputs: Input[] = [
        { table: 'quarantine', stage: 'settled', dt: '2024-01-01', generation: name, keys: [file?.key ?? ''] },
      ];
      expect((await engine.query('select generation, dt from quarantine_settled', inputs)).rows).toEqual([
        [name, '2024-01-01'],
      ]);
    },
  );

  test('a lake may lie in a folder with a name that means something to SQL, globs or partitions', async () => {
    const odd = join(root, "my [old] lake's, dt=1999-01-01 * ?/lake");
    const its = new DiskCatalog(odd);
    const other = await DuckDbEngine.open({ root: odd, catalog: its, views: [] });
    const location = folderOf('clicks', '2024-01-01');
    const select = rowsSelect('clicks', [{ event_id: 'a' }]);
    await other.write({ select, table: 'clicks', inputs: [], location, partitioned: false });
    await its.ensurePartitions('clicks', [{ dt: '2024-01-01', location }]);
    expect(await rowsOf("select event_id, dt from clicks where dt = '2024-01-01'", other)).toEqual([
      ['a', '2024-01-01'],
    ]);
    await other.close();
  });

  test('names of tables count in any case, and in quotes', async () => {
    expect(await rowsOf('SELECT COUNT(*) FROM Events JOIN "headers" USING (message_id)')).toEqual([[0]]);
  });

  test('an input whose path says another day or generation than the input does is refused', async () => {
    const key = 'v1/settled/clicks/dt=2024-01-01/0-a/part-0.parquet';
    const input: Input = { table: 'clicks', stage: 'settled', dt: '2024-01-01', generation: '0-a', keys: [key] };
    const sql = 'select * from clicks_settled';
    await expect(engine.query(sql, [{ ...input, dt: '2024-01-02' }])).rejects.toThrow('a folder of another day');
    await expect(engine.query(sql, [{ ...input, generation: '1-b' }])).rejects.toThrow('of another generation');
  });
});

describe('statements', () => {
  test('a name that is not there is answered with those that are', async () => {
    await expect(engine.query('select * from evnts')).rejects.toThrow(
      /^no such table or view: evnts \(there are audits, clicks, events, generations, headers, quarantine, /,
    );
    await expect(engine.query('select * from events', [])).rejects.toThrow('no such table or view: events');
  });

  test('fault 08: text keeps a byte-order mark that it begins with, also within lists', async () => {
    const { rows } = await engine.query(
      "select chr(65279) || 'a' as a, chr(65279) as b, array[chr(65279) || 'c'] as c",
    );
    expect(rows).toEqual([['\ufeffa', '\ufeff', '["\ufeffc"]']]);
  });

  test('nested values come as JSON text, decimals as numbers, sums over 64 bits as they are', async () => {
    const { columns, rows } = await engine.query(
      `select map(['a"', 'b'], [1, 9007199254740993]) as m, [1, null] as l, {'x': 'é', 'y': [true]} as r,
        cast(0.25 as decimal(5, 2)) as d, sum(n) as huge from (select 9223372036854775807 as n union all select 1)`,
    );
    expect(rows).toEqual([['{"a\\"":1,"b":"9007199254740993"}', '[1,null]', '{"x":"é","y":[true]}', 0.25, 2n ** 63n]]);
    expect(columns.map(({ type }) => type)).toEqual([
      'map(varchar, bigint)',
      'array(integer)',
      'row(x varchar, y array(boolean))',
      'decimal(5,2)',
      'decimal(38,0)',
    ]);
  });

  test('statements at the same time see partitions and inputs of their own', async () => {
    const days = Array.from({ length: 8 }, (_, i) => `2024-01-0${i + 1}`);
    const answers = await Promise.all(
      days.map(async (dt, i) => {
        const [file] = await write('clicks', folderOf('clicks', dt), [{ event_id: String(i) }]);
        const inputs: Input[] = [{ table: 'clicks', stage: 'live', dt, keys: [file?.key ?? ''] }];
        return (await engine.query('select event_id, dt from clicks_live', inputs)).rows;
      }),
    );
    expect(answers).toEqual(days.map((dt, i) => [[String(i), dt]]));
  });

  test('what does not fit into memory is sorted on disk, and the disk is left clean', async () => {
    // 500,000 rows of 160 bytes.
    const sort = `select count(*), sum(place) from (select raw, row_number() over (order by raw) as place
      from (select array_join(repeat(md5(cast(i as varchar)), 5), '') as raw from range(500000) t(i))) where raw > ''`;
    const small = await open({ memoryLimit: '50MB', threads: 1 });
    expect(await rowsOf(sort, small)).toEqual([[500_000, (500_000 * 500_001) / 2]]);
    await small.close();
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('a statement that memory and disk together cannot hold says which limit to raise', async () => {
    const small = await open({ memoryLimit: '20MB', threads: 1 });
    const held = "select list(array_join(repeat(md5(cast(i as varchar)), 5), '')) from range(500000) t(i)";
    await expect(small.query(held)).rejects.toThrow('statement needs more memory than 20MB: allow more');
    await small.close();
  });

  test('copyTo writes the rows of a query, views included, and leaves nothing when it fails', async () => {
    const path = join(root, "it's.parquet");
    expect(await engine.copyTo('select 7 as a, count(*) as n from events;', path)).toBe(1);
    expect(await elsewhere(`select a, n from read_parquet(${quoteText(path)})`)).toEqual([[7, 0]]);
    await expect(engine.copyTo('select no_column from events', path)).rejects.toThrow('no_column');
    expect((await readdir(root)).filter((name) => name.startsWith('it'))).toEqual(["it's.parquet"]);
  });
});

describe('questions at one moment', () => {
  const QUESTIONS = ['select extras, dt from events order by extras', 'select count(*) from clicks'];
  const DAYS = ['2024-01-01', '2024-01-02'];
  beforeEach(async () => {
    await write('events', folderOf('events', '2024-01-01'), [{ extras: 'a' }]);
    await write('clicks', folderOf('clicks', '2024-01-01'), [{}]);
    await register('events', '2024-01-01');
    await register('clicks', '2024-01-01');
  });

  /** What is answered at a moment before another day comes in, and after it. */
  async function twice(of: DuckDbEngine): Promise<SqlValue[][][]> {
    return of.atOneMoment(async (moment) => {
      const before = await Promise.all(QUESTIONS.map((sql) => rowsOf(sql, moment)));
      for (const table of ['events', 'clicks']) {
        await write(table, folderOf(table, '2024-01-02'), [table === 'events' ? { extras: 'b' } : {}]);
        await register(table, '2024-01-02');
      }
      const after = await Promise.all(QUESTIONS.map((sql) => rowsOf(`${sql} limit 9`, moment)));
      return [...before, ...after];
    });
  }

  test('are answered from what was there then, and by the next moment from what is there then', async () => {
    const before = [[['a', '2024-01-01']], [[1]]];
    expect(await twice(engine)).toEqual([...before, ...before]);
    expect(await engine.atOneMoment((moment) => Promise.all(QUESTIONS.map((sql) => rowsOf(sql, moment))))).toEqual([
      DAYS.map((dt, i) => ['ab'[i], dt]),
      [[2]],
    ]);
    expect(await rowsOf(QUESTIONS[0] ?? '')).toHaveLength(2);
  });

  test('may name files, and only read', async () => {
    await engine.atOneMoment(async (moment) => {
      expect(await rowsOf('select count(distinct "$path") from events', moment)).toEqual([[1]]);
      await expect(moment.query('drop table events')).rejects.toThrow('only read');
    });
  });

  test('may be about the rows of a select, which are kept once it has been asked for, and only read', async () => {
    const select = "select extras || '!' as said from events";
    await engine.atOneMoment(async (moment) => {
      const name = await moment.keep(select);
      expect(await rowsOf(`select said from ${name}`, moment)).toEqual([['a!']]);
      expect(await moment.keep(select)).toBe(name);
      await expect(moment.keep('drop table events')).rejects.toThrow('only read');
      await expect(moment.query(`select unknown from ${name}`)).rejects.toThrow('unknown');
    });
  });

  describe('of the view that most of them read', () => {
    const views = [{ name: 'message_outcomes', sql: 'select *, 1 as is_sent from recipient_messages' }];
    const outcomes = async (select: string, options: Partial<DuckDbEngineOptions> = {}): Promise<SqlValue[][]> => {
      await copy(select, `${folderOf('recipient_messages', '2024-01-01')}some.parquet`);
      await register('recipient_messages', '2024-01-01');
      const one = await open({ views, ...options });
      const ask = 'select dt, sum(is_sent), count(distinct subject) from message_outcomes group by 1';
      const found = await one.atOneMoment((moment) =>
        Promise.all([
          rowsOf(ask, moment),
          rowsOf(`with message_outcomes as (select * from message_outcomes where is_sent = 1) ${ask}`, moment),
        ]),
      );
      await one.close();
      expect(found[1]).toEqual(found[0]);
      return found.flat();
    };

    test('are answered from memory in a small lake', async () => {
      expect(await outcomes("select 'm' || i as message_id, 'S' as subject from range(3) t(i)")).toContainEqual([
        '2024-01-01',
        3,
        1,
      ]);
    });

    test('come in the order of the files, which are read in two halves', async () => {
      const days = ['2024-01-01', '2024-01-02', '2024-01-03'];
      for (const [i, dt] of days.entries()) {
        await copy(`select 'm${i}' as message_id`, `${folderOf('recipient_messages', dt)}some.parquet`);
        await register('recipient_messages', dt);
      }
      const one = await open({ views });
      const ask = 'select message_id, dt from message_outcomes';
      expect(await one.atOneMoment((moment) => rowsOf(ask, moment))).toEqual(days.map((dt, i) => [`m${i}`, dt]));
      await one.close();
    });

    test('are answered from files in a lake that is not small', async () => {
      // 16 MB: hashes can't be made smaller.
      const large = "select md5(cast(i as varchar)) as subject, 'm' || i as message_id from range(500000) t(i)";
      expect(await outcomes(large)).toContainEqual(['2024-01-01', 500_000, 500_000]);
    });

    test('are answered from files where memory can not hold it', async () => {
      const wide = "select repeat('x', 200) as subject, i::varchar as message_id from range(300000) t(i)";
      expect(await outcomes(wide, { memoryLimit: '40MB', threads: 1 })).toContainEqual(['2024-01-01', 300_000, 1]);
      expect(await readdir(join(root, '.tmp'))).toEqual([]);
    });
  });
});

describe('write', () => {
  const job = { table: 'clicks', inputs: [], location: 'v1/settled/clicks/dt=2024-01-01/0-a/', partitioned: false };

  /** Many rows of clicks in an order that has nothing to do with how they are made. */
  const many = (count: number, { dt = '', orderBy = 'event_id' } = {}): string =>
    `select * from (select ${[
      ...Object.entries(clicks.columns).map(([name, { type }]) => {
        if (name === 'event_id') return 'md5(cast(i as varchar)) as event_id';
        if (name === 'link') return "array_join(repeat(md5(cast(i * 7 as varchar)), 5), '') as link";
        if (type === 'timestamp') return `epoch_ms(1704067200000 + i) as ${name}`;
        if (type === 'boolean') return `i % 2 = 0 as ${name}`;
        return type === 'string' ? `'${name}' as ${name}` : `i as ${name}`;
      }),
      ...(dt ? [`${dt} as dt`] : []),
    ].join(', ')} from range(${count}) t(i)) order by ${orderBy}`;

  const DAY_OF_ROW = "'2024-01-0' || cast(1 + i % 3 as varchar)";

  const parquet = async (what: string, key: string) =>
    elsewhere(`select ${what.replaceAll('$', `'${join(root, key)}'`)}`);

  test('rows keep the order of the select, and the same select makes the same bytes', async () => {
    const bytes: Buffer[] = [];
    for (const location of ['v1/settled/clicks/dt=2024-01-01/0-a/', 'v1/settled/clicks/dt=2024-01-01/0-b/']) {
      const [file, ...others] = await engine.write({ ...job, select: many(150_000), location });
      expect(others).toEqual([]);
      expect(file?.rows).toBe(150_000);
      expect(
        await parquet(
          'count(*) from (select event_id < lag(event_id) over () as is_wrong from read_parquet($)) where is_wrong',
          file?.key ?? '',
        ),
      ).toEqual([[0]]);
      bytes.push(await readFile(join(root, file?.key ?? '')));
      expect(file?.bytes).toBe(bytes.at(-1)?.length);
    }
    expect(bytes[0]?.equals(bytes[1] ?? Buffer.alloc(0))).toBe(true);
  });

  test('rows of each day keep the order of the select, also when the days are mixed in it', async () => {
    const select = many(120_000, { dt: DAY_OF_ROW });
    const files = await engine.write({ ...job, select, location: 'v1/settled/clicks/run/', partitioned: true });
    expect(files.map(({ key, rows }) => [key, rows])).toEqual(
      [1, 2, 3].map((n) => [`v1/settled/clicks/run/dt=2024-01-0${n}/part-0.parquet`, 40_000]),
    );
    for (const { key } of files) {
      const wrong = 'select event_id < lag(event_id) over () as is_wrong from read_parquet($)';
      expect(await parquet(`count(*) from (${wrong}) where is_wrong`, key)).toEqual([[0]]);
    }
  });

  test.each(['in memory, as their input is small', 'by a file, as there is no input to tell their size by'])(
    'days written together have the rows of those written one by one, in order, each at a place of its own: %s',
    async (how) => {
      const days = ['2024-01-01', '2024-01-02', '2024-01-03'];
      const live = await write('clicks', folderOf('clicks', '2024-01-01'), [{}]);
      const inputs: Input[] = how.startsWith('in memory')
        ? [{ table: 'clicks', stage: 'live', dt: '2024-01-01', keys: live.map(({ key }) => key) }]
        : [];
      const rows = many(9000, { dt: DAY_OF_ROW, orderBy: 'dt, event_id' });
      const select = inputs.length > 0 ? `select * from (${rows}) where exists (select 1 from clicks_live)` : rows;
      const locations = new Map(days.map((day, n) => [day, `v1/settled/clicks/dt=${day}/${n}-together/`]));
      const together = await engine.writeDays({ table: 'clicks', inputs, select, locations });
      expect(together.map(({ key, rows: written }) => [key, written])).toEqual(
        [...locations.values()].map((location) => [`${location}part-0.parquet`, 3000]),
      );
      for (const [n, { key }] of together.entries()) {
        const location = `v1/settled/clicks/dt=${days[n]}/alone/`;
        const ofDay = `select * exclude (dt) from (${rows}) where dt = '${days[n]}' order by event_id`;
        const [alone] = await engine.write({ ...job, select: ofDay, location });
        expect(await parquet('* from read_parquet($)', key)).toEqual(
          await parquet('* from read_parquet($)', alone?.key ?? ''),
        );
      }
    },
  );

  test('a row of a day that was not asked for fails days that are written together', async () => {
    const { table, inputs } = job;
    const locations = new Map([['2024-01-01', 'v1/settled/clicks/dt=2024-01-01/0-b/']]);
    const select = many(9, { dt: DAY_OF_ROW, orderBy: 'dt' });
    await expect(engine.writeDays({ table, inputs, select, locations })).rejects.toThrow('dt=2024-01-02');
  });

  test('files are ZSTD, timestamps INT64 TIMESTAMP_MILLIS, and dt is not in them', async () => {
    const [file] = await engine.write({ ...job, select: many(10) });
    const key = file?.key ?? '';
    expect(await parquet('distinct compression from parquet_metadata($)', key)).toEqual([['ZSTD']]);
    expect(
      await parquet("name, type, converted_type from parquet_schema($) where converted_type like 'TIME%'", key),
    ).toEqual([
      ['occurred_at', 'INT64', 'TIMESTAMP_MILLIS'],
      ['sent_at', 'INT64', 'TIMESTAMP_MILLIS'],
    ]);
    expect(await parquet('name from parquet_schema($) offset 1', key)).toEqual(
      Object.keys(clicks.columns).map((name) => [name]),
    );
  });

  test('a location that was used before is refused, and what lies there stays', async () => {
    const [file] = await engine.write({ ...job, select: many(5) });
    await expect(engine.write({ ...job, select: many(6) })).rejects.toThrow('location was used before');
    expect(await parquet('count(*) from read_parquet($)', file?.key ?? '')).toEqual([[5]]);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('NULL in a required column fails the job, naming the column', async () => {
    const select = `select * replace (case when source_ordinal = 3 then null else message_id end as message_id) from (${many(5)})`;
    await expect(engine.write({ ...job, select })).rejects.toThrow(
      'required column holds NULL in 1 rows: clicks.message_id',
    );
    await expect(readdir(join(root, 'v1'))).rejects.toThrow('ENOENT');
  });

  test.each([
    ['select 1 as event_id', 'nothing where occurred_at should be (column 2)'],
    [`select * from (${'$'})`, null],
    [`select *, 1 as more from (${'$'})`, 'more where nothing should be'],
    [`select * rename (source as feed, feed as source) from (${'$'})`, 'feed where source should be (column 8)'],
  ])('the columns of %j are checked', async (select, fault) => {
    const written = engine.write({ ...job, select: select.replace('$', many(2)) });
    if (fault === null) expect((await written)[0]?.rows).toBe(2);
    else await expect(written).rejects.toThrow(`select does not give the columns of clicks: ${fault}`);
  });

  test('a job writes 100 days, not 101, and only days', async () => {
    const days = (count: number): string =>
      many(count, { dt: "cast(date '2024-01-01' + cast(i as integer) as varchar)" });
    const to = (location: string, select: string) => engine.write({ ...job, select, location, partitioned: true });
    expect(await to('v1/settled/clicks/r1/', days(100))).toHaveLength(100);
    await expect(to('v1/settled/clicks/r2/', days(101))).rejects.toThrow('at most 100 days, this one has 101');
    for (const dt of ["'../../x'", 'null', "'2024-1-1'"]) {
      await expect(to('v1/settled/clicks/r3/', many(1, { dt }))).rejects.toThrow('partition day is not YYYY-MM-DD');
    }
    expect(await readdir(join(root, 'v1/settled/clicks'))).toEqual(['r1']);
  });

  test('a table that has no Parquet files, or a location outside of the lake, is refused', async () => {
    await expect(engine.write({ ...job, select: 'select 1', table: 'units' })).rejects.toThrow('no such Parquet table');
    await expect(engine.write({ ...job, select: many(1), location: '../out/' })).rejects.toThrow(
      'not a key of a folder',
    );
  });
});

test('times in the protocol’s records may be epoch ms or SQL timestamps, and dt prunes their files', async () => {
  for (const [dt, at] of [
    ['2024-01-01', 1704067200123],
    ['2024-01-02', '2024-01-01 00:00:00.123'],
  ]) {
    const path = join(root, `v1/state/generations/dt=${dt}/events/0.json`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      `${JSON.stringify({ table_name: 'events', generation: 0, created_at: at, dt: 'not this' })}\n`,
    );
  }
  const instant = Date.UTC(2024, 0, 1) + 123;
  expect(await rowsOf('select dt, created_at, generation, files from generations order by dt')).toEqual([
    ['2024-01-01', instant, 0, null],
    ['2024-01-02', instant, 0, null],
  ]);
  expect(await filesScanned("select * from generations where dt = '2024-01-02'")).toBe('1/2');
});

test('closing waits for what runs', async () => {
  const other = await open();
  const running = other.query('select count(*) from range(3000000) a(x) where md5(cast(x as varchar)) > $$8$$');
  await Promise.all([other.close(), expect(running).resolves.toHaveProperty('rows.length', 1)]);
});
