/** Runs a competitor of the benchmark as a process: reads a job from the command line, does it, and prints what it took. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Job {
  /** folder of raw objects, `ses/` and `pinpoint/` */
  input: string;
  /** folder for the results, made if it isn't there */
  output: string;
  threads: number;
}

/** Rows written, by table; the floor writes none. */
export interface Done {
  events: number;
  headers: number;
  clicks: number;
}

/** What a competitor's own processes held at their peaks, beside the one that reports. */
export interface Workers {
  workerPeakBytes?: number;
}

export interface Result extends Done {
  /** from the first byte read to the last byte written, modules loaded before */
  seconds: number;
  /** CPU time of the whole process, all threads, loading included: what is left to compare on a busy machine */
  cpuSeconds: number;
  /** of the whole process, all threads, and its workers */
  peakRssMb: number;
  /** Parquet files written */
  fileMb: number;
}

export async function compete(work: (job: Job) => Promise<Done & Workers>): Promise<void> {
  const { values } = parseArgs({
    options: { input: { type: 'string' }, output: { type: 'string' }, threads: { type: 'string' } },
  });
  const { input, output, threads } = values;
  if (!input || !output || !threads) throw new Error('--input, --output and --threads are needed');
  mkdirSync(output, { recursive: true });
  const startedAt = performance.now();
  const { workerPeakBytes = 0, ...done } = await work({ input, output, threads: Number(threads) });
  const seconds = (performance.now() - startedAt) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const result: Result = {
    ...done,
    seconds,
    // µs and KiB
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakRssMb: maxRSS / 1024 + workerPeakBytes / 1024 ** 2,
    fileMb: filesBelow(output, '.parquet').reduce((sum, path) => sum + statSync(path).size, 0) / 1024 ** 2,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Paths of files below a folder, in order. */
export const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
