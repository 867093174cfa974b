/**
 * npm run bench: Maillake's transform against others that do the same work, from the same gzip objects to Parquet files
 * of the three tables. Each competitor runs in a process of its own, in turns (A B C A B C …), on one core and on all;
 * the table says median and spread of time, the ratio to DuckDB, median CPU time and the highest peak RSS. When CPU time
 * is far below time, others were using the machine, and CPU time is the fairer measure on one core.
 *
 *     npm run bench -- [--events 200000] [--rounds 5] [--only maillake,duckdb,…] [--input usual,sns,…|all]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { V8_FLAGS } from '#local/run/worker.ts';
import { installPandas, installPolars } from '#test/engines/install.ts';
import { filesBelow, type Result } from './competitor.ts';
import { KINDS, type KindName, makeInput } from './input.ts';

interface Entry {
  name: 'maillake' | 'exact' | 'duckdb' | 'parquetjs' | 'pandas' | 'polars' | 'floor';
  /** of what is written in Python: brings its runtime onto this machine once, and says the command */
  python?: (say: (line: string) => void) => string;
  /** inputs that it can't read */
  not?: readonly KindName[];
  /** one core only: it knows no threads */
  isSingle?: true;
  /** how many rounds at most: slow ones are not asked as often */
  rounds?: number;
}

const ENTRIES: Entry[] = [
  { name: 'maillake' },
  // every record parsed and decoded (MAILLAKE_EXACT)
  { name: 'exact', isSingle: true },
  { name: 'duckdb', not: ['sns'] },
  { name: 'floor', isSingle: true },
  { name: 'parquetjs', isSingle: true, rounds: 1, not: ['sns'] },
  { name: 'pandas', isSingle: true, rounds: 1, not: ['sns'], python: installPandas },
  { name: 'polars', rounds: 3, not: ['sns', 'new-shapes', 'no-two-alike'], python: installPolars },
];

/** The bar of the project, on one core and on two: so much of DuckDB's speed at least, and so much memory at most. */
const BAR = {
  one: { ofDuckDb: 1.5, peakRssMb: 300 },
  all: { ofDuckDb: 2, peakRssMb: 500 },
  ofParquetjs: 6,
};

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
    input: { type: 'string', default: 'usual' },
    only: { type: 'string' },
  },
});
const events = positive('--events', values.events);
const rounds = positive('--rounds', values.rounds);
const pythons = new Map<string, string>();
const chosen = ENTRIES.filter(({ name }) => !values.only || values.only.split(',').includes(name)).filter(isHere);
const cores = availableParallelism();
const isKind = (name: string): name is KindName => Object.hasOwn(KINDS, name);
const kinds = (values.input === 'all' ? Object.keys(KINDS) : values.input.split(',')).filter(isKind);
if (kinds.length === 0) throw new Error(`--input must be all or some of ${Object.keys(KINDS).join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'maillake-bench-'));
try {
  for (const kind of kinds) compareOn(kind);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What needs Python is left out on a machine that has none. */
function isHere({ name, python }: Entry): boolean {
  try {
    if (python) pythons.set(name, python(console.log));
    return true;
  } catch (error) {
    console.log(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function compareOn(kind: KindName): void {
  const input = join(folder, `raw-${kind}`);
  makeInput(input, events, kind);
  const gzipMb = filesBelow(input, '.gz').reduce((sum, path) => sum + statSync(path).size, 0) / 1024 ** 2;
  console.log(
    `${kind}: ${events} events, ${gzipMb.toFixed(1)} MB gzip, ${cores} cores, Node ${process.versions.node}\n`,
  );
  const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  if (!canPin) console.log('taskset is missing: "one core" means one thread here\n');

  for (const threads of cores > 1 ? [1, cores] : [1]) {
    const results = new Map<string, Result[]>();
    // Round −1 doesn't count: it fills the compile cache.
    for (let round = -1; round < rounds; round++) {
      for (const { name, isSingle, rounds: most, not } of chosen) {
        if ((isSingle && threads > 1) || round >= (most ?? rounds) || not?.includes(kind)) continue;
        if (round < 0 && name !== 'maillake') continue;
        const result = measure(name, input, threads, canPin && threads === 1);
        if (round < 0) continue;
        results.set(name, [...(results.get(name) ?? []), result]);
      }
    }
    report(threads, results);
  }
  rmSync(input, { recursive: true });
}

function measure(name: Entry['name'], input: string, threads: number, isPinned: boolean): Result {
  const output = join(folder, 'out');
  rmSync(output, { recursive: true, force: true });
  const isExact = name === 'exact';
  const python = pythons.get(name);
  const file = python ? `${name}_peer.py` : `${isExact ? 'maillake' : name}.ts`;
  const script = fileURLToPath(new URL(file, import.meta.url));
  // On one core the process does what else a worker does, as a worker does it.
  const flags = threads === 1 && script.endsWith('maillake.ts') ? V8_FLAGS : [];
  const job = ['--input', input, '--output', output, '--threads', String(threads)];
  const command = [python ?? process.execPath, ...flags, script, ...job];
  const [program = '', ...args] = isPinned ? ['taskset', '-c', '0', ...command] : command;
  // Modules come from V8's compile cache, as the command line has them (functions/cli/cli.js).
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    POLARS_MAX_THREADS: String(threads),
    PYTHONDONTWRITEBYTECODE: '1',
    ...(isExact && { MAILLAKE_EXACT: '1' }),
  };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${name} failed on ${threads} threads: ${stderr}`);
  return JSON.parse(stdout);
}

