/**
 * Athena's UNLOAD, which Trino doesn't have: the statement is parsed, checked as Athena checks it, and run as CREATE TABLE
 * AS.
 */

import { UNLOAD_CATALOG, UNLOAD_SCHEMA } from './trino.ts';
import type { TrinoClient, TrinoOptions } from './trino-client.ts';

export interface Unload {
  select: string;
  /** address with a trailing slash */
  target: string;
  options: ReadonlyMap<string, string>;
}

/** What Athena refuses. */
export class UnloadError extends Error {
  override name = 'UnloadError';
}

/** @returns null if the statement is no UNLOAD. @throws UnloadError */
export function parseUnload(sql: string): Unload | null {
  const head = /^\s*UNLOAD\s*\(/i.exec(sql);
  if (!head) return null;
  const close = closingParenthesis(sql, head[0].length);
  const tail = /^\s*TO\s*'([^']*)'\s*WITH\s*\(([\s\S]*)\)\s*$/i.exec(sql.slice(close + 1));
  if (!tail) throw new UnloadError("SYNTAX_ERROR: expected UNLOAD (SELECT …) TO 's3://…' WITH (format = '…')");
  const [, target = '', list = ''] = tail;
  const options = new Map<string, string>();
  for (const [, name = '', array, text, word] of list.matchAll(
    /(\w+)\s*=\s*(?:ARRAY\s*\[([^\]]*)\]|'([^']*)'|(\w+))/gi,
  ))
    options.set(name.toLowerCase(), array ?? text ?? word ?? '');
  return { select: sql.slice(head[0].length, close), target: target.endsWith('/') ? target : `${target}/`, options };
}

/** Where the parenthesis before `from` is closed; those in strings, names and comments don't count. */
function closingParenthesis(sql: string, from: number): number {
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|[()]/g;
  token.lastIndex = from;
  let depth = 1;
  for (let found = token.exec(sql); found; found = token.exec(sql)) {
    if (found[0] === '(') depth++;
    if (found[0] === ')' && --depth === 0) return found.index;
  }
  throw new UnloadError('SYNTAX_ERROR: parentheses of UNLOAD are not closed');
}

/**
 * Runs it. Files stay behind when it fails, as Athena's do.
 * @returns rows written
 */
export async function runUnload(
  trino: TrinoClient,
  { select, target, options }: Unload,
  id: string,
  of: TrinoOptions,
): Promise<number> {
  if (options.get('format')?.toUpperCase() !== 'PARQUET') throw new UnloadError('INVALID_PROPERTY: format');
  const table = `${UNLOAD_SCHEMA}."u_${id.replaceAll('-', '_')}"`;
  const partitions = options.get('partitioned_by');
  const withs = [`external_location = '${target}'`, "format = 'PARQUET'"];
  if (partitions) withs.push(`partitioned_by = ARRAY[${partitions}]`);
  const { updateCount = 0 } = await trino.query(`create table ${table} with (${withs.join(', ')}) as ${select}`, {
    ...of,
    session: {
      // Each file of an UNLOAD is sorted. Trino drops the order of what it writes, unless told not to and with one writer.
      skip_redundant_sort: 'false',
      scale_writers: 'false',
      task_min_writer_count: '1',
      task_max_writer_count: '1',
      redistribute_writes: 'false',
      [`${UNLOAD_CATALOG}.compression_codec`]: options.get('compression')?.toUpperCase() ?? 'GZIP',
    },
  });
  await trino.query(`drop table ${table}`);
  return updateCount;
}
