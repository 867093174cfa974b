/** Opens DuckDB with limits on memory, threads and files, and keeps its connections. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quoteText } from '#lake/sql/quote.ts';
import { dialectStatements } from './dialect.ts';
import { literalPath, quoteName } from './relations.ts';
import type { Relation } from './sources.ts';

export interface DatabaseOptions {
  threads: number;
  memoryLimit: string;
  tempDirectory: string;
  /** The only folder of this machine that it may read and write in. */
  folder: string;
  /** A file elsewhere that it may write, too. */
  file?: string;
}

/** A connection, and the selects of the relations that it knows by name. */
interface Session {
  connection: DuckDBConnection;
  known: Map<string, string>;
}

/**
 * A DuckDB in memory that understands Athena's dialect and spills to a folder. To name a view is dear, for DuckDB plans it
 * and all that it reads, so a session that has ended without an error is kept, with what it knows, for the next.
 */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #tempDirectory: string;
  readonly #idle: Session[] = [];

  private constructor(instance: DuckDBInstance, tempDirectory: string) {
    this.#instance = instance;
    this.#tempDirectory = tempDirectory;
  }

  static async open({ threads, memoryLimit, tempDirectory, folder, file }: DatabaseOptions): Promise<Database> {
    await mkdir(dirname(tempDirectory), { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: memoryLimit,
      temp_directory: tempDirectory,
      autoinstall_known_extensions: 'false', // nothing is fetched behind the user's back
      autoload_known_extensions: 'false',
      // The system keeps what was read; a second time it took 140 MB over a thousand small files.
      enable_external_file_cache: 'false',
    });
    const connection = await instance.connect();
    // In one go: to be told of the end of each takes longer than each takes.
    await connection.run([...dialectStatements(), ...confined(folder, file)].join(';\n'));
    connection.closeSync();
    return new Database(instance, tempDirectory);
  }

  /** Runs `work` on a connection that knows these relations. It may know others, as they were for an earlier statement. */
  async session<T>(relations: readonly Relation[], work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const session = this.#idle.pop() ?? { connection: await this.#instance.connect(), known: new Map() };
    const { connection, known } = session;
    try {
      for (const { name, select, isConstant } of relations) {
        if (known.get(name) === select) continue;
        await connection.run(`create or replace temp ${isConstant ? 'table' : 'view'} ${quoteName(name)} as ${select}`);
        known.set(name, select);
      }
      const done = await work(connection);
      this.#idle.push(session);
      return done;
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  }

  /** Frees memory and spill files; nothing may run any more. */
  async close(): Promise<void> {
    for (const { connection } of this.#idle.splice(0)) connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#tempDirectory, { recursive: true, force: true });
  }
}

/** Statements that let a database touch these and nothing else on this machine, irrevocably. */
function confined(folder: string, file?: string): string[] {
  // A path with characters that mean something in a glob is handed over with those in classes: it has to be allowed so, too.
  const folders = [...new Set([folder, literalPath(folder)])].map((path) => quoteText(`${path}/`));
  return [
    `set allowed_directories = [${folders.join(', ')}]`,
    ...(file === undefined ? [] : [`set allowed_paths = [${quoteText(file)}]`]),
    'set enable_external_access = false',
    'set lock_configuration = true',
  ];
}
