/** A worker process that transforms whole units, one after another, over stores of its own. It ends with its parent. */
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
  | { is: 'done'; outcome: Outcome; peakBytes: number }
  | { is: 'failed'; unit: string; message: string; stack: string | undefined };

const say = (report: WorkerReport): void => void process.send?.(report);

/** The first message says where and how, the others name units. */
process.once('message', ({ rawRoot, lakeRoot, durable, settings, version }: WorkerSetup) => {
  const ports = {
    raw: new DiskStore(rawRoot),
    lake: new DiskStore(lakeRoot, { durable }),
    catalog: new DiskCatalog(lakeRoot, { durable }),
    clock: systemClock,
  };
  const onObject = (bytes: number): void => say({ is: 'read', bytes });
  process.on('message', async (message: UnitMessage) => {
    try {
      const outcome = await transform(ports, message, { settings, version, onObject });
      say({ is: 'done', outcome, peakBytes: process.resourceUsage().maxRSS * 1024 });
    } catch (error) {
      const { message: text, stack } = error instanceof Error ? error : new Error(String(error));
      say({ is: 'failed', unit: message.unit, message: text, stack });
    }
  });
});
process.on('disconnect', () => process.exit());
