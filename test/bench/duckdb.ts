/** DuckDB doing the same work by one script: duckdb.sql. */
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { compete } from './competitor.ts';

const script = readFileSync(new URL('./duckdb.sql', import.meta.url), 'utf8');

await compete(async ({ input, output, threads }) => {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  await connection.run(script.replaceAll('$input', input).replaceAll('$output', output));
  const counted = await connection.runAndReadAll(`
    select (select count(*) from firsts), (select count(*) from header_rows), (select count(*) from click_rows)`);
  const [events, headers, clicks] = counted.getRows()[0] ?? [];
  connection.closeSync();
  instance.closeSync();
  return { events: Number(events), headers: Number(headers), clicks: Number(clicks) };
});
