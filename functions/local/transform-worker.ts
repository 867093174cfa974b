/** A worker thread that transforms whole units, one after another, over stores of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import type { UnitMessage } from '#lake/ports.ts';
import type { Settings } from '#lake/settings.ts';
import type { Outcome } from '#lake/steps/state.ts';
import { transform } from '#lake/steps/transform.ts';
import { systemClock } from './clock.ts';
import { DiskCatalog } from './disk-catalog.ts';
import { DiskStore } from './disk-store.ts';

export interface WorkerSetup {
  rawRoot: string;
  lakeRoot: string;
  durable: boolean;
  settings: Settings;
  version: string;
}

/** What a worker says: an object was read, a unit is done, or a unit failed. */
export type WorkerReport =
  | { is: 'read'; bytes: number }
  | { is: 'done'; outcome: Outcome }
  | { is: 'failed'; unit: string; message: string; stack: string | undefined };

const { rawRoot, lakeRoot, durable, settings, version }: WorkerSetup = workerData;
const ports = {
  raw: new DiskStore(rawRoot),
  lake: new DiskStore(lakeRoot, { durable }),
  catalog: new DiskCatalog(lakeRoot, { durable }),
  clock: systemClock,
};
const say = (report: WorkerReport): void => parentPort?.postMessage(report);

parentPort?.on('message', async (message: UnitMessage) => {
  try {
    const onObject = (bytes: number): void => say({ is: 'read', bytes });
    say({ is: 'done', outcome: await transform(ports, message, { settings, version, onObject }) });
  } catch (error) {
    const { message: text, stack } = error instanceof Error ? error : new Error(String(error));
    say({ is: 'failed', unit: message.unit, message: text, stack });
  }
});
