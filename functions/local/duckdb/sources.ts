/** Which relations a statement may read, each as a select over files: the lake's tables and views, or named inputs. */
import { stat } from 'node:fs/promises';
import { concurrently } from '#lake/concurrently.ts';
import { type Catalog, type Input, MissingObject } from '#lake/ports.ts';
import { auditsRoot, generationOfLocation, generationsRoot, outcomesRoot } from '#lake/protocol/keys.ts';
import { tokens } from '#lake/sql/views/tokens.ts';
import { audits, generations, TABLES, units } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { isMissing, readFailure } from '../disk/failure.ts';
import { pathOfKey } from '../disk/keys.ts';
import { listFiles } from '../disk/listing.ts';
import { type PathColumn, quoteName, tableSelect } from './relations.ts';

/** Folders or files looked at together. */
const WIDTH = 16;

/** What the engine needs of a saved view. */
export interface SavedView {
  name: string;
  /** a select, without a closing semicolon */
  sql: string;
}

export interface Relation {
  name: string;
  select: string;
  /** It reads no other relation, so that its rows are always the same. */
  isConstant?: boolean;
}

/** Where the protocol's own records lie. */
const JSON_FOLDERS: Readonly<Record<string, string>> = {
  [units.name]: outcomesRoot,
  [generations.name]: generationsRoot,
  [audits.name]: auditsRoot,
};

/** A table as a select over the files that it is made of. */
export type TableSelect = (table: Table, pathColumns: readonly PathColumn[]) => Promise<string>;

/**
 * The tables and views that a statement names, directly or through views, each after what it reads. Any word of the
 * statement that is such a name counts, so this may find too many, never too few; `information_schema` names all.
 * @param words left out: all words of the statement
 */
export async function catalogRelations(
  selectOf: TableSelect,
  views: ReadonlyMap<string, SavedView>,
  sql: string,
  words: ReadonlySet<string> = wordsOf(sql),
): Promise<Relation[]> {
  const found = new Map<string, Relation>();
  const visiting = new Set<string>();
  /** @returns whether a statement of these words names any */
  const visit = async (words: Iterable<string>): Promise<boolean> => {
    let namesAny = false;
    for (const name of words) {
      namesAny ||= views.has(name) || Object.hasOwn(TABLES, name);
      if (visiting.has(name)) continue;
      visiting.add(name);
      const view = views.get(name);
      const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
      if (view) {
        const readsAny = await visit(wordsOfView(view));
        found.set(name, { name, select: view.sql, isConstant: !readsAny });
      } else if (table) {
        found.set(name, { name, select: await selectOf(table, sql.includes('"$path"') ? ['dt', '$path'] : ['dt']) });
      }
    }
    return namesAny;
  };
  await visit(words.has('information_schema') ? [...Object.keys(TABLES), ...views.keys()] : words);
  return [...found.values()];
}

/** A statement over inputs, which stands alone. */
export interface InputStatement {
  sql: string;
  /** of the files that it reads */
  bytes: number;
}

/**
 * A statement over `<table>_live` and `<table>_settled`, which become a part of it, over exactly the inputs' files and with
 * the columns that it names: a view for each takes DuckDB as long as all the rest of a small day.
 */
export async function inputStatement(root: string, inputs: readonly Input[], sql: string): Promise<InputStatement> {
  const words = wordsOf(sql);
  const parts: string[] = [];
  let bytes = 0;
  for (const name of words) {
    const [, tableName = '', stage] = /^(.+)_(live|settled)$/.exec(name) ?? [];
    const table = Object.hasOwn(TABLES, tableName) ? TABLES[tableName] : undefined;
    if (table?.format !== 'parquet') continue;
    const keys = inputs.filter((input) => input.table === tableName && input.stage === stage).flatMap(checkedKeys);
    const pathColumns: PathColumn[] = stage === 'live' ? ['dt'] : ['dt', 'generation'];
    const files = await existing(root, keys);
    bytes += files.reduce((sum, { size }) => sum + size, 0);
    const select = tableSelect(
      sql.includes('*') ? table : columnsOf(table, words),
      files.map(({ path }) => path),
      pathColumns,
    );
    parts.push(`${quoteName(name)} as not materialized (${select})`);
  }
  return { sql: parts.length === 0 ? sql : `with ${parts.join(', ')} select * from (\n${sql}\n)`, bytes };
}