function report(threads: number, results: ReadonlyMap<string, Result[]>): void {
  checkSameRows(results);
  const timeOf = (name: string): number | null => {
    const times = results.get(name)?.map(({ seconds }) => seconds);
    return times ? median(times) : null;
  };
  const baseline = timeOf('duckdb');
  const lines = [...results].map(([name, runs]) => {
    const times = runs.map(({ seconds }) => seconds);
    return {
      name,
      'time s': median(times).toFixed(2),
      'min–max': `${Math.min(...times).toFixed(2)}–${Math.max(...times).toFixed(2)}`,
      'speed, DuckDB = 1': baseline ? (baseline / median(times)).toFixed(2) : '',
      'CPU s': median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
      'peak RSS MB': Math.max(...runs.map(({ peakRssMb }) => peakRssMb)).toFixed(0),
      'files MB': Math.max(...runs.map(({ fileMb }) => fileMb)).toFixed(1),
    };
  });
  console.log(threads === 1 ? 'on one core' : `on ${threads} cores`);
  console.table(Object.fromEntries(lines.map(({ name, ...columns }) => [name, columns])));
  judge(timeOf, results.get('maillake') ?? [], threads === 1 ? BAR.one : BAR.all);
}

function judge(
  timeOf: (name: string) => number | null,
  ours: readonly Result[],
  bar: (typeof BAR)['one' | 'all'],
): void {
  const [mine, duckdb, parquetjs, floor] = ['maillake', 'duckdb', 'parquetjs', 'floor'].map(timeOf);
  if (!mine) return;
  const say = (what: string, is: number, bar: string, isMet: boolean): void =>
    console.log(`${isMet ? 'met   ' : 'missed'}  ${what}: ${is.toFixed(2)} (bar: ${bar})`);
  if (duckdb) say("share of DuckDB's speed", duckdb / mine, `≥ ${bar.ofDuckDb}`, duckdb / mine >= bar.ofDuckDb);
  if (parquetjs) {
    const times = parquetjs / mine;
    say("times parquetjs-lite's speed", times, `≥ ${BAR.ofParquetjs}`, times >= BAR.ofParquetjs);
  }
  const peak = Math.max(...ours.map(({ peakRssMb }) => peakRssMb));
  say('peak RSS, MB', peak, `< ${bar.peakRssMb}`, peak < bar.peakRssMb);
  if (floor) console.log(`        time over the floor: ${(mine / floor).toFixed(2)}`);
  console.log();
}

/** Whoever writes other rows has not done the same work. */
function checkSameRows(results: ReadonlyMap<string, Result[]>): void {
  const counts = [...results]
    .filter(([name]) => name !== 'floor')
    .map(([name, [first]]) => ({ name, rows: `${first?.events}/${first?.headers}/${first?.clicks}` }));
  const odd = counts.find(({ rows }) => rows !== counts[0]?.rows);
  if (odd) throw new Error(`not the same work: ${JSON.stringify(counts)}`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 ? high : (high + (sorted[middle - 1] ?? 0)) / 2;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1: ${text}`);
  return value;
}
