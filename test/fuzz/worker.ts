/** A thread that makes, reads and checks every n-th input, and says in shared memory which one it is at. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { checkFiles } from './files.ts';
import { makeInput } from './input.ts';
import { check, type Oracle, Violation } from './oracles.ts';
import { Reader } from './reading.ts';
import { countWork } from './work.ts';

export interface Task {
  seed: number;
  /** number of the first input, of the step between two, and one behind the last */
  from: number;
  step: number;
  to: number;
  /** every how manieth input also becomes Parquet files */
  filesEvery: number;
  /** one word: the number of the input at hand, plus one */
  at: SharedArrayBuffer;
}

export type WorkerMessage =
  | {
      is: 'summary';
      inputs: number;
      files: number;
      records: number;
      bytes: number;
      outcomes: [string, number][];
      mutations: [string, number][];
      slowest: [ms: number, input: number][];
    }
  | { is: 'violation'; input: number; oracle: Oracle; message: string };

const add = (counts: Map<string, number>, name: string, n = 1): void =>
  void counts.set(name, (counts.get(name) ?? 0) + n);

async function work({ seed, from, step, to, filesEvery, at }: Task): Promise<void> {
  countWork();
  const current = new Int32Array(at);
  const reader = new Reader();
  const outcomes = new Map<string, number>();
  const mutations = new Map<string, number>();
  let slowest: [number, number][] = [];
  let [inputs, files, records, bytes] = [0, 0, 0, 0];
  const summary = (): void => {
    const parts = { inputs, files, records, bytes, outcomes: [...outcomes], mutations: [...mutations], slowest };
    parentPort?.postMessage({ is: 'summary', ...parts } satisfies WorkerMessage);
    [inputs, files, records, bytes, slowest] = [0, 0, 0, 0, []];
    outcomes.clear();
    mutations.clear();
  };
  for (let number = from; number < to; number += step) {
    Atomics.store(current, 0, number + 1);
    const started = performance.now();
    const input = makeInput(seed, number);
    try {
      const { rejected, counts, records: read } = await check(input, reader);
      records += read;
      if (rejected !== null) add(outcomes, `object ${rejected}`);
      for (const [reason, n] of Object.entries(counts.quarantined_by_reason)) add(outcomes, `record ${reason}`, n);
      add(outcomes, 'accepted', counts.accepted);
      add(outcomes, 'duplicate', counts.duplicate);
      add(outcomes, 'skipped', counts.skipped);
      if ((number / step) % filesEvery < 1) {
        await checkFiles(input);
        files++;
      }
    } catch (error) {
      const oracle = error instanceof Violation ? error.oracle : 'crash';
      const message = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ is: 'violation', input: number, oracle, message } satisfies WorkerMessage);
    }
    inputs++;
    bytes += input.bytes.length;
    for (const name of new Set(input.mutations)) add(mutations, name);
    slowest = [...slowest, [performance.now() - started, number] as [number, number]]
      .sort(([a], [b]) => b - a)
      .slice(0, 5);
    if (inputs === 500) summary();
  }
  summary();
  Atomics.store(current, 0, 0);
}

if (threadId > 0 && workerData) await work(workerData);
