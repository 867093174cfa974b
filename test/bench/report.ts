/**
 * `npm run bench:report [events…]`: what the report takes of the function that writes it, by the events of the lake (59,000 and
 * 2,000,000). The engine answers first, and its answers are kept; then a process of its own makes the report from them, as the
 * function does while Athena works elsewhere. Prints queries, rows that came back, and that process's CPU and memory.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSql } from '#host/sql-folder.ts';
import type { QueryResult } from '#lake/ports.ts';
import { makeReport } from '#report/index.ts';
import { mailOf } from '#report/mail.ts';
import { SQL_FOLDER } from '#test/sql/lake-fixture.ts';
import { manyEvents } from './many-events.ts';

const [first, ...more] = process.argv.slice(2);
if (first === 'answered') await answered(more[0] ?? '');
else
  for (const events of first === undefined ? [59_000, 2_000_000] : [first, ...more].map(Number)) await measure(events);

async function measure(events: number): Promise<void> {
  const lake = await manyEvents(events);
  const answers = new Map<string, QueryResult>();
  const engine = {
    async query(sql: string): Promise<QueryResult> {
      const answer = await lake.query(sql);
      answers.set(sql, answer);
      return answer;
    },
  };
  const began = process.cpuUsage();
  await makeReport({ engine, views: lake.views }, {});
  const { user, system } = process.cpuUsage(began);
  lake.close();
  const rows = [...answers.values()].map((answer) => answer.rows.length);
  const folder = mkdtempSync(join(tmpdir(), 'answers-'));
  const file = join(folder, 'answers.json');
  writeFileSync(
    file,
    JSON.stringify([...answers], (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  );
  console.log(
    `${answers.size} queries, ${rows.reduce((sum, n) => sum + n, 0)} rows, at most ${Math.max(...rows)} of one; ${((user + system) / 1e6).toFixed(1)} CPU s with DuckDB`,
  );
  execFileSync(process.execPath, [fileURLToPath(import.meta.url), 'answered', file], { stdio: 'inherit' });
  rmSync(folder, { recursive: true });
}

/** The report from answers that are there, and its mail. */
async function answered(file: string): Promise<void> {
  const answers = new Map<string, QueryResult>(JSON.parse(readFileSync(file, 'utf8')));
  const { views } = await loadSql(SQL_FOLDER);
  const engine = {
    async query(sql: string): Promise<QueryResult> {
      const answer = answers.get(sql);
      if (!answer) throw new Error(`this was not asked before: ${sql}`);
      return answer;
    },
  };
  const { page, digest } = await makeReport({ engine, views }, {});
  const { html } = mailOf(digest, { attached: 'report.html', link: null });
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.log(
    `page ${(Buffer.byteLength(page.toString()) / 1e3).toFixed(0)} kB, mail ${(Buffer.byteLength(html) / 1e3).toFixed(0)} kB; without the engine ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)} CPU s, ${(maxRSS / 1e3).toFixed(0)} MB at most`,
  );
}
