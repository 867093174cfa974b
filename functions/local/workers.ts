import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { OpenUnit } from '#lake/steps/open-units.ts';
import type { Outcome } from '#lake/steps/state.ts';
import type { WorkerReport, WorkerSetup } from './transform-worker.ts';

export interface PoolOptions extends WorkerSetup {
  /** processes; as many as there are cores unless told otherwise */
  threads?: number;
  onRead: (bytes: number) => void;
  onOutcome: (outcome: Outcome) => void;
}

/**
 * Transforms units on all cores, each worker taking whole units, the largest first. A unit that fails, or takes its
 * worker down, doesn't stop the others. Workers are processes and not threads: threads of one process kept what they had
 * freed (2 GB of raw data: 1.5 GB at the peak, and 1 GB left while settling), and a process that runs out of memory takes
 * nobody along.
 * @returns bytes that the workers held at their peaks, in all
 * @throws AggregateError at the end, naming each unit that failed and why; those units stay open
 */
export async function transformUnits(units: readonly OpenUnit[], options: PoolOptions): Promise<number> {
  const { rawRoot, lakeRoot, durable, settings, version, onRead, onOutcome } = options;
  const setup: WorkerSetup = { rawRoot, lakeRoot, durable, settings, version };
  const waiting = units.toSorted((a, b) => b.bytes - a.bytes);
  const failures: Error[] = [];
  let peaks = 0;

  const runOne = async (): Promise<void> => {
    while (waiting.length > 0) {
      const worker = startWorker();
      let current: OpenUnit | undefined;
      let peak = 0;
      const next = (): void => {
        current = waiting.shift();
        if (current) worker.send({ unit: current.unit, plan: current.plan });
        else worker.disconnect();
      };
      worker.on('message', (report: WorkerReport) => {
        if (report.is === 'read') return onRead(report.bytes);
        if (report.is === 'done') {
          onOutcome(report.outcome);
          peak = report.peakBytes;
        } else {
          const message = `unit ${report.unit} failed: ${report.message}`;
          failures.push(Object.assign(new Error(message), { cause: report.stack }));
        }
        next();
      });
      worker.send(setup);
      next();
      const how = await ended(worker);
      if (current) failures.push(new Error(`unit ${current.unit} failed: its worker ended (${how}); run again`));
      peaks += peak;
    }
  };

  const processes = Math.min(options.threads ?? availableParallelism(), units.length);
  await Promise.all(Array.from({ length: processes }, runOne));
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
  }
  return peaks;
}

/** One malloc arena gives freed memory back to the system (glibc, mallopt(3)); elsewhere the variable says nothing. */
const startWorker = (): ChildProcess =>
  fork(fileURLToPath(new URL('./transform-worker.ts', import.meta.url)), [], {
    serialization: 'advanced',
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
    execArgv: [],
  });

const ended = (worker: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    worker.on('error', ({ message }) => resolve(message));
    worker.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
