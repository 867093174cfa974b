import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { OpenUnit } from '#lake/steps/open-units.ts';
import type { Outcome } from '#lake/steps/state.ts';
import type { WorkerReport, WorkerSetup } from './transform-worker.ts';

export interface PoolOptions extends WorkerSetup {
  /** threads; as many as there are cores unless told otherwise */
  threads?: number;
  onRead: (bytes: number) => void;
  onOutcome: (outcome: Outcome) => void;
}

/**
 * Transforms units on all cores, each worker taking whole units, the largest first. A unit that fails doesn't stop the
 * others.
 * @throws AggregateError at the end, naming each unit that failed and why; those units stay open
 */
export async function transformUnits(units: readonly OpenUnit[], options: PoolOptions): Promise<void> {
  const { rawRoot, lakeRoot, durable, settings, version, onRead, onOutcome } = options;
  const waiting = units.toSorted((a, b) => b.bytes - a.bytes);
  const failures: Error[] = [];
  const setup: WorkerSetup = { rawRoot, lakeRoot, durable, settings, version };

  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./transform-worker.ts', import.meta.url), { workerData: setup });
      const next = (): void => {
        const unit = waiting.shift();
        if (unit) worker.postMessage({ unit: unit.unit, plan: unit.plan });
        else worker.terminate().then(() => resolve(), reject);
      };
      worker.on('message', (report: WorkerReport) => {
        if (report.is === 'read') return onRead(report.bytes);
        if (report.is === 'done') onOutcome(report.outcome);
        else
          failures.push(
            Object.assign(new Error(`unit ${report.unit} failed: ${report.message}`), { cause: report.stack }),
          );
        next();
      });
      worker.on('error', reject);
      next();
    });

  const threads = Math.min(options.threads ?? availableParallelism(), units.length);
  await Promise.all(Array.from({ length: threads }, runOne));
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
  }
}
