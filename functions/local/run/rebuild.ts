/** rebuild: reads raw data again beside the lake, and says what a switch of readers would change. */
import type { Progress } from '#host/progress.ts';
import type { Rebuild } from '#lake/protocol/rebuilds.ts';
import { previewRebuild, type RebuildDifference } from '#lake/steps/rebuild/preview.ts';
import { type Switched, switchToRebuild } from '#lake/steps/rebuild/switch.ts';
import { beginRebuild, makeDays, planRebuild, rebuildUnderWay, type UnmadeDay } from '#lake/steps/rebuild.ts';
import type { LocalLake } from '../lake.ts';
import type { WorkerLimits } from './limits.ts';
import { rollupAll, type Sums, settleAll, sumOutcomes, transformAll } from './run.ts';
import { withProgress } from './with-progress.ts';

export interface RebuildSummary extends RebuildDifference {
  rebuild: Rebuild;
  /** what this call has read; less than all if an earlier one was cut off */
  read: Sums;
  /** days that stay as they are, and why */
  unmade: UnmadeDay[];
  /** why the lake as it is could not be settled before, as where a day is damaged; a rebuild mends that */
  unsettled: string | null;
  seconds: number;
}

interface RebuildAllOptions {
  progress: Progress;
  from: string | null;
  to: string | null;
  limits?: Partial<WorkerLimits>;
}

/** Makes all days of a rebuild, begun now or before, and compares. Readers see nothing of it. */
export async function rebuildAll(
  lake: LocalLake,
  { progress, from, to, limits }: RebuildAllOptions,
): Promise<RebuildSummary> {
  const { ports, settings, views, rollupSelect, version, retention } = lake;
  const startedAt = ports.clock.now();
  // What is on its way is taken in first, so that the two sides have the same mail.
  const failure = await failureOf(async () => {
    await settleAll(lake, progress);
    await rollupAll(lake, progress);
  });
  const rebuild = await beginRebuild(ports, { version, from, to, rawDays: retention.rawDays });
  const outcomes = await transformAll(lake, await planRebuild(ports, rebuild), progress, limits, rebuild.n);
  const { unmade } = await withProgress('rebuild', 'partitions', progress, (onDay) => makeDays(ports, rebuild, onDay));
  const difference = await withProgress('rollup', 'days', progress, (onDays) =>
    previewRebuild(ports, rebuild, { settings, views, select: rollupSelect, onDays }),
  );
  return {
    rebuild,
    unsettled: failure,
    read: sumOutcomes(outcomes),
    unmade,
    ...difference,
    seconds: (ports.clock.now() - startedAt) / 1000,
  };
}

/** Reads the raw data of one damaged day again, and switches readers to it. @throws Error if another rebuild is under way */
export async function rebuildDay(lake: LocalLake, dt: string, progress: Progress): Promise<void> {
  const { ports, version, retention } = lake;
  const underWay = await rebuildUnderWay(ports.lake);
  if (underWay && (underWay.from !== dt || underWay.to !== dt)) {
    throw new Error(
      `${dt} is damaged, and rebuild ${underWay.n} of other days is under way: switch to it or drop it first`,
    );
  }
  const rebuild = await beginRebuild(ports, { version, from: dt, to: dt, rawDays: retention.rawDays });
  await transformAll(lake, await planRebuild(ports, rebuild), progress, {}, rebuild.n);
  await switchToRebuild(ports, rebuild, lake);
}

/** Switches readers, and rolls up what is left. */
export async function switchAll(lake: LocalLake, rebuild: Rebuild, progress: Progress): Promise<Switched> {
  const switched = await switchToRebuild(lake.ports, rebuild, lake);
  await rollupAll(lake, progress);
  return switched;
}

async function failureOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
