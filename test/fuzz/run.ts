/**
 * The long run: `node test/fuzz/run.ts --inputs 200000 --seed 1 --workers 2`. Prints figures; exit code 1 if anything
 * was violated. A violation is replayed by its number (`--only N` with the same seed) or from the minimised file that was
 * saved (`--replay FILE`).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { type FuzzInput, makeInput, SMALL_LIMITS } from './input.ts';
import { minimise, violationOf } from './minimise.ts';
import type { Oracle } from './oracles.ts';
import { countWork } from './work.ts';
import type { Task, WorkerMessage } from './worker.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    'files-every': { type: 'string', default: '100' },
    /** seconds that one input may take before it counts as hanging */
    watchdog: { type: 'string', default: '20' },
    failures: { type: 'string', default: join(tmpdir(), 'maillake-fuzz') },
    only: { type: 'string' },
    replay: { type: 'string' },
  },
});
const seed = Number(values.seed);
const filesEvery = Number(values['files-every']);
/** MB of JavaScript objects that a worker may hold: what is read twice and checked is far below. */
const HEAP_MB = 768;

if (values.replay !== undefined) await report(savedInput(values.replay));
else if (values.only !== undefined) await report(makeInput(seed, Number(values.only)));
else await run();

async function run(): Promise<void> {
  const to = Number(values.inputs);
  const step = Number(values.workers);
  const started = performance.now();
  const outcomes = new Map<string, number>();
  const mutations = new Map<string, number>();
  let [inputs, files, records, bytes] = [0, 0, 0, 0];
  let slowest: [ms: number, input: number][] = [];
  const violations: { input: number; oracle: Oracle; message: string }[] = [];

  const take = (message: WorkerMessage): void => {
    if (message.is === 'violation') {
      violations.push(message);
      process.stderr.write(`input ${message.input}: ${message.message.slice(0, 300)}\n`);
      return;
    }
    inputs += message.inputs;
    files += message.files;
    records += message.records;
    bytes += message.bytes;
    addAll(outcomes, message.outcomes);
    addAll(mutations, message.mutations);
    slowest = [...slowest, ...message.slowest].sort(([a], [b]) => b - a).slice(0, 5);
    if (inputs % 20_000 < 500) process.stderr.write(`${inputs} of ${to} inputs\n`);
  };
  const lanes = Array.from({ length: step }, (_, lane) => runLane({ seed, from: lane, step, to, filesEvery }, take));
  await Promise.all(lanes);

  const seconds = (performance.now() - started) / 1000;
  const lines = [
    `${inputs} inputs (seed ${seed}), ${bytes} bytes, ${records} records, ${files} of them also written as Parquet and read back`,
    `${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} inputs/s on ${step} workers, peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
    `outcomes: ${listed(outcomes)}`,
    `mutations: ${listed(mutations)}`,
    `slowest: ${slowest.map(([ms, input]) => `${ms.toFixed(0)} ms (input ${input})`).join(', ')}`,
    `violations: ${violations.length}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  await save(violations);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

/** Runs a lane's inputs to their end, with a new thread behind each input that hung or ran out of memory. */
async function runLane(task: Omit<Task, 'at'>, take: (message: WorkerMessage) => void): Promise<void> {
  for (let from = task.from; from < task.to; ) {
    const at = new SharedArrayBuffer(4);
    const current = new Int32Array(at);
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { ...task, from, at } satisfies Task,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.on('message', take);
    let isHanging = false;
    let seen = { number: -1, since: performance.now() };
    const watch = setInterval(() => {
      const number = Atomics.load(current, 0);
      if (number !== seen.number) seen = { number, since: performance.now() };
      else if (performance.now() - seen.since > Number(values.watchdog) * 1000) {
        isHanging = true;
        void worker.terminate();
      }
    }, 250);
    const failure = await new Promise<Error | null>((resolve) => {
      worker.on('error', resolve);
      worker.on('exit', () => resolve(null));
    });
    clearInterval(watch);
    const number = Atomics.load(current, 0) - 1;
    if (number < 0) return;
    const oracle = isHanging ? 'hang' : 'memory';
    take({
      is: 'violation',
      input: number,
      oracle,
      message: `${oracle}: ${failure?.message ?? 'stopped by the watchdog'}`,
    });
    from = number + task.step;
  }
}

/** Saves each kind of violation's first inputs, made small; those that hang or fill the memory as they are. */
async function save(violations: readonly { input: number; oracle: Oracle; message: string }[]): Promise<void> {
  if (violations.length === 0) return;
  mkdirSync(values.failures, { recursive: true });
  countWork();
  for (const [oracle, ofOracle] of Map.groupBy(violations, (violation) => violation.oracle)) {
    for (const { input: number, message } of ofOracle.slice(0, 5)) {
      const whole = makeInput(seed, number);
      const small = oracle === 'hang' || oracle === 'memory' ? whole : await minimise(whole, oracle);
      const file = join(values.failures, `${oracle}-${seed}-${number}.json`);
      const { bytes, limits, ...rest } = small;
      const saved = { ...rest, isSmall: limits === SMALL_LIMITS, message, bytes: bytes.toString('base64') };
      writeFileSync(file, JSON.stringify(saved, null, 1));
      process.stdout.write(`${message.slice(0, 200)}\n  node test/fuzz/run.ts --replay ${file}\n`);
    }
  }
}

function savedInput(file: string): FuzzInput {
  const { bytes, isSmall, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  return { ...rest, bytes: Buffer.from(bytes, 'base64'), limits: isSmall ? SMALL_LIMITS : DEFAULT_SETTINGS.limits };
}

async function report(input: FuzzInput): Promise<void> {
  countWork();
  const violation = await violationOf(input, true);
  process.stdout.write(
    `${input.bytes.length} bytes, ${input.mutations.join(' ')}\n${input.bytes.toString('latin1').slice(0, 4000)}\n`,
  );
  process.stdout.write(`${violation?.message ?? 'nothing is violated'}\n`);
  process.exitCode = violation ? 1 : 0;
}

function addAll(counts: Map<string, number>, more: readonly [string, number][]): void {
  for (const [name, n] of more) counts.set(name, (counts.get(name) ?? 0) + n);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].sort(([, a], [, b]) => b - a);
  return most.map(([name, n]) => `${name} ${n}`).join(', ');
}
