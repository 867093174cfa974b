/** The lake at one moment, for many questions: what they share is listed, read and asked once. */
import type { Engine, QueryResult } from '#lake/ports.ts';
import { events, recipientMessages } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { quoteName, tableSelect } from './relations.ts';
import type { Database } from './session.ts';
import type { TableFile, TableSelect } from './sources.ts';

/** The tables that most questions read; they take twenty times as much memory as on disk. */
const SHARED: readonly Table[] = [events, recipientMessages];
const MOST_SHARED_BYTES = 12 * 1024 * 1024;

type FilesOf = (table: Table) => Promise<readonly TableFile[]>;
type Query = Engine['query'];

export class Moment {
  readonly #files: FilesOf;
  readonly #selects = new Map<string, Promise<string>>();
  readonly #answers = new Map<string, Promise<QueryResult>>();
  /** of a small lake; null: tables are read from their files each time */
  readonly database: Database | null;

  private constructor(files: FilesOf, database: Database | null) {
    this.#files = files;
    this.database = database;
  }

  /**
   * Files of tables are those of the first question that reads them, all of one moment where the lake is small: then the
   * tables that most questions read go into memory, since to open a file for each day takes longer than the rest of an answer.
   * @param openSmall a database of one core, in which questions that are asked at once share no core
   */
  static async of(filesNow: FilesOf, openSmall: () => Promise<Database>): Promise<Moment> {
    const listed = new Map<string, ReturnType<FilesOf>>();
    const files: FilesOf = (table) => remembered(listed, table.name, () => filesNow(table));
    const shared = (await Promise.all(SHARED.map(files))).flat();
    const isSmall = shared.reduce((sum, { bytes }) => sum + bytes, 0) <= MOST_SHARED_BYTES;
    const moment = new Moment(files, isSmall ? await openSmall() : null);
    // Begun at once: questions tell themselves if it fails.
    if (isSmall) for (const table of SHARED) moment.select(table, ['dt']).catch(() => {});
    return moment;
  }

  readonly select: TableSelect = (table, pathColumns) =>
    remembered(this.#selects, `${table.name} ${pathColumns.join(' ')}`, async () => {
      const paths = (await this.#files(table)).map(({ path }) => path);
      const select = tableSelect(table, paths, pathColumns);
      if (this.database === null || !SHARED.includes(table)) return select;
      const held = quoteName(`held ${table.name} ${pathColumns.join(' ')}`);
      await this.database.session([], (connection) => connection.run(`create table ${held} as ${select}`));
      return `select * from ${held}`;
    });

  /** The same question has the same answer. */
  asking(query: Query): Pick<Engine, 'query'> {
    return { query: (sql) => remembered(this.#answers, sql, () => query(sql)) };
  }

  /** Waits for what runs. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#answers.values(), ...this.#selects.values()]);
    await this.database?.close();
  }
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const made = make();
  known.set(key, made);
  return made;
}
