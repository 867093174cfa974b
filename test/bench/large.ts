/**
 * Takes a large generated raw folder through `lake run` and prints time and peak memory (`npm run bench:large`).
 *
 *     node test/bench/large.ts [GB on disk, 2 by default] [folder, kept and used again]
 *
 * Linux only: the resident memory of the command and its workers is read from /proc ten times a second. Progress goes to stderr, as a user sees it.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '#generate/index.ts';

/** Stored bytes of a generated message, measured over 1,000,000 of them. */
const BYTES_A_MESSAGE = 755;
const DAYS = 90;

const gigabytes = Number(process.argv[2] ?? 2);
const folder = process.argv[3] ?? join(tmpdir(), `maillake-large-${gigabytes}`);
const raw = join(folder, 'raw');
const lake = join(folder, 'lake');

if (!existsSync(raw)) {
  mkdirSync(folder, { recursive: true });
  const messages = Math.ceil((gigabytes * 1e9) / BYTES_A_MESSAGE);
  const { objects, bytes, events, seconds } = await generate({ out: raw, messages, days: DAYS, seed: 1 });
  console.log(
    `generated ${objects} objects, ${(bytes / 1e9).toFixed(2)} GB, ${events} events in ${seconds.toFixed(0)} s`,
  );
}
rmSync(lake, { recursive: true, force: true });

const cli = fileURLToPath(new URL('../../functions/cli/cli.js', import.meta.url));
const startedAt = performance.now();
const child = spawn(process.execPath, [cli, 'run', '--raw', raw, '--lake', lake, '--json'], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
let said = '';
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  said += text;
});
let step = 'start';
child.stderr.setEncoding('utf8').on('data', (text: string) => {
  process.stderr.write(text);
  step = /(\w+) /.exec(text.trimEnd().split('\n').at(-1) ?? '')?.[1] ?? step;
});
const peaks = new Map<string, number>();
const look = setInterval(() => {
  peaks.set(step, Math.max(peaks.get(step) ?? 0, residentBytes(child.pid)));
}, 100);
const code = await new Promise((resolve) => child.on('close', resolve));
clearInterval(look);
if (code !== 0) throw new Error(`run failed with exit code ${code}`);

const { objects, records, rows } = JSON.parse(said);
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${objects} objects, ${records} records, ${rows.events} event rows in ${seconds.toFixed(0)} s`);
for (const [name, bytes] of peaks) console.log(`${name}: up to ${(bytes / 1e6).toFixed(0)} MB`);
const peak = Math.max(...peaks.values());
console.log(
  `${Math.round(records / seconds)} records a second, peak RSS of all processes together ${(peak / 1e6).toFixed(0)} MB`,
);

/** Resident bytes of a process and all below it; what they share counts for each. 0 when it has ended. */
function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    const own = Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    return children.reduce((sum, child) => sum + residentBytes(Number(child)), own);
  } catch {
    return 0;
  }
}