/** The table as if it had no other columns than those that a statement names, and its first. */
const columnsOf = (table: Table, words: ReadonlySet<string>): Table => ({
  ...table,
  columns: Object.fromEntries(Object.entries(table.columns).filter(([name], i) => i === 0 || words.has(name))),
});

/** Those in strings and comments are left out: what a seed's text mentions, it does not read. */
const wordsOf = (sql: string): Set<string> => {
  const words = new Set<string>();
  for (const { kind, text } of tokens(sql)) {
    if (kind === 'word') words.add(text);
    else if (kind === 'quoted') for (const word of text.toLowerCase().match(/[a-z_][a-z0-9_]*/g) ?? []) words.add(word);
  }
  return words;
};

const ofViews = new WeakMap<SavedView, ReadonlySet<string>>();

function wordsOfView(view: SavedView): ReadonlySet<string> {
  const words = ofViews.get(view) ?? wordsOf(view.sql);
  ofViews.set(view, words);
  return words;
}

/** A file of a table, as readers see it. */
export interface TableFile {
  /** null for the protocol's own records */
  dt: string | null;
  /** of the folder in which the partition lies, with a trailing `/` */
  location: string;
  path: string;
  bytes: number;
}

/** All files of a table that readers see now. */
export async function tableFiles(root: string, catalog: Catalog, table: Table): Promise<TableFile[]> {
  const folder = JSON_FOLDERS[table.name];
  if (folder) return filesBelow(root, folder, null);
  const partitions = await catalog.locations(table.name);
  const files = await concurrently(partitions, WIDTH, ({ dt, location }) => {
    if (!dayIs(dt, location)) {
      throw new Error(`partition lies in a folder of another day: ${table.name} dt=${dt} at ${location}`);
    }
    return filesBelow(root, location, dt);
  });
  return files.flat();
}

/** As Athena reads a folder: names beginning with `_` or `.` and empty files are not there. */
async function filesBelow(root: string, location: string, dt: string | null): Promise<TableFile[]> {
  const files: TableFile[] = [];
  for await (const { key, size: bytes } of listFiles(root, location)) {
    const isHidden = /(?:^|\/)[_.]/.test(key.slice(location.length));
    if (bytes > 0 && !isHidden) files.push({ dt, location, path: pathOfKey(root, key), bytes });
  }
  return files;
}

/** SQL takes dt and generation from the path, so the path must say what the input says. */
function checkedKeys({ dt, generation, keys, stage }: Input): string[] {
  for (const key of keys) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    if (!dayIs(dt, folder)) throw new Error(`input lies in a folder of another day than ${dt}: ${key}`);
    if (stage === 'settled' && generation !== undefined && generationOfLocation(folder) !== generation) {
      throw new Error(`input is of another generation than ${generation}: ${key}`);
    }
  }
  return [...keys];
}

const dayIs = (dt: string, folder: string): boolean => /.*\/dt=([^/]*)\//.exec(folder)?.[1] === dt;

interface InputFile {
  path: string;
  /** bytes */
  size: number;
}

/** The files of keys, each asked for: DuckDB would say less well which one has gone. */
async function existing(root: string, keys: readonly string[]): Promise<InputFile[]> {
  return concurrently([...new Set(keys)], WIDTH, async (key) => {
    const path = pathOfKey(root, key);
    try {
      return { path, size: (await stat(path)).size };
    } catch (error) {
      throw isMissing(error) ? new MissingObject(key) : readFailure(error, key);
    }
  });
}
