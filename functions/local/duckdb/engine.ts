/** The engine port on DuckDB. */
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { DAY_MS } from '#lake/days.ts';
import type { Catalog, DaysJob, Engine, Input, QueryResult, RowStream, WriteJob, WrittenFile } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { withoutPairs } from '#lake/steps/settle/select.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { Turns } from '#lake/turns.ts';
import { Disk } from '../disk/files.ts';
import { TEMPORARY } from '../disk/keys.ts';
import { inDuckDb, refusal } from './athena.ts';
import { Moment, type MomentEngine, readsKept } from './moment.ts';
import { readingStatement } from './reading.ts';
import { tableSelect } from './relations.ts';
import { Database, type DatabaseOptions } from './session.ts';
import {
  catalogRelations,
  inputStatement,
  type SavedView,
  type TableFile,
  type TableSelect,
  tableFiles,
} from './sources.ts';
import { readResult, streamResult } from './values.ts';
import { writeParquet } from './write.ts';

const MB = 1024 * 1024;
/** Inputs of a statement, as stored, that take less time on one core than two cores take to share them. */
const SMALL_BYTES = 4 * MB;

export interface DuckDbEngineOptions {
  /** folder of the lake */
  root: string;
  catalog: Catalog;
  /** saved views, in any order */
  views: readonly SavedView[];
  /** of all views, also of those that are not loaded */
  viewNames?: readonly string[];
  /** false: flush nothing (see DiskOptions) */
  durable?: boolean;
  /** all cores unless told otherwise */
  threads?: number;
  /** what DuckDB may hold before it spills, such as `512MB`; 40 % of the machine's memory, 512 MB at most */
  memoryLimit?: string;
  /** where it spills; a folder of its own below the lake's `.tmp` */
  tempDirectory?: string;
}

/**
 * The engine port on DuckDB. Each statement sees the partitions that the catalog names when it starts, as lists of files:
 * DuckDB's own globs would read files that Athena hides, and fail on empty ones.
 */
export class DuckDbEngine implements Engine {
  readonly #root: string;
  readonly #options: DatabaseOptions;
  readonly #catalog: Catalog;
  readonly #views: ReadonlyMap<string, SavedView>;
  /** of tables and views */
  readonly #names: ReadonlySet<string>;
  readonly #disk: Disk;
  /** the one that answers, once somebody asks it: to open one takes longer than most of what is written or read in others */
  #database: Promise<Database> | undefined;
  readonly #lanes: Lanes;
  readonly #running = new Set<Promise<unknown>>();
  readonly #writes = new Turns(1);
  #isClosed = false;

  private constructor(options: DuckDbEngineOptions, databaseOptions: DatabaseOptions) {
    this.#root = databaseOptions.folder;
    this.#options = databaseOptions;
    this.#catalog = options.catalog;
    this.#views = new Map(options.views.map((view) => [view.name.toLowerCase(), view]));
    this.#names = new Set([...Object.keys(TABLES), ...this.#views.keys(), ...(options.viewNames ?? [])]);
    this.#disk = new Disk(this.#root, { durable: options.durable ?? true });
    this.#lanes = new Lanes(databaseOptions.threads, () => this.#openOther(1));
  }

  /** Also removes what crashed processes left under `.tmp` more than a day ago. */
  static async open(options: DuckDbEngineOptions): Promise<DuckDbEngine> {
    const root = resolve(options.root);
    await new Disk(root).sweep(Date.now() - DAY_MS);
    const databaseOptions: DatabaseOptions = {
      threads: options.threads ?? availableParallelism(),
      memoryLimit: options.memoryLimit ?? `${Math.floor(Math.min(0.4 * totalmem(), 512 * MB) / MB)}MB`,
      tempDirectory: options.tempDirectory ?? temporaryFolder(root),
      folder: root,
    };
    return new DuckDbEngine(options, databaseOptions);
  }

