/** The command `query`: runs a SQL query over tables and views, and prints its rows in a chosen format. */
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { didYouMean, UsageError, WorkError } from '#host/failure.ts';
import { byteCount, count, counted, duration } from '#host/figures.ts';
import type { RowStream, SqlValue } from '#lake/ports.ts';
import type { View } from '#lake/sql/views/view.ts';
import type { Console } from '../console.ts';
import { csvText, jsonText } from '../terminal/formats.ts';
import { tableLines } from '../terminal/table.ts';
import { atStage, bill, isStage, type LakePlace, type ReadLake, withReadLake } from './lake-place.ts';
import { examples, existingLake, jsonOption, LAKE, lakeOption, refuseFolder, writableFile } from './options.ts';

const FORMATS = ['table', 'json', 'csv', 'parquet', 'arrow'] as const;
type Format = (typeof FORMATS)[number];

interface QueryFlags extends LakePlace {
  format: Format;
  out?: string;
}

/** More rows than anyone reads on a screen; the other formats have them all. */
const MOST_SHOWN = 1000;

export const queryCommand = (to: Console): Command =>
  atStage(
    new Command('query')
      .description("run a query over tables and views, in Athena's SQL")
      .argument('<sql>', 'one statement; - reads it from stdin')
      .addOption(lakeOption())
      .addOption(new Option('--format <format>', 'how to print the rows').choices(FORMATS).default('table'))
      .option('--out <file>', 'write to a file instead of stdout; parquet needs one')
      .addOption(jsonOption().implies({ format: 'json' }))
      .addHelpText(
        'after',
        `
The table is for reading: rates have six digits, long text is cut, and rows
that are too wide are printed as blocks. json, parquet and arrow are exact; csv
puts an apostrophe before text that a spreadsheet would run as a formula, and
escapes characters that act on a terminal. Rows go out while they come in, so a
result may have any length. A statement only reads: nothing else is run.
${examples(
  ['query "select event_type, count(*) as n from events group by 1 order by 2 desc"'],
  ['query "select * from deliverability_daily" --format csv --out daily.csv'],
  ['query "select * from email_events" --format parquet --out events.parquet'],
  [
    'query "select * from email_events" --format arrow | python3 -c "import sys, polars; print(polars.read_ipc_stream(sys.stdin.buffer))"',
  ],
  ['query - --json < question.sql'],
)}`,
      )
      .action(async (statement: string, flags: QueryFlags) => {
        const sql = withoutSemicolon(statement === '-' ? await text(process.stdin) : statement);
        if (sql === '') throw new UsageError('the query is empty', 'write one statement in quotes, such as "select 1"');
        if (flags.json && flags.format !== 'json' && flags.out === undefined) {
          throw new UsageError(
            `--json prints json, not ${flags.format}`,
            'leave one of the two out, or name a file: --out FILE',
          );
        }
        if (flags.out !== undefined) refuseFolder(flags.out, '--out');
        if (!isStage(flags)) existingLake(flags.lake);
        if (flags.out !== undefined) writableFile(flags.out, '--out');
        // Rows are made and dropped by the million: without this V8 lets its heap grow before it collects them.
        setFlagsFromString('--optimize-for-size');
        await withReadLake(flags, to, (lake) => answer(lake, sql, flags, to), { asks: sql });
      }),
  );

async function answer(lake: ReadLake, sql: string, { format, out, json }: QueryFlags, to: Console): Promise<void> {
  const startedAt = performance.now();
  const { engine, views } = lake;
  const ask = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw sqlError(error);
    });
  if (out !== undefined) {
    const rows =
      format === 'parquet'
        ? await ask(parquetFile(engine, sql, resolve(out)))
        : await writeWhole(out, (path) =>
            ask(engine.stream(sql, (result) => writeFile(result, format, to.width, path))),
          );
    const { size: bytes } = statSync(out);
    if (json) return to.json({ file: out, format, rows, bytes, ...bill(lake) });
    return to.note(`wrote ${counted(rows, 'row')} to ${out} (${byteCount(bytes)})`);
  }
  if (format === 'parquet' || (format === 'arrow' && to.isTerminal)) {
    throw new UsageError(`${format} is no format for a screen`, 'name a file: --out FILE');
  }
  if (format !== 'table') {
    return ask(
      engine.stream(sql, async (result) => {
        for await (const part of TEXT[format](result)) await to.write(part);
      }),
    );
  }

  const { columns, rows, all } = await ask(engine.stream(inOrderOfGrain(sql, views), firstRows));
  await to.print(tableLines({ columns, rows }, to.width, to.palette));
  if (all > MOST_SHOWN)
    to.warn(`only ${count(MOST_SHOWN)} of ${count(all)} rows are shown: use limit, or --format csv`);
  to.note(`${counted(all, 'row')} in ${duration((performance.now() - startedAt) / 1000)}`);
}

