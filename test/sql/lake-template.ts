/**
 * A database file with all tables, empty, and all views. DuckDB plans a view, and all that it reads, when it is made, which
 * takes a second for all of them; to copy them takes a tenth of that. So the file is made once for each text of its
 * statements, and kept among the temporary files.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, version } from '@duckdb/node-api';

/** @returns its path */
export async function templateOf(statements: readonly string[]): Promise<string> {
  const digest = createHash('sha256')
    .update(`${version()}\n${statements.join(';\n')}`)
    .digest('hex');
  const path = join(tmpdir(), `maillake-template-${digest.slice(0, 16)}.duckdb`);
  if (existsSync(path)) return path;
  const unfinished = `${path}.${randomBytes(8).toString('hex')}`;
  const instance = await DuckDBInstance.create(unfinished, { storage_compatibility_version: 'latest' });
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
  renameSync(unfinished, path);
  return path;
}
