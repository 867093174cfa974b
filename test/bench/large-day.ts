/**
 * `npm run bench:day [mails]`: the rollup of one send day of so many mails (500,000), in parts, as a laptop does it. A generated day
 * goes through `lake run` and is then made larger by copies of its settled rows, with ids of their own. Prints parts, CPU seconds,
 * and the most memory that the process had.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { generate } from '#generate/index.ts';
import type { Generation } from '#lake/protocol/records.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { events } from '#lake/tables/index.ts';
import { openLake } from '#local/lake.ts';

const BASE = 100_000;
const DT = '2026-09-01';

const [first = '500000', folder] = process.argv.slice(2);
if (first === 'roll-up' && folder) await rollUp(folder);
else await measure(Number(first));

async function measure(mails: number): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'large-day-'));
  const [raw, lake] = [join(work, 'raw'), join(work, 'lake')];
  const base = Math.min(BASE, mails);
  await generate({ out: raw, messages: base, days: 1, end: DT, seed: 1 });
  execFileSync(process.execPath, ['functions/cli/cli.js', 'run', '--raw', raw, '--lake', lake], { stdio: 'ignore' });
  await enlarge(lake, Math.round(mails / base));
  execFileSync(process.execPath, [import.meta.filename, 'roll-up', lake], { stdio: 'inherit' });
  rmSync(work, { recursive: true });
}

/** Copies of the day's settled rows, in files beside the first ones, and in their record. */
async function enlarge(lake: string, times: number): Promise<void> {
  const records = join(lake, 'v1/state/generations', `dt=${DT}`, events.name);
  const newest = readdirSync(records).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const path = join(records, newest.at(-1) ?? '');
  const record: Generation = JSON.parse(readFileSync(path, 'utf8'));
  const [firstFile] = record.file_list;
  if (!firstFile) throw new Error(`no events on ${DT}`);
  const list = record.file_list.map(({ key }) => quoteText(join(lake, key))).join(', ');
  const rows = record.file_list.reduce((sum, file) => sum + file.rows, 0);
  const connection = await (await DuckDBInstance.create(':memory:', { memory_limit: '4GB' })).connect();
  for (let copy = 1; copy < times; copy++) {
    const key = `${firstFile.key.slice(0, firstFile.key.lastIndexOf('/'))}/copy-${copy}.parquet`;
    const name = String(copy).padStart(4, '0');
    await connection.run(
      `copy (select * replace ('${name}' || message_id as message_id, md5('${name}' || event_id) as event_id) from read_parquet([${list}], hive_partitioning = false) order by message_id, occurred_at) to ${quoteText(join(lake, key))} (format parquet, compression zstd, row_group_size 60000)`,
    );
    record.file_list.push({ key, rows, bytes: statSync(join(lake, key)).size });
  }
  connection.closeSync();
  writeFileSync(path, JSON.stringify({ ...record, rows: rows * times, files: record.file_list.length }));
}

async function rollUp(lake: string): Promise<void> {
  const { ports, settings, views, rollupSelect: select, close } = await openLake({ lake, durable: false });
  const before = process.cpuUsage();
  const started = performance.now();
  const [day] = await rollup(ports, { settings, views, select, damaged: new Set([DT]) });
  const { user, system } = process.cpuUsage(before);
  const [partition] = await ports.catalog.locations('recipient_messages', [DT]);
  const parts: string[] = [];
  for await (const { key } of ports.lake.list(partition?.location ?? '')) parts.push(key);
  const peak = process.resourceUsage().maxRSS / 1000;
  console.log(
    `${day?.rows} recipient-messages in ${parts.length} files: ${((user + system) / 1e6).toFixed(0)} CPU s, ${((performance.now() - started) / 1000).toFixed(0)} s, up to ${peak.toFixed(0)} MB`,
  );
  await close();
}