  /** Without inputs the text may come from any user: if it does more than read the lake, it is refused (reading.ts). */
  query(sql: string, inputs?: readonly Input[]): Promise<QueryResult> {
    if (inputs === undefined) return this.#read(sql, readResult);
    return this.#onInputs(sql, inputs, async (connection, statement) => readResult(await connection.stream(statement)));
  }

  /**
   * As `query` without inputs, of any length: `work` gets the rows while they come in, and is waited for.
   * @param closed tables and views that the statement may not name, in lower case
   */
  stream<T>(sql: string, work: (rows: RowStream) => Promise<T>, closed?: ReadonlySet<string>): Promise<T> {
    return this.#read(sql, (result) => work(streamResult(result)), { closed });
  }

  /**
   * Hands out an engine whose answers are all of one moment, for who asks a lot: what questions share is read once
   * (moment.ts), and a small lake's are answered side by side, on one core each.
   */
  async atOneMoment<T>(work: (engine: MomentEngine) => Promise<T>): Promise<T> {
    const moment = await Moment.of(
      (table) => this.files(table),
      this.#views,
      (cores) => this.#openOther(cores),
    );
    try {
      return await work(
        moment.asking(
          async (sql) => {
            try {
              return await this.#read(sql, readResult, { moment });
            } catch (error) {
              // Texts that were small as files may not fit into memory.
              if (readsKept(sql)) throw error;
              return this.#read(sql, readResult);
            }
          },
          (sql) => inDuckDb(sql, this.#names, this.#views),
        ),
      );
    } finally {
      await moment.close();
    }
  }

  async #read<T>(
    sql: string,
    work: (result: DuckDBResult) => Promise<T>,
    { closed, moment }: { closed?: ReadonlySet<string> | undefined; moment?: Moment } = {},
  ): Promise<T> {
    const statement = inDuckDb(sql, this.#names, this.#views);
    const read = async (connection: DuckDBConnection) =>
      work(await connection.stream(await readingStatement(connection, statement, closed)));
    return moment ? this.#whileOpen(() => moment.session(statement, read)) : this.#run(statement, read);
  }

  write(job: WriteJob): Promise<WrittenFile[]> {
    return this.#write(job);
  }

  writeDays(job: DaysJob): Promise<WrittenFile[]> {
    return this.#write(job);
  }

  /** Large ones one at a time: each sorts all its rows on all cores, and needs buffers beyond the memory limit. */
  #write(job: WriteJob | DaysJob): Promise<WrittenFile[]> {
    return this.#onInputs(
      job.select,
      job.inputs,
      (connection, select, isSmall) => writeParquet(connection, this.#disk, { ...job, select }, CHECKED, isSmall),
      (task) => this.#writes.take(task),
    );
  }

