/**
 * A deployed lake as people ask it: Athena in a workgroup, the catalog, and the lake's files, all with the rights of who asks. It is
 * only read.
 */
import { GetDatabaseCommand, type GlueClient, paginateGetTables } from '@aws-sdk/client-glue';
import { loadSql } from '#host/sql-folder.ts';
import { concurrently } from '#lake/concurrently.ts';
import type { QueryResult, RowStream, Store } from '#lake/ports.ts';
import type { Settings } from '#lake/settings.ts';
import type { View } from '#lake/sql/views/view.ts';
import { events, TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { AthenaReader, type Spent } from './athena-reader.ts';
import { readingStatement } from './athena-reading.ts';
import type { ClientOptions } from './client-options.ts';
import { connect } from './clients.ts';
import { settingsOfParameters } from './environment.ts';
import { GlueCatalog } from './glue-catalog.ts';
import { selectOf } from './presto-view.ts';
import { S3Store } from './s3-store.ts';
import { type StageAddress, stageFailure } from './stage-failure.ts';

export interface StageOptions extends ClientOptions {
  database: string;
  /** enforces where results go and what a query may read */
  workgroup: string;
  /** the folder sql/ of this release */
  sqlFolder: string;
  /** bytes that queries may read from now on, all together; without a limit unless told */
  mostBytes?: number;
  /** stops what is under way */
  signal?: AbortSignal;
}

/** A file of a table, as readers see it. */
export interface StageFile {
  dt: string;
  /** `s3://bucket/key` */
  path: string;
  bytes: number;
}

export interface StageLake {
  engine: StageEngine;
  ports: { lake: Store; engine: StageEngine };
  settings: Settings;
  /** of this release, with the stage's own seeds */
  views: readonly View[];
  /** tables and views that the stage has */
  names: ReadonlySet<string>;
  spent(): Spent;
  /** stops the queries that are under way: each goes on costing */
  close(): Promise<void>;
}

/** @throws UsageError if there is no such stage; WorkError if AWS refuses */
export async function openStage({
  database,
  workgroup,
  sqlFolder,
  mostBytes,
  signal,
  ...at
}: StageOptions): Promise<StageLake> {
  const clients = connect(at);
  const closing = new AbortController();
  const address: StageAddress = { database, workgroup, region: at.region ?? 'this region' };
  try {
    address.region = await clients.glue.config.region();
    const [settings, found, { views }] = await Promise.all([
      settingsIn(clients.glue, database),
      relationsIn(clients.glue, database),
      loadSql(sqlFolder),
    ]);
    const bucket = /^s3:\/\/([^/]+)/.exec(found.get(events.name)?.location ?? '')?.[1];
    if (bucket === undefined) throw new Error(`${database} is no database of a lake: it has no table ${events.name}`);
    const reader: AthenaReader = new AthenaReader({
      client: clients.athena,
      database,
      workgroup,
      remainingMs: () => Number.POSITIVE_INFINITY,
      signal: AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]),
      ...(mostBytes === undefined ? {} : { mostBytes: () => mostBytes - reader.spent.bytesRead }),
    });
    const lake = new S3Store({ client: clients.s3, bucket });
    const engine = new StageEngine({
      reader,
      address,
      bucket,
      lake,
      catalog: new GlueCatalog({ client: clients.glue, database, bucket }),
      names: new Set(found.keys()),
      own: new Set([...Object.keys(TABLES), ...views.map(({ name }) => name)]),
    });
    return {
      engine,
      ports: { lake, engine },
      settings,
      // What a stage has configured stands in its seeds.
      views: views.map((view) => {
        const sql = view.folder === 'seeds' ? (found.get(view.name)?.select ?? view.sql) : view.sql;
        return { ...view, sql };
      }),
      names: new Set(found.keys()),
      spent: () => reader.spent,
      close: async () => {
        closing.abort();
        await engine.ended();
        for (const client of Object.values(clients)) client.destroy();
      },
    };
  } catch (error) {
    throw stageFailure(error, address);
  }
}

interface Relation {
  /** of a table */
  location: string | null;
  /** of a view */
  select: string | null;
}

async function settingsIn(client: GlueClient, database: string): Promise<Settings> {
  const { Database } = await client.send(new GetDatabaseCommand({ Name: database }));
  return settingsOfParameters(Database?.Parameters);
}

async function relationsIn(client: GlueClient, database: string): Promise<Map<string, Relation>> {
  const found = new Map<string, Relation>();
  for await (const { TableList = [] } of paginateGetTables({ client }, { DatabaseName: database })) {
    for (const { Name = '', StorageDescriptor, ViewOriginalText = '' } of TableList) {
      found.set(Name, { location: StorageDescriptor?.Location ?? null, select: selectOf(ViewOriginalText) });
    }
  }
  return found;
}

interface EngineParts {
  reader: AthenaReader;
  address: StageAddress;
  bucket: string;
  lake: S3Store;
  catalog: GlueCatalog;
  /** of all relations in the database */
  names: ReadonlySet<string>;
  /** of those that this release declares */
  own: ReadonlySet<string>;
}

const FOLDERS_AT_ONCE = 16;

/** Reads by Athena; its errors are in words for a person. */
export class StageEngine {
  readonly #parts: EngineParts;
  readonly #running = new Set<Promise<unknown>>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  query(sql: string): Promise<QueryResult> {
    return this.#explained(() => this.#parts.reader.query(readingStatement(sql)));
  }

  /**
   * A result of any length: `work` gets the rows while they come in, and is waited for.
   * @param closed tables and views that the statement may not read, in lower case; with some closed, what this release does not
   * declare is closed, too, such as the tables that show files by where they lie
   */
  stream<T>(sql: string, work: (rows: RowStream) => Promise<T>, closed: ReadonlySet<string> = new Set()): Promise<T> {
    const { reader, names, own, address } = this.#parts;
    const others = closed.size === 0 ? [] : [...names].filter((name) => !own.has(name));
    const all = closed.size === 0 ? null : { names: new Set([...closed, ...others]), database: address.database };
    return this.#explained(() => reader.stream(readingStatement(sql, all), work));
  }

  /** The files of a table that a statement would read now. */
  files(table: Table): Promise<StageFile[]> {
    const { bucket, lake, catalog } = this.#parts;
    return this.#explained(async () => {
      const partitions = await catalog.locations(table.name);
      const files = await concurrently(partitions, FOLDERS_AT_ONCE, async ({ dt, location }) => {
        const ofDay: StageFile[] = [];
        for await (const { key, size: bytes } of lake.list(location)) {
          // As Athena reads a folder.
          if (bytes === 0 || /(?:^|\/)[_.]/.test(key.slice(location.length))) continue;
          ofDay.push({ dt, path: `s3://${bucket}/${key}`, bytes });
        }
        return ofDay;
      });
      return files.flat();
    });
  }

  /** Waits for what is under way, however it ends. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      const { address, own, names } = this.#parts;
      throw stageFailure(error, address, [...names].filter((name) => own.has(name)).sort());
    } finally {
      this.#running.delete(running);
    }
  }
}
