/**
 * Computes the send days as they are going to be after a switch to a rebuild, and says what differs. What it computes waits
 * with the rebuild's other days, so that the switch takes recipient_messages along.
 */
import { concurrently } from '../../concurrently.ts';
import type { Ports } from '../../ports.ts';
import { NO_PARTITIONS } from '../../protocol/rebuild-store.ts';
import { daysMade, type Rebuild } from '../../protocol/rebuilds.ts';
import { type Generation, newestGeneration } from '../../protocol/records.ts';
import { SwitchedLake } from '../../protocol/switched-lake.ts';
import { recipientMessages } from '../../tables/index.ts';
import { type RollupOptions, rollup } from '../rollup.ts';
import {
  type ColumnDifference,
  type CountDifference,
  compareColumns,
  compareDaily,
  compareDays,
  type DayDifference,
} from './compare.ts';

export interface RebuildDifference {
  /** each day of a table that was made, in order */
  days: DayDifference[];
  columns: ColumnDifference[];
  /** counts of `deliverability_daily` that differ */
  daily: CountDifference[];
}

export type PreviewPorts = Pick<Ports, 'lake' | 'engine' | 'clock'>;

/** Rolls up every send day whose input a switch would change. @returns the lake as it is going to be */
export async function rollupSwitched(
  ports: PreviewPorts,
  { n }: Rebuild,
  options: RollupOptions,
): Promise<SwitchedLake> {
  const switched = await SwitchedLake.of(ports.lake, n);
  await rollup({ ...ports, lake: switched, catalog: NO_PARTITIONS }, options);
  return switched;
}

/** The same, and says what differs. */
export async function previewRebuild(
  ports: PreviewPorts,
  rebuild: Rebuild,
  made: readonly Generation[],
  options: RollupOptions,
): Promise<RebuildDifference> {
  const switched = await rollupSwitched(ports, rebuild, options);
  const sendDays = (await daysMade(ports.lake, rebuild.n)).filter(({ table }) => table === recipientMessages.name);
  const rolledUp = await concurrently(sendDays, READS_AT_ONCE, ({ table, dt }) =>
    newestGeneration(switched, table, dt),
  );
  const all = [...made, ...rolledUp.filter((generation) => generation !== null)];
  const days = await compareDays(ports, all);
  const dts = sendDays.map(({ dt }) => dt);
  return {
    days,
    columns: await compareColumns(ports, all, days),
    daily: await compareDaily(ports, switched, options.views, dts),
  };
}

const READS_AT_ONCE = 16;
