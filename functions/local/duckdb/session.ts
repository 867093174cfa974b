import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult, StatementType } from '@duckdb/node-api';
import { dialectStatements } from './dialect.ts';
import { quoteName } from './relations.ts';
import type { Relation } from './sources.ts';

export interface DatabaseOptions {
  threads: number;
  memoryLimit: string;
  tempDirectory: string;
}

/** A DuckDB of its own, in memory, that speaks Athena's dialect and spills into a folder. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #tempDirectory: string;

  private constructor(instance: DuckDBInstance, tempDirectory: string) {
    this.#instance = instance;
    this.#tempDirectory = tempDirectory;
  }

  static async open({ threads, memoryLimit, tempDirectory }: DatabaseOptions): Promise<Database> {
    await mkdir(dirname(tempDirectory), { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: memoryLimit,
      temp_directory: tempDirectory,
      autoinstall_known_extensions: 'false', // nothing is fetched behind the user's back
    });
    const connection = await instance.connect();
    for (const statement of dialectStatements()) await connection.run(statement);
    connection.closeSync();
    return new Database(instance, tempDirectory);
  }

  /** Runs `work` on a connection that sees these relations and no others. */
  async session<T>(relations: readonly Relation[], work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect();
    try {
      for (const { name, select } of relations) {
        await connection.run(`create temp view ${quoteName(name)} as ${select}`);
      }
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** Frees memory and spill files; nothing may run any more. */
  async close(): Promise<void> {
    this.#instance.closeSync();
    await rm(this.#tempDirectory, { recursive: true, force: true });
  }
}

const READING: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);

/** Starts one statement that only reads. @throws Error if it is another, or several */
export async function streamOne(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new Error(`one statement at a time, please: there are ${statements.count}`);
  const statement = await statements.prepare(0);
  if (!READING.has(statement.statementType)) {
    throw new Error('the lake is only read by queries: use select, with, describe, show or explain');
  }
  return statement.stream();
}
