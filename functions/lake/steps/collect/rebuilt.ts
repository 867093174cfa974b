/** What rebuilds leave of a day: files that were read for one that is over, and days that one had made and that was dropped. */
import type { Store } from '../../ports.ts';
import type { DataDay } from '../../protocol/day-files.ts';
import { rebuildKey, rebuildOfFolder, rebuiltDayFolder } from '../../protocol/keys.ts';
import { endOf, isAdopted, isKept, type Rebuild, type RebuildEnd, rebuildNumbers } from '../../protocol/rebuilds.ts';
import { type Generation, readState } from '../../protocol/records.ts';
import { quarantine } from '../../tables/index.ts';
import type { CollectRules, SettledLocation } from './rules.ts';

/**
 * How each rebuild ended; null: it is under way. Nobody goes on with a switch that was cut off once another rebuild was begun: from
 * then on it is as if it had been dropped, but for the days that readers have. Costs a listing, and two reads for each rebuild there
 * ever was.
 */
export async function rebuildEnds(lake: Pick<Store, 'list' | 'get'>): Promise<Map<number, RebuildEnd | null>> {
  const ends = new Map<number, RebuildEnd | null>();
  const numbers = await rebuildNumbers(lake);
  for (const [i, n] of numbers.entries()) {
    const [end, after = n] = [await endOf(lake, n), numbers[i + 1]];
    const next = end?.is === 'switched' && after > n ? await readState<Rebuild>(lake, rebuildKey(after)) : null;
    const left: RebuildEnd | null = end && next && { ...end, is: 'dropped', decided_at: next.created_at };
    ends.set(n, left ?? end);
  }
  return ends;
}

/** Locations of the day that rebuilds have left, each with the time since when, epoch ms. */
export async function leftByRebuilds(
  lake: Pick<Store, 'list' | 'get'>,
  rules: CollectRules,
  { table, dt, newest }: DataDay,
  locations: readonly SettledLocation[],
  ends: ReadonlyMap<number, RebuildEnd | null>,
): Promise<{ location: SettledLocation; since: number }[]> {
  if (ends.size === 0) return [];
  const dropped = new Map<string, number>();
  const waiting = new Set<string>();
  for (const [n, end] of ends) {
    if (!end) continue;
    for await (const { key } of lake.list(rebuiltDayFolder(n, table, dt), { shallow: true })) {
      const made = await readState<Generation>(lake, key);
      if (made && end.is === 'dropped') dropped.set(made.location, end.decided_at);
      else if (made) waiting.add(made.location);
    }
  }
  const decided = [...ends.values()].map((end) => end?.decided_at ?? Number.POSITIVE_INFINITY);
  const lastDecided = Math.max(...decided);
  const found: { location: SettledLocation; since: number }[] = [];
  for (const location of locations) {
    const n = rebuildOfFolder(location.location);
    const end = n === null ? undefined : ends.get(n);
    if (n !== null && end !== undefined) {
      // Quarantined records are never settled: nobody is switched to them.
      const isSeen =
        table === quarantine.name ||
        (await isAdopted(lake, n, { table, dt })) ||
        (await isKept(lake, n, { table, dt }, end));
      if (rules.isOver(end, isSeen)) found.push({ location, since: end?.decided_at ?? 0 });
    }
    // What a day was made of by who died, or was not the first, has no record: nobody makes it any more once no rebuild is under way.
    const since = dropped.get(location.location) ?? (waiting.has(location.location) ? null : lastDecided);
    const isAhead = location.n > (newest?.generation ?? -1);
    if (since !== null && isAhead && Number.isFinite(since)) found.push({ location, since });
  }
  return found;
}
