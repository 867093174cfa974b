/**
 * What is left of days that have expired: every file that a step has made, whichever generation or rebuild it is of. Whether a generation
 * is whole is of no matter here, and whether a unit has its outcome: nobody will read these files again.
 */
import { concurrently } from '../../concurrently.ts';
import type { Ports, StoredObject } from '../../ports.ts';
import { expiredSince } from '../../protocol/expired.ts';
import { attemptOfFile, liveFolder } from '../../protocol/keys.ts';
import { lastHealed } from '../../protocol/readers.ts';
import type { CollectRules, SettledLocation } from './rules.ts';

/** A day of a table that has expired, with what lies below its settled folders. */
export interface ExpiredDay {
  dt: string;
  locations: readonly SettledLocation[];
}

const AT_ONCE = 16;

/**
 * The files of each day that may go: readers have not seen the day for the time of grace, nor has the file come since. A step that
 * began before the day expired has ended by then. Costs three calls a day that has files left, which it has for two days.
 */
export async function leftByExpiry(
  { lake, catalog, clock }: Pick<Ports, 'lake' | 'catalog' | 'clock'>,
  rules: CollectRules,
  table: string,
  days: readonly ExpiredDay[],
): Promise<StoredObject[][]> {
  if (days.length === 0) return [];
  const since = await expiredSince(lake, table);
  return concurrently(days, AT_ONCE, async ({ dt, locations }) => {
    const [partition] = await catalog.locations(table, [dt]);
    if (!rules.isHidden(partition?.location ?? null)) return [];
    const unseenSince = Math.max(since(dt) ?? Number.POSITIVE_INFINITY, await lastHealed(lake, table, dt));
    const live = (await Array.fromAsync(lake.list(liveFolder(table, dt)))).filter(
      ({ key }) => attemptOfFile(key) !== null,
    );
    return [...live, ...locations.flatMap(({ files }) => files)].filter(({ modified }) =>
      rules.isPastGrace(Math.max(modified, unseenSince), clock.now()),
    );
  });
}
