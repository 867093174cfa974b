/** Other readers of `query --format arrow`: pandas by pyarrow, and polars. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { installPandas, installPolars } from './install.ts';

const CLI = fileURLToPath(new URL('../../functions/cli/cli.js', import.meta.url));
const SQL = 'select event_type, is_unsubscribe, processing_time_ms, occurred_at from email_events order by event_id';

const PANDAS = `import pyarrow as pa, json
frame = pa.ipc.open_stream(path).read_all().to_pandas()
times = frame["occurred_at"].astype("int64")`;
const POLARS = `import polars as pl, json
frame = pl.read_ipc_stream(path)
times = frame["occurred_at"].dt.epoch("ms")`;
const SUMS = `print(json.dumps([len(frame), sorted(set(frame["event_type"])), int(frame["processing_time_ms"].sum()), int(times.min())]))`;

const folder = mkdtempSync(join(tmpdir(), 'arrow-'));
const lake = join(folder, 'lake');
const path = join(folder, 'events.arrow');
const cli = (...args: string[]): Buffer =>
  execFileSync(process.execPath, [CLI, ...args, '--lake', lake], {
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

beforeAll(async () => {
  await generate({ out: join(folder, 'raw'), messages: 300, days: 2, seed: 3, end: '2026-03-02' });
  cli('run', '--raw', join(folder, 'raw'));
  writeFileSync(path, cli('query', SQL, '--format', 'arrow'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['pandas', installPandas, PANDAS],
  ['polars', installPolars, POLARS],
])('%s reads the rows that query prints as JSON', (_, install, read) => {
  const rows: Record<string, string | number | null>[] = JSON.parse(cli('query', SQL, '--json').toString());
  const script = `path = ${JSON.stringify(path)}\n${read}\n${SUMS}`;
  const sums = JSON.parse(execFileSync(install(console.log), ['-c', script], { encoding: 'utf8' }));
  expect(sums).toEqual([
    rows.length,
    [...new Set(rows.map((row) => row.event_type))].sort(),
    rows.reduce((sum, row) => sum + Number(row.processing_time_ms ?? 0), 0),
    Math.min(...rows.map((row) => Date.parse(String(row.occurred_at)))),
  ]);
  expect(rows.length).toBeGreaterThan(500);
});
