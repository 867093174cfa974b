/** Writes one attempt at a unit: its rows into files named after it, and the days of these rows into the catalog. */

import { hash } from 'node:crypto';
import { concurrently } from '../../concurrently.ts';
import type { Ports } from '../../ports.ts';
import { expiredDays } from '../../protocol/expired.ts';
import { attemptId, liveFile, liveFolder } from '../../protocol/keys.ts';
import { type LiveFile, type PlannedUnit, readBytes } from '../../protocol/records.ts';
import { ask } from './guard.ts';
import type { ReadOptions, ReadUnit, UnitContent } from './read-unit.ts';

export interface Attempt {
  attempt: string;
  content: UnitContent;
  files: LiveFile[];
}

/** Files on their way to the store at once, while the next is being encoded. */
const FILES_AT_ONCE = 8;

/**
 * Reads the unit and writes its files. A file that is there already with the same content was written by an earlier
 * try, or by another worker on the same unit. Other content under the same name means that the same unit has given
 * other bytes, which must not happen: then everything is written again under another name, so that one outcome never
 * mixes two attempts.
 */
export async function writeAttempt(
  { raw, lake }: Pick<Ports, 'raw' | 'lake'>,
  unit: PlannedUnit,
  version: string,
  read: ReadUnit,
  options: ReadOptions,
): Promise<Attempt> {
  for (let k = 0; ; k++) {
    const attempt = attemptId(unit.id, version, k);
    const content = await read(raw, unit, attempt, options);
    const files = await concurrently(
      content.files(),
      FILES_AT_ONCE,
      async ({ table, dt, part, rows, bytes, sendDays, published }) => {
        ask(options.guard);
        const key = liveFile(table, dt, attempt, part);
        const isOurs = (await lake.create(key, bytes)) || Buffer.compare(await readBytes(lake, key), bytes) === 0;
        const sha256 = hash('sha256', bytes, 'hex');
        return { isOurs, table, dt, key, rows, bytes: bytes.length, sha256, send_days: sendDays, published };
      },
    );
    if (files.every(({ isOurs }) => isOurs)) {
      return { attempt, content, files: files.map(({ isOurs: _, ...file }): LiveFile => file) };
    }
  }
}

/**
 * Registers the days that the unit touched; a partition that is there already is never changed. Days that have expired get none: the
 * collector removes what came late for them.
 */
export async function ensurePartitions(
  { lake, catalog }: Pick<Ports, 'lake' | 'catalog'>,
  files: readonly LiveFile[],
): Promise<void> {
  const expired = await expiredDays(lake);
  const days = Map.groupBy(files, ({ table }) => table);
  for (const [table, ofTable] of days) {
    const dts = [...new Set(ofTable.map(({ dt }) => dt))].filter((dt) => !expired.has(table, dt)).sort();
    await catalog.ensurePartitions(
      table,
      dts.map((dt) => ({ dt, location: liveFolder(table, dt) })),
    );
  }
}
