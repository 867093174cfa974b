/** Writes a select's rows as Parquet files, first under `.tmp`. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DaysJob, WriteJob, WrittenFile } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Column, Table } from '#lake/tables/table.ts';
import type { Disk } from '../disk/files.ts';
import { pathOfFolder } from '../disk/keys.ts';
import { DUCKDB_TYPES, quoteName } from './relations.ts';

/** Days that one job may write: what Athena allows. */
const MOST_DAYS = 100;
/** DuckDB's own size of a batch: it cuts up other ones while it holds their rows, which takes more memory and time. */
const ROW_GROUP_ROWS = 122_880;

/**
 * Publishes one file, or one a day, below the job's location; rows keep the select's order.
 * @throws Error if the columns aren't the table's, a required one holds NULL, a day is none or there are over 100, or
 * the location was used before
 * @param checked selects whose columns were checked: to prepare one for it takes as long as to plan it
 * @param isSmall the rows of several days may lie in memory
 */
export async function writeParquet(
  connection: DuckDBConnection,
  disk: Disk,
  job: WriteJob | DaysJob,
  checked: Set<string>,
  isSmall: boolean,
): Promise<WrittenFile[]> {
  const table = Object.hasOwn(TABLES, job.table) ? TABLES[job.table] : undefined;
  if (table?.format !== 'parquet') throw new Error(`no such Parquet table to write: ${job.table}`);
  const locationOf = locationsOf(job);
  for (const location of 'locations' in job ? job.locations.values() : [job.location]) {
    pathOfFolder(disk.root, location);
  }
  const select = job.select.replace(/[\s;]+$/, '');
  const isByDay = 'locations' in job || job.partitioned;
  const shape = `${job.table} ${isByDay} ${select.replace(TEXTS, '')}`;
  if (!checked.has(shape)) await checkColumns(connection, table, select, isByDay);
  checked.add(shape);
  const folder = await disk.temporary();
  await mkdir(folder);
  try {
    const writing = { connection, disk, table, select, folder, locationOf };
    if (!isByDay) return await writeOne(writing);
    return await (isSmall ? writeSmallDays : writeDays)(writing);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where a job's file of a day goes. @throws Error if a job has none for the day */
function locationsOf(job: WriteJob | DaysJob): (day: string) => string {
  if (!('locations' in job)) return (day) => (job.partitioned ? `${job.location}dt=${day}/` : job.location);
  return (day) => {
    const location = job.locations.get(day);
    if (location === undefined) throw new Error(`select gives rows of a day that was not asked for: dt=${day}`);
    return location;
  };
}

/** Texts, and lists of them: the names of a select's columns don't depend on them. */
const TEXTS = /'(?:[^']|'')*'(?:, '(?:[^']|'')*')*/g;

interface Writing {
  connection: DuckDBConnection;
  disk: Disk;
  table: Table;
  select: string;
  /** for files that are being made */
  folder: string;
  locationOf(day: string): string;
}

async function writeOne({ connection, disk, table, select, folder, locationOf }: Writing): Promise<WrittenFile[]> {
  const path = join(folder, FILE);
  const rows = await copy(connection, table, `select ${castColumns(table)} from (\n${select}\n)`, path);
  return rows === 0 ? [] : [await publish(disk, path, `${locationOf('')}${FILE}`, rows)];
}

const FILE = 'part-0.parquet';

/**
 * All rows go to one file first, ordered by day and within it as the select ordered them (an external sort, which
 * spills), and from there into a file a day: DuckDB's own partitioned write keeps no order.
 */
async function writeDays(writing: Writing): Promise<WrittenFile[]> {
  const { connection, table, select, folder } = writing;
  const all = join(folder, 'all.parquet');
  const numbered = `select *, row_number() over () as "row number" from (\n${select}\n)`;
  const ordered = `select ${castColumns(table)}, cast(dt as VARCHAR) as dt from (${numbered}) order by dt, "row number"`;
  if ((await copy(connection, table, ordered, all, 'snappy')) === 0) return [];
  return writeEachDay(writing, `read_parquet(${quoteText(all)}, hive_partitioning = false)`);
}

/** The same for few rows, which lie in memory meanwhile. */
async function writeSmallDays(writing: Writing): Promise<WrittenFile[]> {
  const { connection, table, select } = writing;
  const rows = `select ${castColumns(table)}, cast(dt as VARCHAR) as dt from (\n${select}\n)`;
  await connection.run(`create or replace temp table "small days" as ${rows}`);
  try {
    return await writeEachDay(writing, '"small days"');
  } finally {
    await connection.run('drop table "small days"');
  }
}

/** @param relation rows that are in order within each day */
async function writeEachDay(
  { connection, disk, table, folder, locationOf }: Writing,
  relation: string,
): Promise<WrittenFile[]> {
  const files: WrittenFile[] = [];
  for (const day of await daysIn(connection, relation)) {
    const location = locationOf(day);
    const path = join(folder, `${day}.parquet`);
    const ofDay = `select * exclude (dt) from ${relation} where dt = ${quoteText(day)}`;
    const rows = await copy(connection, table, ofDay, path);
    files.push(await publish(disk, path, `${location}${FILE}`, rows));
  }
  return files;
}

async function daysIn(connection: DuckDBConnection, relation: string): Promise<string[]> {
  const sql = `select distinct dt from ${relation} order by dt`;
  const days: string[] = [];
  for (const [dt] of (await connection.runAndReadAll(sql)).getRowsJS()) {
    if (typeof dt !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(dt)) {
      throw new Error(`partition day is not YYYY-MM-DD: dt=${dt}`);
    }
    days.push(dt);
  }
  if (days.length > MOST_DAYS) throw new Error(`a job writes at most ${MOST_DAYS} days, this one has ${days.length}`);
  return days;
}

const castColumns = (table: Table): string =>
  Object.entries(table.columns)
    .map(([name, { type }]) => `cast(${quoteName(name)} as ${WRITTEN_TYPES[type]}) as ${quoteName(name)}`)
    .join(', ');

/** TIMESTAMP_MS becomes INT64 TIMESTAMP_MILLIS, as in live files. */
const WRITTEN_TYPES: Readonly<Record<Column['type'], string>> = { ...DUCKDB_TYPES, timestamp: 'TIMESTAMP_MS' };

/** The select's names must be the declared ones, in order: a swapped pair of one type would go unseen later. */
async function checkColumns(
  connection: DuckDBConnection,
  table: Table,
  select: string,
  partitioned: boolean,
): Promise<void> {
  const declared = [...Object.keys(table.columns), ...(partitioned ? ['dt'] : [])];
  const statement = await connection.prepare(`select * from (\n${select}\n)`);
  const given = Array.from({ length: statement.columnCount }, (_, i) => statement.columnName(i));
  statement.destroySync();
  const wrong = declared.findIndex((name, i) => given[i] !== name);
  if (wrong < 0 && given.length === declared.length) return;
  const at = wrong < 0 ? declared.length : wrong;
  const [is, should] = [given[at] ?? 'nothing', declared[at] ?? 'nothing'];
  throw new Error(
    `select does not give the columns of ${table.name}: ${is} where ${should} should be (column ${at + 1})`,
  );
}

/** Writes a file and returns its number of rows. @throws Error if a required column holds NULL */
async function copy(
  connection: DuckDBConnection,
  table: Table,
  select: string,
  path: string,
  compression: 'zstd' | 'snappy' = 'zstd',
): Promise<number> {
  const options = `format parquet, compression ${compression}, row_group_size ${ROW_GROUP_ROWS}, return_stats`;
  const result = await connection.runAndReadAll(`copy (${select}) to ${quoteText(path)} (${options})`);
  const [written] = result.getRowObjectsJson();
  for (const [name, statistics] of entriesOf(written?.column_statistics)) {
    const nulls = Number(new Map(entriesOf(statistics)).get('null_count') ?? 0);
    const column = Object.hasOwn(table.columns, unquoted(name)) ? table.columns[unquoted(name)] : undefined;
    if (nulls > 0 && column?.nullable === false) {
      throw new Error(`required column holds NULL in ${nulls} rows: ${table.name}.${unquoted(name)}`);
    }
  }
  return Number(written?.count ?? 0);
}

/** A MAP in DuckDB's JSON form: `[{key, value}]`. */
function entriesOf(map: unknown): [string, unknown][] {
  if (!Array.isArray(map)) return [];
  return map.map((entry: { key?: unknown; value?: unknown }) => [String(entry.key), entry.value]);
}

const unquoted = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);

async function publish(disk: Disk, path: string, key: string, rows: number): Promise<WrittenFile> {
  await disk.flush(path);
  const { size } = await stat(path);
  if (!(await disk.publish(path, key))) throw new Error(`location was used before, take a fresh one: ${key}`);
  return { key, bytes: size, rows };
}
