/**
 * What a statement may do: read the lake, and nothing else, whatever its text. There are three safeguards:
 *
 * 1. DuckDB itself opens no file outside the lake's folder, loads no extension and lets no setting be changed
 *    (session.ts). But inside that folder it would still write.
 * 2. DuckDB's own parser says what the text is. It has to be exactly one SELECT (also `show`, `describe`, `summarize`), or
 *    EXPLAIN of one: `explain analyze` runs what it explains.
 * 3. A SELECT can still act through a function in its FROM: `enable_logging` writes a file, `read_text` reads one. So only
 *    those functions are allowed there that make rows from their arguments, and no name of a table is a path.
 *
 * A caller may close tables and views, too: then no statement names them, nor a CTE of that name.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { RefusedStatement } from '#host/failure.ts';

/** Functions in FROM that make rows of their arguments. */
const ROW_MAKERS: ReadonlySet<string> = new Set(['unnest', 'range', 'generate_series', 'sequence']);

const EXPLAIN = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(explain(?:\s+analyze)?(?:\s+verbose)?\b)/i;

/**
 * The statement to run for a text, after all is checked.
 * @param closed tables and views that it may not name, in lower case
 * @throws RefusedStatement if the text is anything but one statement that reads
 * @throws Error of DuckDB's parser if it is no SQL
 */
export async function readingStatement(
  connection: DuckDBConnection,
  sql: string,
  closed: ReadonlySet<string> = new Set(),
): Promise<string> {
  // DuckDB would see the text's end there.
  if (sql.includes('\0')) throw new RefusedStatement('the statement holds a NUL character: take it out');
  const { count } = await connection.extractStatements(sql);
  if (count !== 1) throw new RefusedStatement(`one statement at a time, please: there are ${count}`);
  const [before = '', explain = ''] = EXPLAIN.exec(sql) ?? [];
  const select = sql.slice(before.length);
  const tree = await parsed(connection, select);
  if (tree === null) {
    throw new RefusedStatement('the lake is only read by queries: use select, with, describe, show or explain');
  }
  refuseActions(tree, closed);
  // What was checked is what runs, even if DuckDB should see the end of a comment elsewhere than the pattern does.
  return explain === '' ? sql : `${explain} ${select}`;
}

/** The statement as DuckDB's parser understands it; null if it is no SELECT, or more than one. */
async function parsed(connection: DuckDBConnection, sql: string): Promise<unknown> {
  const reader = await connection.runAndReadAll('select json_serialize_sql(cast($1 as varchar))', [sql]);
  const tree: unknown = JSON.parse(String(reader.getRows()[0]?.[0]));
  return isObject(tree) && Array.isArray(tree.statements) && tree.statements.length === 1 ? tree.statements[0] : null;
}

function refuseActions(node: unknown, closed: ReadonlySet<string>): void {
  if (!isObject(node)) return;
  const { type, table_name, function: called } = node;
  if (typeof table_name === 'string' && closed.has(table_name.toLowerCase())) {
    throw new RefusedStatement(`${table_name} is closed here, as its rows are of single persons or mails`);
  }
  if (type === 'TABLE_FUNCTION') {
    const name = isObject(called) ? String(called.function_name) : '';
    if (!ROW_MAKERS.has(name.toLowerCase())) {
      throw new RefusedStatement(`the lake is only read by queries: ${name}() is not allowed in from`);
    }
  }
  // DuckDB takes a name that is no table for a file, if it looks like one.
  if (type === 'BASE_TABLE' && /[./\\:*?[]/.test(String(table_name))) {
    throw new RefusedStatement(`the lake is only read by queries: "${table_name}" is a file, not a table or view`);
  }
  for (const part of Object.values(node)) refuseActions(part, closed);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
