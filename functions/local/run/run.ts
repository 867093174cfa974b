/** run: plan, transform, settle and rollup for everything that is new. */

import type { Progress } from '#host/progress.ts';
import { layoutOf } from '#lake/protocol/layouts.ts';
import { type OpenUnit, openUnits } from '#lake/protocol/open-units.ts';
import { daysOfOtherSettings } from '#lake/protocol/other-settings.ts';
import { rawSources } from '#lake/protocol/raw-sources.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import type { DueDays } from '#lake/steps/expire.ts';
import { addPlanned, nothingPlanned, type Planned, planPrefix } from '#lake/steps/plan.ts';
import { type RolledUp, rollup } from '#lake/steps/rollup.ts';
import { type Settled, settle } from '#lake/steps/settle.ts';
import type { LocalLake } from '../lake.ts';
import { collectDaily, retentionOf } from './collect-daily.ts';
import { eraseAll } from './erase.ts';
import { type WorkerLimits, workerLimits } from './limits.ts';
import { transformUnits } from './pool.ts';
import { withCount, withProgress } from './with-progress.ts';

/** On a laptop the raw folder is one prefix, whatever its layout. */

/** What one run did. Counts of records obey records = accepted + duplicate + skipped + quarantined + erased. */
export interface RunSummary {
  objects: number;
  records: number;
  accepted: number;
  duplicate: number;
  skipped: Record<string, number>;
  quarantined: Record<string, number>;
  /** about persons who were forgotten */
  erased: number;
  rows: { events: number; headers: number; clicks: number };
  units: number;
  seconds: number;
  /** raw objects that earlier runs had planned */
  known_objects: number;
  /** raw objects rewritten since they were planned; they are not read again */
  changed_objects: string[];
  /** raw objects that had gone before they could be read */
  missing_objects: string[];
  /** raw objects quarantined unread, because reading them failed three times; and why the last time */
  poison_objects: { key: string; why: string }[];
  /** folders, links and names in the raw folder that could not be read, and why; the rest was */
  unread: { path: string; why: string }[];
  /** days with events that were read with settings which mean something else than today's */
  other_settings_days: string[];
  settled_days: number;
  rolled_up_days: number;
  /** files that nobody reads any more, which went a day after they were superseded */
  removed_files: number;
  removed_bytes: number;
  /** days of tables that readers lost, as their retention is over */
  expired_days: number;
  /** days that wait for a person's word, as so many are due at once */
  held_days: DueDays[];
}

/** Plans all sources, each as one prefix: a laptop's raw folders have any layout. */
export const planAll = (
  { ports, settings }: LocalLake,
  progress: Progress,
  unitsAtOnce = workerLimits().workers,
): Promise<Planned> =>
  withCount('plan', 'objects', progress, async (onListed) => {
    const total = nothingPlanned();
    for (const { mount } of rawSources(settings)) {
      const layout = await layoutOf(ports.lake, settings, { mount });
      addPlanned(total, await planPrefix(ports, settings, mount, { layout, unitsAtOnce, onListed }));
    }
    return total;
  });

/** Transforms units on all cores; the outcomes of those that succeeded, in order of unit. */
export async function transformAll(
  { rawRoot, otherRaws, lakeRoot, durable, settings, version, addressKey }: LocalLake,
  units: readonly OpenUnit[],
  progress: Progress,
  limits: Partial<WorkerLimits> = {},
  rebuild?: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  if (units.length === 0) return outcomes;
  progress.start(
    'transform',
    units.reduce((sum, { bytes }) => sum + bytes, 0),
    'bytes',
  );
  try {
    await transformUnits(units, {
      rawRoot,
      otherRaws,
      lakeRoot,
      durable,
      settings,
      version,
      addressKey,
      limits,
      rebuild,
      onRead: (bytes) => progress.advance(bytes),
      onOutcome: (outcome) => outcomes.push(outcome),
    });
  } finally {
    progress.done();
  }
  return outcomes.sort((a, b) => (a.unit < b.unit ? -1 : 1));
}

