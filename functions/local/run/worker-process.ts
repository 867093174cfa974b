/**
 * A worker process that transforms whole units, one after another, over stores of its own. It ends with its parent. When it
 * is told to stop in the middle of a unit, it records that in the store.
 */

import { systemClock } from '#host/clock.ts';
import { EXIT } from '#host/failure.ts';
import { byteCount } from '#host/figures.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import type { UnitMessage } from '#lake/ports.ts';
import { NO_PARTITIONS, RebuildStore } from '#lake/protocol/rebuild-store.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import type { Settings } from '#lake/settings.ts';
import { type Guard, Stopped } from '#lake/steps/transform/guard.ts';
import { endTry, type TryEnd } from '#lake/steps/transform/tries.ts';
import { transform } from '#lake/steps/transform.ts';
import { DiskCatalog } from '../disk/catalog.ts';
import { DiskStore } from '../disk/store.ts';
import { openSources } from '../raw/store.ts';

export interface WorkerSetup {
  /** path of the folder, or address of the bucket's folder */
  rawRoot: string;
  /** further raw folders, by the names of the sources */
  otherRaws: Readonly<Record<string, string>>;
  lakeRoot: string;
  durable: boolean;
  settings: Settings;
  version: string;
  /** what addresses are hashed under; null where they stay */
  addressKey?: string | null;
  /** memory that the process may hold before it stops a unit, bytes */
  memoryBytes: number;
  /** the rebuild that it works for; left out: none */
  rebuild?: number | undefined;
}

/** What a worker says: a try has begun, it gets on, a unit is done, or a unit failed. */
export type WorkerReport =
  | { is: 'begun'; k: number }
  | { is: 'alive' }
  | { is: 'read'; bytes: number }
  | { is: 'done'; outcome: Outcome; peakBytes: number }
  /** `again`: the unit may be tried again at once, by a fresh process; else it waits for the environment */
  | { is: 'failed'; message: string; stack: string | undefined; again: boolean; peakBytes: number };

/** Between two signs of life, ms. */
const SIGN_OF_LIFE_MS = 250;

const say = (report: WorkerReport): void => {
  if (process.connected) process.send?.(report);
};
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** The first message says where and how, the others name units. */
process.once('message', (setup: WorkerSetup) => {
  const { rawRoot, otherRaws, lakeRoot, durable, settings, version, addressKey, memoryBytes, rebuild } = setup;
  const lake = new DiskStore(lakeRoot, { durable });
  const ports = {
    // What can't be read beside its objects is told by who lists the folder.
    raw: openSources(rawRoot, otherRaws, () => {}),
    lake: rebuild === undefined ? lake : new RebuildStore(lake, rebuild),
    catalog: rebuild === undefined ? new DiskCatalog(lakeRoot, { durable }) : NO_PARTITIONS,
    clock: systemClock,
  };
  let current: { unit: string; k: number } | null = null;
  let isFresh = true;
  let saidAt = 0;

  const guard: Guard = () => {
    const now = performance.now();
    if (now - saidAt >= SIGN_OF_LIFE_MS) {
      saidAt = now;
      say({ is: 'alive' });
    }
    const held = process.memoryUsage.rss();
    if (held <= memoryBytes) return null;
    // What an earlier unit left behind is not this one's fault: it is tried again by a fresh process.
    return { why: `${byteCount(held)} of memory, over the limit of ${byteCount(memoryBytes)}`, counts: isFresh };
  };
  const onObject = (bytes: number): void => say({ is: 'read', bytes });

  process.on('message', async (message: UnitMessage) => {
    const onTry = (k: number): void => {
      current = { unit: message.unit, k };
      say({ is: 'begun', k });
    };
    let end: TryEnd | null = null;
    const onTryEnd = (how: TryEnd): void => {
      end = how;
    };
    try {
      const outcome = await transform(ports, message, {
        ...{ settings, version, onObject, guard, onTry, onTryEnd },
        ...(addressKey ? { keyedHash: keyedHash(addressKey) } : {}),
        isExact: process.env.MAILLAKE_EXACT === '1',
      });
      current = null;
      say({ is: 'done', outcome, peakBytes: peakBytes() });
    } catch (error) {
      current = null;
      const { message: text, stack } = error instanceof Error ? error : new Error(String(error));
      const again = end === 'failed' || (end === 'excused' && error instanceof Stopped);
      say({ is: 'failed', message: text, stack, again, peakBytes: peakBytes() });
    }
    isFresh = false;
  });

  /** A try that is interrupted is not the unit's fault. */
  const stop = async (): Promise<void> => {
    try {
      if (current) await endTry(ports, current.unit, current.k, 'excused', 'interrupted');
    } finally {
      process.exit(current ? EXIT.interrupted : EXIT.done);
    }
  };
  process.once('disconnect', stop);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
});
