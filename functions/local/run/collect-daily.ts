/** Runs expire and collect at most once a day, at the end of a run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '#host/failure.ts';
import { DAY_MS } from '#lake/days.ts';
import { type Retention, retentionProblems } from '#lake/retention.ts';
import { collect, type Removed } from '#lake/steps/collect.ts';
import { type Expiry, expire } from '#lake/steps/expire.ts';
import { attributionDays } from '#lake/steps/rollup.ts';
import type { LocalLake } from '../lake.ts';
import { SETTINGS_FILE } from '../settings-file.ts';

/** In the lake's folder: when the collector came last. */
const RECORD = 'last-collect.json';

export interface Collected extends Expiry {
  removed: Removed[];
}

/**
 * Hides days that have expired and removes what nobody reads any more, once a day: nothing may go before it has been superseded or
 * hidden for a day, and to look costs some calls for each day of the lake. A new lake has nothing yet.
 * @param isAcknowledged a person waits, and has said that many days may expire at once
 */
export async function collectDaily(lake: LocalLake, isAcknowledged = false): Promise<Collected> {
  const { ports, lakeRoot } = lake;
  const now = ports.clock.now();
  const last = lastCollect(lakeRoot);
  const nothing: Collected = { hidden: [], held: [], removed: [] };
  if (last !== null && now - last < DAY_MS && !isAcknowledged) return nothing;
  const done = last === null && !isAcknowledged ? nothing : await collectNow(lake, isAcknowledged);
  writeFileSync(join(lakeRoot, RECORD), `${JSON.stringify({ at: now })}\n`);
  return done;
}

async function collectNow(lake: LocalLake, isAcknowledged: boolean): Promise<Collected> {
  const expiry = await expire(lake.ports, { retention: retentionOf(lake), isAcknowledged });
  return { ...expiry, removed: await collect(lake.ports) };
}

/** How long the lake keeps what. @throws UsageError if that is shorter than other steps need it */
export function retentionOf({ retention, views, lakeRoot }: LocalLake): Retention {
  if (Object.keys(retention).length === 0) return retention;
  // On a laptop a person asks for a report, of any days.
  const problems = retentionProblems(retention, { attributionDays: attributionDays(views), reportDays: 0 });
  if (problems.length === 0) return retention;
  const named = problems.map((problem) => `retention.${problem}`).join('\n');
  throw new UsageError(`settings are wrong: ${join(lakeRoot, SETTINGS_FILE)}\n${named}`);
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
