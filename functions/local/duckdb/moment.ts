/** The lake at one moment, for many questions: what they share is listed, read and asked once. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Engine, QueryResult } from '#lake/ports.ts';
import { relations } from '#lake/sql/views/relations.ts';
import { recipientMessages } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { Turns } from '#lake/turns.ts';
import { readingStatement } from './reading.ts';
import { quoteName, tableSelect } from './relations.ts';
import type { Database } from './session.ts';
import { catalogRelations, type Relation, type SavedView, type TableFile, type TableSelect } from './sources.ts';

/** The view that most questions read, a row for each of this table; they take 20 to 35 times as much memory as on disk. */
const ROWS = { view: 'message_outcomes', of: recipientMessages };
const MOST_ROW_BYTES = 6 * 1024 * 1024;
/** What many of them add up; as it is grouped, it is small over any number of mails. */
const FACTS = 'deliverability_facts';

const KEPT = 'kept_';
/** Whether a statement can be answered nowhere but at its moment. */
export const readsKept = (sql: string): boolean => sql.includes(KEPT);

/** Questions of a lake that is not small: each takes all cores, and many at once would share the memory. */
const LARGE_AT_ONCE = 2;

type FilesOf = (table: Table) => Promise<readonly TableFile[]>;
type Query = Engine['query'];

/** An engine whose answers are all of one moment, and the views of which it reads again what it has read. */
export type MomentEngine = Pick<Engine, 'query'> & {
  held: ReadonlySet<string>;
  /** makes the rows of a select a table, once, and tells its name */
  keep(select: string): Promise<string>;
};

export class Moment {
  readonly #files: FilesOf;
  readonly #views: ReadonlyMap<string, SavedView>;
  readonly #selects = new Map<string, Promise<string>>();
  readonly #made = new Map<string, Promise<void>>();
  readonly #answers = new Map<string, Promise<QueryResult>>();
  readonly #kept = new Map<string, Promise<string>>();
  readonly #database: Database;
  readonly #turns: Turns;
  /** the views whose rows it keeps once somebody has asked */
  readonly held: ReadonlySet<string>;

  private constructor(files: FilesOf, views: ReadonlyMap<string, SavedView>, database: Database, isSmall: boolean) {
    this.#files = files;
    this.#views = views;
    this.#database = database;
    this.#turns = new Turns(isSmall ? Number.POSITIVE_INFINITY : LARGE_AT_ONCE);
    this.held = new Set([...(isSmall ? [ROWS.view] : []), FACTS].filter((name) => views.has(name)));
  }

  /**
   * Files of tables are those of the first question that reads them. Where the lake is small, the view that most questions
   * read goes into memory: to open a file for each day, and to make the view of its rows, takes longer than the rest of an answer.
   * @param open a database; of one core for a small lake, so that questions that are asked at once share none
   */
  static async of(
    filesNow: FilesOf,
    views: ReadonlyMap<string, SavedView>,
    open: (cores?: number) => Promise<Database>,
  ): Promise<Moment> {
    const listed = new Map<string, ReturnType<FilesOf>>();
    const files: FilesOf = (table) => remembered(listed, table.name, () => filesNow(table));
    const bytes = (await files(ROWS.of)).reduce((sum, file) => sum + file.bytes, 0);
    const isSmall = bytes <= MOST_ROW_BYTES;
    const moment = new Moment(files, views, await (isSmall ? open(1) : open()), isSmall);
    // Begun at once: questions tell themselves if it fails.
    if (isSmall) moment.#told(`from ${ROWS.view}`).catch(() => {});
    return moment;
  }

  /** Runs a statement that reads tables and views, which the database is told of first. */
  async session<T>(sql: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      await this.#told(sql);
      return this.#database.session([], work);
    });
  }

  /** Once for each, in the database itself, where all connections see it. */
  async #told(sql: string): Promise<void> {
    const found = await catalogRelations(this.#select, this.#views, sql, new Set(relations(sql)));
    for (const relation of found) await remembered(this.#made, relation.name, () => this.#make(relation));
  }

  async #make({ name, select, isConstant }: Relation): Promise<void> {
    if (name === ROWS.view && this.held.has(name)) return this.#makeRows(select);
    const kind = isConstant || this.held.has(name) ? 'table' : 'view';
    await this.#run(`create ${kind} ${quoteName(name)} as ${select}`);
  }

  /** Everybody waits for it, so both halves of the files are read at once. Its rows are in the order of the files. */
  async #makeRows(select: string): Promise<void> {
    const paths = (await this.#files(ROWS.of)).map(({ path }) => path);
    const middle = Math.ceil(paths.length / 2);
    const halves = [paths.slice(0, middle), paths.slice(middle)].map((half, i) => ({
      table: quoteName(`${ROWS.view}_${i}`),
      sql: `with ${ROWS.of.name} as (${tableSelect(ROWS.of, half, ['dt'])}) select * from (${select})`,
    }));
    await Promise.all(halves.map(({ table, sql }) => this.#run(`create table ${table} as ${sql}`)));
    const [first, second] = halves.map(({ table }) => table);
    await this.#run(
      `insert into ${first} from ${second}; drop table ${second}; alter table ${first} rename to ${quoteName(ROWS.view)}`,
    );
  }

  async #run(sql: string): Promise<void> {
    await this.#database.session([], (connection) => connection.run(sql));
  }

  readonly #select: TableSelect = (table) =>
    remembered(this.#selects, table.name, async () => {
      const paths = (await this.#files(table)).map(({ path }) => path);
      return tableSelect(table, paths, ['dt']);
    });

  /**
   * The same question has the same answer.
   * @param inDuckDb rewrites a statement in Athena's SQL
   */
  asking(query: Query, inDuckDb: (sql: string) => string): MomentEngine {
    return {
      held: this.held,
      query: (sql) => remembered(this.#answers, sql, () => query(sql)),
      keep: (select) => remembered(this.#kept, select, () => this.#keep(inDuckDb(select), `${KEPT}${this.#kept.size}`)),
    };
  }

  async #keep(select: string, name: string): Promise<string> {
    await this.session(select, async (connection) => {
      await connection.run(`create table ${quoteName(name)} as ${await readingStatement(connection, select)}`);
    });
    return name;
  }

  /** Waits for what runs. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#answers.values(), ...this.#kept.values(), ...this.#made.values()]);
    await this.#database.close();
  }
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const made = make();
  known.set(key, made);
  return made;
}
