/** The simulator's engine interprets jobs by their structure; here each job of a real lake goes to it and to DuckDB. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import type { Engine, Input, SqlValue, WriteJob, WrittenFile } from '#lake/ports.ts';
import { liveFile } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { readBytes } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import type { ReadUnit } from '#lake/steps/transform/read-unit.ts';
import { transform } from '#lake/steps/transform.ts';
import { rowsSelect } from '#test/ports/rows-select.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { Chance } from './chance.ts';
import { contentOf, FIRST_VERSION, type RawObject, rawObjects } from './mail.ts';
import { decodeRows, type Row } from './rows.ts';
import { output } from './sql-engine.ts';
import { unitReader } from './unit-work.ts';

const settings = { ...DEFAULT_SETTINGS, limits: { ...DEFAULT_SETTINGS.limits, unitObjects: 3 } };
const SEEDS = [1, 2, 3];

let here: SmallLake;
/** rows of each file in the simulator's words */
let rows: Map<string, readonly Row[]>;
let jobs: { job: WriteJob; stub: string[]; duckdb: string[] }[];

beforeEach(async () => {
  here = await smallLake(settings);
  rows = new Map();
  jobs = [];
  here.lake.ports.engine = both(here.lake.ports.engine);
});
afterEach(() => here.close());

/** Reads as a simulated worker does, and writes the rows as real Parquet too. */
const read: ReadUnit = async (raw, unit, attempt, options) => {
  const never = (): Promise<never> => Promise.reject(new Error('nobody dies here'));
  const content = await unitReader(never)(raw, unit, attempt, options);
  return {
    ...content,
    async *files() {
      for await (const file of content.files()) {
        const { table, dt, part } = file;
        const key = liveFile(table, dt, attempt, part);
        const ofFile = decodeRows(file.bytes);
        rows.set(key, ofFile);
        const location = `v1/scratch/${key}/`;
        const written = await here.lake.engine.write({
          select: rowsSelect(table, ofFile),
          table,
          inputs: [],
          location,
          partitioned: false,
        });
        yield { ...file, bytes: await readBytes(here.lake.ports.lake, written[0]?.key ?? '') };
      }
    },
  };
};

/** Hands each job to the stub as well, and keeps what both made of it. */
const both = (duckdb: Engine): Engine => ({
  query: (sql, inputs) => duckdb.query(sql, inputs),
  async write(job) {
    const files = await duckdb.write(job);
    const parts = output(
      job,
      job.inputs.flatMap(({ keys }) => keys.flatMap((key) => rows.get(key) ?? [])),
    );
    for (const [key, ofFile] of placed(job, files, parts)) rows.set(key, ofFile);
    const stub = parts.flatMap((part) => part.rows.map((row) => textOf(job.table, row)));
    jobs.push({ job, stub: stub.sort(), duckdb: await written(duckdb, job, files) });
    return files;
  },
});

/** What the stub made, in the place of what DuckDB wrote, so that later jobs can read it. */
function placed(
  { partitioned }: WriteJob,
  files: readonly WrittenFile[],
  parts: readonly { folder: string; rows: readonly Row[] }[],
): [string, readonly Row[]][] {
  return files.map(({ key }, i) => {
    const ofFile = parts.filter(({ folder }) => (partitioned ? key.includes(`/${folder}`) : i === 0));
    return [key, ofFile.flatMap((part) => part.rows)];
  });
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  events: ['event_id', 'event_type', 'message_id', 'recipient_key', 'feed', 'source_key', 'source_ordinal', 'attempt'],
  headers: ['message_id', 'position', 'name', 'value', 'feed', 'source_key', 'source_ordinal', 'attempt'],
  clicks: ['event_id', 'message_id', 'recipient_key', 'feed', 'source_key', 'source_ordinal', 'attempt'],
  recipient_messages: ['message_id', 'recipient_key', 'opens', 'clicks', 'has_send_event'],
};

/** Of a line of life, what the real select computes from the events that the stub only lists. */
function textOf(table: string, row: Row): string {
  const ids = String(row.events ?? '').split(' ');
  const count = (type: string): number => ids.filter((id) => id.startsWith(`${type}/`)).length;
  const values: Row = {
    ...row,
    opens: count('open'),
    clicks: count('click'),
    has_send_event: count('send') > 0 ? 'true' : 'false',
  };
  return (COLUMNS[table] ?? []).map((name) => String(values[name] ?? null)).join('|');
}

async function written(
  engine: Engine,
  { table, location, partitioned }: WriteJob,
  files: readonly WrittenFile[],
): Promise<string[]> {
  const days = Map.groupBy(files, ({ key }) => /dt=([\d-]{10})\//.exec(key)?.[1] ?? '');
  const found: SqlValue[][] = [];
  for (const [dt, ofDay] of days) {
    const generation = partitioned ? {} : { generation: location.split('/').at(-2) ?? '' };
    const input: Input = { table, stage: 'settled', dt, ...generation, keys: ofDay.map(({ key }) => key) };
    found.push(
      ...(await engine.query(`select ${(COLUMNS[table] ?? []).join(', ')} from ${table}_settled`, [input])).rows,
    );
  }
  return found.map((row) => row.map((value) => String(value)).join('|')).sort();
}

async function deliver(objects: readonly RawObject[]): Promise<void> {
  for (const object of objects) here.put(object.key, contentOf(object), object.arrivesAt);
  await planPrefix(here.lake.ports, settings, '');
  for (const unit of await openUnits(here.lake.ports.lake)) {
    await transform(here.lake.ports, unit, { settings, version: FIRST_VERSION, read });
  }
  await here.settle();
  await here.rollup();
}

describe('the stub SQL engine of the simulator makes what DuckDB makes of the same statements', () => {
  test.each(SEEDS)('in two rounds over the lake of seed %d', { timeout: 120_000 }, async (seed) => {
    const objects = rawObjects(new Chance(seed)).map((object) => ({ ...object, isPoison: false }));
    const late = objects.length - 3;
    await deliver(objects.slice(0, late));
    here.clock.now += HOUR_MS;
    await deliver(objects.slice(late));
    expect(new Set(jobs.map(({ job }) => job.table))).toContain('recipient_messages');
    expect(jobs.some(({ job }) => job.inputs.some(({ stage }) => stage === 'settled') && !job.partitioned)).toBe(true);
    expect(jobs.every(({ duckdb }) => duckdb.length > 0)).toBe(true);
    for (const { job, stub, duckdb } of jobs)
      expect({ to: job.location, rows: duckdb }).toEqual({ to: job.location, rows: stub });
  });
});
