/**
 * Decides which parts of a raw prefix without hours a planner lists: no clock says where new objects are, and the
 * prefix may hold more than one planner can list. A small prefix is listed whole each time. Of a large one each planner
 * lists the places where objects have come lately, and then the next part of the whole: so an object waits until all
 * parts have had their turn, and no longer.
 */
import { compareKeys } from '../../protocol/key-order.ts';
import type { PlannedObjects } from '../../protocol/planned-objects.ts';
import type { Reach } from '../../protocol/raw-prefixes.ts';

/** Planned objects that one planner lists at most, beside new ones; `all` has no bound but its time. */
export const LOOK_OBJECTS: Readonly<Record<Reach, number>> = { tick: 20_000, hourly: 200_000, daily: 5_000_000 };

/** Keys behind `after`, up to `until`; null: to the end. */
export interface Range {
  after: string;
  until: string | null;
}

/** Plans back to which a place is one where objects have come lately: about a day of ticks. */
const LATELY_PLANS = 300;

/**
 * Parts of the listing where objects have come lately, the last of which is open at its end. In order of key, with as many
 * planned objects as `most`: those with the newest ones first.
 */
export function livelyRanges(planned: PlannedObjects, most: number): { ranges: Range[]; objects: number } {
  const { segments } = planned;
  const newest = new Map<number, number>();
  for (const [i, { plans }] of segments.entries()) {
    if (planned.summarised - plans < LATELY_PLANS) newest.set(i, plans);
  }
  for (const [i, [key]] of planned.since.entries()) newest.set(planned.segmentOf(key), planned.summarised + 1 + i);
  const last = segments.length - 1;
  newest.delete(last + 1);
  newest.set(last, Number.POSITIVE_INFINITY);
  const end = startOfEnd(planned);
  const chosen: number[] = [];
  let objects = 0;
  for (const [i] of [...newest].sort(([, a], [, b]) => b - a)) {
    const size = segments[i]?.objects ?? 0;
    if (chosen.length > 0 && objects + size > most) break;
    objects += size;
    chosen.push(i);
  }
  const ranges: Range[] = [];
  for (const i of chosen.sort((a, b) => a - b)) {
    const after = i === last ? end : (segments[i - 1]?.until ?? '');
    const until = i === last ? null : (segments[i]?.until ?? null);
    const before = ranges.at(-1);
    if (before && before.until === after) before.until = until;
    else ranges.push({ after, until });
  }
  return { ranges, objects };
}

/** Where the open end begins: a segment's worth of objects before the last planned one. */
function startOfEnd({ segments, since, segmentObjects }: PlannedObjects): string {
  const last = segments.at(-1)?.until ?? '';
  const behind = since.map(([key]) => key).filter((key) => compareKeys(key, last) > 0);
  if (behind.length <= segmentObjects) return segments.at(-2)?.until ?? '';
  return behind.sort(compareKeys).at(-segmentObjects) ?? last;
}
