/** The lake at one moment, for many questions: what they share is listed, read and asked once. */
import type { Engine, QueryResult } from '#lake/ports.ts';
import { relations } from '#lake/sql/views/relations.ts';
import { recipientMessages } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { quoteName, tableSelect } from './relations.ts';
import type { Database } from './session.ts';
import { catalogRelations, type Relation, type SavedView, type TableFile, type TableSelect } from './sources.ts';

/** The view that most questions read, a row for each of this table; they take thirty times as much memory as on disk. */
const SHARED = { view: 'message_outcomes', of: recipientMessages };
const MOST_SHARED_BYTES = 8 * 1024 * 1024;

type FilesOf = (table: Table) => Promise<readonly TableFile[]>;
type Query = Engine['query'];

export class Moment {
  readonly #files: FilesOf;
  readonly #views: ReadonlyMap<string, SavedView>;
  readonly #selects = new Map<string, Promise<string>>();
  readonly #made = new Map<string, Promise<void>>();
  readonly #answers = new Map<string, Promise<QueryResult>>();
  /** of a small lake; null: tables are read from their files each time */
  readonly database: Database | null;

  private constructor(files: FilesOf, views: ReadonlyMap<string, SavedView>, database: Database | null) {
    this.#files = files;
    this.#views = views;
    this.database = database;
  }

  /**
   * Files of tables are those of the first question that reads them. Where the lake is small, the view that most questions
   * read goes into memory: to open a file for each day, and to make the view of its rows, takes longer than the rest of an answer.
   * @param openSmall a database of one core, in which questions that are asked at once share no core
   */
  static async of(
    filesNow: FilesOf,
    views: ReadonlyMap<string, SavedView>,
    openSmall: () => Promise<Database>,
  ): Promise<Moment> {
    const listed = new Map<string, ReturnType<FilesOf>>();
    const files: FilesOf = (table) => remembered(listed, table.name, () => filesNow(table));
    const bytes = (await files(SHARED.of)).reduce((sum, file) => sum + file.bytes, 0);
    const isSmall = bytes <= MOST_SHARED_BYTES && views.has(SHARED.view);
    const moment = new Moment(files, views, isSmall ? await openSmall() : null);
    // Begun at once: questions tell themselves if it fails.
    if (isSmall) moment.relations(`from ${SHARED.view}`).catch(() => {});
    return moment;
  }

  /** What a statement reads and a connection has to be told of; a small lake's database has then been told of all. */
  async relations(sql: string): Promise<Relation[]> {
    const found = await catalogRelations(this.#select, this.#views, sql, new Set(relations(sql)));
    if (this.database === null) return found;
    for (const relation of found) await remembered(this.#made, relation.name, () => this.#make(relation));
    return [];
  }

  /** In the database itself, where all connections see it. */
  async #make({ name, select, isConstant }: Relation): Promise<void> {
    const kind = isConstant || name === SHARED.view ? 'table' : 'view';
    await this.database?.session([], (connection) => connection.run(`create ${kind} ${quoteName(name)} as ${select}`));
  }

  readonly #select: TableSelect = (table) =>
    remembered(this.#selects, table.name, async () => {
      const paths = (await this.#files(table)).map(({ path }) => path);
      return tableSelect(table, paths, ['dt']);
    });

  /** The same question has the same answer. */
  asking(query: Query): Pick<Engine, 'query'> {
    return { query: (sql) => remembered(this.#answers, sql, () => query(sql)) };
  }

  /** Waits for what runs. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#answers.values(), ...this.#made.values()]);
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