export async function settleAll(
  { ports, settings }: LocalLake,
  progress: Progress,
  options: { day?: string; includeUnfinished?: boolean } = {},
): Promise<Settled[]> {
  const open = await openUnits(ports.lake);
  return withProgress('settle', 'partitions', progress, (onDay) =>
    settle(ports, { settings, open, ignorePace: true, ...options, onDay }),
  );
}

export const rollupAll = (
  { ports, settings, views, rollupSelect }: LocalLake,
  progress: Progress,
): Promise<RolledUp[]> =>
  withProgress('rollup', 'days', progress, (onDays) =>
    rollup(ports, { settings, views, select: rollupSelect, onDays }),
  );

export interface RunOptions {
  progress: Progress;
  /** settle days that are not finished yet, too */
  includeUnfinished?: boolean;
  /** days may expire, however many are due at once */
  expireAll?: boolean;
  /** what worker processes may take */
  limits?: Partial<WorkerLimits>;
}

/** Does all that is missing, and nothing twice: running it again changes nothing. */
export async function runAll(
  lake: LocalLake,
  { progress, includeUnfinished, expireAll, limits }: RunOptions,
): Promise<RunSummary> {
  const startedAt = lake.ports.clock.now();
  retentionOf(lake);
  const planned = await planAll(lake, progress, limits?.workers);
  const outcomes = await transformAll(lake, await openUnits(lake.ports.lake), progress, limits);
  const settled = await settleAll(lake, progress, includeUnfinished ? { includeUnfinished } : {});
  await eraseAll(lake, progress);
  const rolledUp = await rollupAll(lake, progress);
  const { removed, hidden, held } = await collectDaily(lake, expireAll);
  return {
    ...sumOutcomes(outcomes),
    seconds: (lake.ports.clock.now() - startedAt) / 1000,
    known_objects: planned.known,
    changed_objects: planned.changed,
    unread: [...lake.unread].map(([path, why]) => ({ path, why })),
    other_settings_days: await daysOfOtherSettings(lake.ports.lake, lake.settings),
    settled_days: new Set(settled.map(({ dt }) => dt)).size,
    rolled_up_days: rolledUp.filter(({ rows }) => rows > 0).length,
    removed_files: removed.length,
    removed_bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    expired_days: hidden.reduce((sum, { days }) => sum + days, 0),
    held_days: held,
  };
}

export type Sums = Omit<
  RunSummary,
  | 'seconds'
  | 'known_objects'
  | 'changed_objects'
  | 'unread'
  | 'other_settings_days'
  | 'settled_days'
  | 'rolled_up_days'
  | 'removed_files'
  | 'removed_bytes'
  | 'expired_days'
  | 'held_days'
>;

/** The outcomes of one kind, summed: a replay reads again what a first reading has counted. */
export function sumOutcomes(all: readonly Outcome[], kind: 'first' | 'replay' = 'first'): Sums {
  const outcomes = all.filter((outcome) => outcome.kind === kind);
  const total = (pick: (outcome: Outcome) => number): number => outcomes.reduce((sum, o) => sum + pick(o), 0);
  const byName = (pick: (outcome: Outcome) => Record<string, number>): Record<string, number> => {
    const sums = new Map<string, number>();
    for (const outcome of outcomes) {
      for (const [name, n] of Object.entries(pick(outcome))) sums.set(name, (sums.get(name) ?? 0) + n);
    }
    return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return {
    objects: total(({ objects }) => objects),
    records: total(({ records }) => records),
    accepted: total(({ accepted }) => accepted),
    duplicate: total(({ duplicate }) => duplicate),
    skipped: byName(({ skipped_by_type }) => skipped_by_type),
    quarantined: byName(({ quarantined_by_reason }) => quarantined_by_reason),
    erased: total(({ erased }) => erased ?? 0),
    rows: {
      events: total(({ event_rows }) => event_rows),
      headers: total(({ header_rows }) => header_rows),
      clicks: total(({ click_rows }) => click_rows),
    },
    units: outcomes.length,
    missing_objects: outcomes.flatMap(({ problems }) =>
      problems.filter(({ problem }) => problem === 'source_missing').map(({ key }) => key),
    ),
    poison_objects: outcomes.flatMap(({ poison }) => poison ?? []),
  };
}
