/** Runs collect at most once a day, at the end of a run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '#lake/days.ts';
import { collect, type Removed } from '#lake/steps/collect.ts';
import type { LocalLake } from '../lake.ts';

/** In the lake's folder: when the collector came last. */
const RECORD = 'last-collect.json';

/**
 * Removes what nobody reads any more, once a day: nothing may go before it has been superseded for a day, and to look costs
 * some calls for each day of the lake. A new lake has nothing yet.
 */
export async function collectDaily({ ports, lakeRoot }: LocalLake): Promise<Removed[]> {
  const now = ports.clock.now();
  const last = lastCollect(lakeRoot);
  if (last !== null && now - last < DAY_MS) return [];
  const removed = last === null ? [] : await collect(ports);
  writeFileSync(join(lakeRoot, RECORD), `${JSON.stringify({ at: now })}\n`);
  return removed;
}

/** Null if there is no record, or one that was cut off. */
function lastCollect(lakeRoot: string): number | null {
  try {
    const { at }: { at?: unknown } = JSON.parse(readFileSync(join(lakeRoot, RECORD), 'utf8'));
    return typeof at === 'number' ? at : null;
  } catch {
    return null;
  }
}