  /** Small statements side by side, each on one core in a database of its own; large ones, in turn, on all cores. */
  #onInputs<T>(
    sql: string,
    inputs: readonly Input[],
    work: (connection: DuckDBConnection, statement: string, isSmall: boolean) => Promise<T>,
    inTurn: (task: () => Promise<T>) => Promise<T> = (task) => task(),
  ): Promise<T> {
    return this.#whileOpen(async () => {
      const statement = await inputStatement(this.#root, inputs, withoutPairs(sql));
      const isSmall = statement.bytes > 0 && statement.bytes <= SMALL_BYTES;
      const on = (database: Database) => database.session([], (connection) => work(connection, statement.sql, isSmall));
      if (isSmall) return this.#lanes.take(on);
      return inTurn(async () => on(await this.#main()));
    });
  }

  /**
   * Writes a query's rows into a Parquet file anywhere on this machine, in place of one there; returns their number. In a
   * database of its own, the only one that may write this one file.
   */
  async copyTo(sql: string, path: string): Promise<number> {
    const unfinished = `${path}.${randomBytes(8).toString('hex')}.tmp`;
    const statement = await (await this.#main()).session([], (connection) =>
      readingStatement(connection, inDuckDb(sql, this.#names, this.#views)),
    );
    const database = await Database.open({
      ...this.#options,
      tempDirectory: temporaryFolder(this.#root),
      file: unfinished,
    });
    // As the argument of a function, no text can end the statement around it.
    const copy = `copy (select * from query(${quoteText(statement)})) to ${quoteText(unfinished)} (format parquet, compression zstd)`;
    try {
      const written = await this.#run(statement, (connection) => connection.runAndReadAll(copy), database);
      await rename(unfinished, path);
      return Number(written.getRowsJS()[0]?.[0]);
    } finally {
      await database.close();
      await rm(unfinished, { force: true });
    }
  }

  /** The files of a table that a statement would read now. */
  files(table: Table): Promise<TableFile[]> {
    return tableFiles(this.#root, this.#catalog, table);
  }

  /** Waits for running statements, refuses new ones, and removes spill files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
    await Promise.all([this.#database?.then((database) => database.close()), this.#lanes.close()]);
  }

  /** @param threads as many as the first has if left out */
  #openOther(threads = this.#options.threads): Promise<Database> {
    return Database.open({ ...this.#options, threads, tempDirectory: temporaryFolder(this.#root) });
  }

  #run<T>(sql: string, work: (connection: DuckDBConnection) => Promise<T>, database?: Database): Promise<T> {
    return this.#whileOpen(async () => {
      const relations = await catalogRelations(this.#select, this.#views, sql);
      return (database ?? (await this.#main())).session(relations, work);
    });
  }

  #main(): Promise<Database> {
    this.#database ??= Database.open(this.#options);
    return this.#database;
  }

  /** As the catalog has it now. */
  readonly #select: TableSelect = async (table, pathColumns) => {
    const files = await this.files(table);
    return tableSelect(
      table,
      files.map(({ path }) => path),
      pathColumns,
    );
  };

  /** What `close` waits for. */
  async #whileOpen<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('the engine is closed');
    const running = task();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Rewrites errors of DuckDB so that they name the lake's settings and not DuckDB's. */
  #explained(error: unknown): unknown {
    const message = error instanceof Error ? error.message : '';
    if (message.startsWith('Out of Memory')) {
      const why = message.split('\n')[0];
      return new Error(
        `statement needs more memory than ${this.#options.memoryLimit}: allow more, such as MAILLAKE_MEMORY=4GB (${why})`,
        {
          cause: error,
        },
      );
    }
    const [, unknown] = /Function with name "?(\w+)"? does not exist/.exec(message) ?? [];
    if (unknown !== undefined) return new Error(refusal(unknown), { cause: error });
    const missing = /Table with name "?([^\s"!]+)"? does not exist/.exec(message);
    if (!missing) return error;
    const names = [...this.#names].sort().join(', ');
    return new Error(`no such table or view: ${missing[1]} (there are ${names})`, { cause: error });
  }
}

/**
 * Selects whose columns have been checked against their table's, without the parts that differ from day to day. A select
 * names all that it reads, so that the answer is the same in every lake.
 */
const CHECKED = new Set<string>();

const temporaryFolder = (root: string): string => join(root, TEMPORARY, `duckdb-${randomBytes(8).toString('hex')}`);

/** Databases of one core each, opened when they are needed first. */
class Lanes {
  readonly #turns: Turns;
  readonly #open: () => Promise<Database>;
  readonly #idle: Database[] = [];

  constructor(atOnce: number, open: () => Promise<Database>) {
    this.#turns = new Turns(atOnce);
    this.#open = open;
  }

  take<T>(task: (database: Database) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      const database = this.#idle.pop() ?? (await this.#open());
      try {
        return await task(database);
      } finally {
        this.#idle.push(database);
      }
    });
  }

  /** Nothing may run any more. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.map((database) => database.close()));
  }
}
