/** replay: quarantined records are read again with today's code, and the result is settled at once. */

import type { Progress } from '#host/progress.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { planReplay } from '#lake/steps/replay.ts';
import type { Reason } from '#lake/vocabulary.ts';
import type { LocalLake } from '../lake.ts';
import { rollupAll, type Sums, settleAll, sumOutcomes, transformAll } from './run.ts';

/** What came of the replay; its counts stand beside those of the first readings. */
export interface ReplaySummary extends Sums {
  /** quarantined records that were planned to be read again */
  replayed: number;
  /** quarantined records that this version of the code and settings has rejected already */
  unchanged: number;
  /** raw objects that have gone or changed, so that their records can't be read again */
  unavailable_objects: string[];
  settled_days: number;
  rolled_up_days: number;
  seconds: number;
}

/**
 * Plans a replay, finishes it and any that was cut off, then settles and rolls up. Running it again changes nothing.
 */
export async function replayAll(
  lake: LocalLake,
  { progress, reason }: { progress: Progress; reason?: Reason },
): Promise<ReplaySummary> {
  const { ports, settings, version, retention } = lake;
  const startedAt = ports.clock.now();
  const { rawDays } = retention;
  const planned = await planReplay(ports, { settings, version, rawDays, ...(reason ? { reason } : {}) });
  const open = (await openUnits(ports.lake)).filter(({ kind }) => kind === 'replay');
  const outcomes = await transformAll(lake, open, progress);
  const settled = await settleAll(lake, progress);
  const rolledUp = await rollupAll(lake, progress);
  const notAsPlanned = outcomes.flatMap(({ problems }) => problems.map(({ key }) => key));
  return {
    replayed: planned.records,
    unchanged: planned.unchanged,
    ...sumOutcomes(outcomes, 'replay'),
    unavailable_objects: [...new Set([...planned.unavailable, ...notAsPlanned])].sort(),
    settled_days: new Set(settled.map(({ dt }) => dt)).size,
    rolled_up_days: rolledUp.filter(({ rows }) => rows > 0).length,
    seconds: (ports.clock.now() - startedAt) / 1000,
  };
}