/** @throws UsageError at a stage: what Athena writes, it writes into a bucket, for which a reader has no right */
async function parquetFile(engine: ReadLake['engine'], sql: string, path: string): Promise<number> {
  if (!engine.copyTo)
    throw new UsageError(
      'a stage gives no parquet',
      'take --format arrow, which pandas and polars write as parquet; or csv',
    );
  return engine.copyTo(sql, path);
}

/** Arrow's package has 160 modules: no other command and format waits for them. */
async function* arrowStream(result: RowStream): AsyncGenerator<Uint8Array> {
  const { arrowBytes } = await import('../terminal/arrow.ts');
  yield* arrowBytes(result);
}

const TEXT = { csv: csvText, json: jsonText, arrow: arrowStream } as const;

/** What a table shows, and how many rows there are. */
async function firstRows({ columns, batches }: RowStream): Promise<RowsShown> {
  const rows: SqlValue[][] = [];
  let all = 0;
  for await (const batch of batches) {
    all += batch.length;
    if (rows.length < MOST_SHOWN) rows.push(...batch.slice(0, MOST_SHOWN - rows.length));
  }
  return { columns, rows, all };
}

interface RowsShown {
  columns: RowStream['columns'];
  rows: SqlValue[][];
  all: number;
}

/** Writes rows into a file, and returns their number. */
async function writeFile(
  result: RowStream,
  format: Exclude<Format, 'parquet'>,
  width: number,
  path: string,
): Promise<number> {
  let rows = 0;
  async function* counting(): AsyncGenerator<SqlValue[][]> {
    for await (const batch of result.batches) {
      rows += batch.length;
      yield batch;
    }
  }
  const counted = { columns: result.columns, batches: counting() };
  await pipeline(format === 'table' ? wholeTable(counted, width) : TEXT[format](counted), createWriteStream(path));
  return rows;
}

/** A file gets all rows, however many. */
async function* wholeTable({ columns, batches }: RowStream, width: number): AsyncGenerator<string> {
  const rows: SqlValue[][] = [];
  for await (const batch of batches) rows.push(...batch);
  for (const line of tableLines({ columns, rows }, width)) yield `${line}\n`;
}

/** The file is there when all of it is; a device or a pipe is written to as it is. */
async function writeWhole<T>(file: string, write: (path: string) => Promise<T>): Promise<T> {
  if (existsSync(file) && !statSync(file).isFile()) return write(file);
  const unfinished = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    const written = await write(unfinished);
    await rename(unfinished, file);
    return written;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * A whole view is read on a screen from its first day to its last; any other statement has the order that it asks for.
 */
function inOrderOfGrain(sql: string, views: readonly View[]): string {
  const name = /^select\s+\*\s+from\s+(\w+)$/i.exec(sql)?.[1]?.toLowerCase();
  const grain = views.find((view) => view.name === name)?.grain ?? [];
  return grain.length === 0 ? sql : `${sql} order by ${grain.join(', ')}`;
}

/** Athena's consoles take a `;` at the end, its engine doesn't. */
const withoutSemicolon = (sql: string): string => sql.trim().replace(/(\s*;)+$/, '');

/** What is wrong with a statement: in the engine's words, and for a name that isn't there, with those that are like it. */
export function sqlError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  const [, missing, there = ''] = /^no such table or view: (\S+) \(there are (.*)\)/.exec(message) ?? [];
  if (missing !== undefined) {
    const hint = didYouMean(missing, there.split(', ')) ?? `see all of them: ${LAKE} views`;
    return new WorkError(`there is no table or view ${missing}`, hint, { cause: error });
  }
  const said =
    /(?:Parser|Binder|Catalog|Conversion|Invalid Input|Out of Range|Not implemented) Error: .*/is.exec(message)?.[0] ??
    /^[A-Z_]+: line \d+:\d+: .*/s.exec(message)?.[0];
  if (said !== undefined)
    return new WorkError(said, `the columns of a table: ${LAKE} describe TABLE`, { cause: error });
  return error;
}
