/**
 * Computes the send days as they are going to be after a switch to a rebuild, and says what differs. What it computes waits
 * with the rebuild's other days, so that the switch takes recipient_messages along.
 */
import { concurrently } from '../../concurrently.ts';
import type { Ports, Store } from '../../ports.ts';
import { expiredDays } from '../../protocol/expired.ts';
import { NO_PARTITIONS } from '../../protocol/rebuild-store.ts';
import { daysMade, endOf, type Rebuild, rebuiltDay } from '../../protocol/rebuilds.ts';
import { SwitchedLake } from '../../protocol/switched-lake.ts';
import type { View } from '../../sql/views/view.ts';
import { recipientMessages, SETTLED_TABLES } from '../../tables/index.ts';
import { isFrozen } from '../rollup/stale-days.ts';
import { daysToRollUp, type RolledUp, type RollupOptions, rollup, rollupDays } from '../rollup.ts';
import {
  type ColumnDifference,
  type CompareOptions,
  type ComparePorts,
  type CountDifference,
  compareColumns,
  compareDaily,
  compareDays,
  compareRejected,
  type DayDifference,
  type RejectedDifference,
} from './compare.ts';

export interface RebuildDifference {
  /** each day of a table that was made, in order */
  days: DayDifference[];
  columns: ColumnDifference[];
  /** counts of `deliverability_daily` that differ */
  daily: CountDifference[];
  rejected: RejectedDifference[];
}

export type PreviewPorts = Pick<Ports, 'lake' | 'engine' | 'clock'>;

/** The lake as it is going to be, in which a rollup computes what waits with the rebuild's days. */
const switchedPorts = async <P extends { lake: Store }>(ports: P, n: number) => ({
  ...ports,
  lake: await SwitchedLake.of(ports.lake, n),
  catalog: NO_PARTITIONS,
});

/** Rolls up every send day whose input a switch would change. */
export async function rollupSwitched(ports: PreviewPorts, { n }: Rebuild, options: RollupOptions): Promise<void> {
  await rollup(await switchedPorts(ports, n), options);
}

/**
 * Such send days, in the groups that are computed together, but those that the rebuild has computed before: what changes of these
 * again is for the rollup after the switch.
 */
export async function sendDaysToSwitch(
  ports: PreviewPorts,
  { n }: Rebuild,
  options: RollupOptions,
): Promise<string[][]> {
  const computed = new Set((await daysMade(ports.lake, n)).flatMap(({ table, dt }) => (isOfSend(table) ? [dt] : [])));
  const groups = await daysToRollUp(await switchedPorts(ports, n), options);
  return groups.map((days) => days.filter((dt) => !computed.has(dt))).filter((days) => days.length > 0);
}

/** Rolls up those of the days that are stale, by a worker that was handed them; none once it was decided about the rebuild. */
export async function rollupHanded(
  ports: PreviewPorts,
  n: number,
  options: RollupOptions,
  days: readonly string[],
): Promise<RolledUp[]> {
  if (await endOf(ports.lake, n)) return [];
  return rollupDays(await switchedPorts(ports, n), options, days);
}

const isOfSend = (table: string): boolean => table === recipientMessages.name;

/** The same, and says what differs. */
export async function previewRebuild(
  ports: PreviewPorts,
  rebuild: Rebuild,
  options: RollupOptions,
): Promise<RebuildDifference> {
  await rollupSwitched(ports, rebuild, options);
  return compareRebuild(ports, rebuild, options.views);
}

/** What a switch would change, of all days that are made; nothing where readers have been switched. */
export async function compareRebuild(
  ports: ComparePorts,
  { n }: Rebuild,
  views: readonly View[],
  options: CompareOptions = {},
): Promise<RebuildDifference> {
  const { lake } = ports;
  const expired = await expiredDays(lake);
  const left = (await daysMade(lake, n)).filter(({ table, dt }) =>
    table === recipientMessages.name ? !isFrozen(expired, dt) : !expired.has(table, dt),
  );
  const found = await concurrently(left, READS_AT_ONCE, (day) => rebuiltDay(lake, n, day));
  const made = found.filter((generation) => generation !== null);
  // By table, as they are declared.
  const all = [...SETTLED_TABLES, recipientMessages].flatMap(({ name }) =>
    made.filter(({ table_name }) => table_name === name),
  );
  const days = await compareDays(ports, all, options);
  const sendDays = all.filter(({ table_name }) => isOfSend(table_name)).map(({ dt }) => dt);
  return {
    days,
    columns: await compareColumns(ports, all, days),
    daily: await compareDaily(ports, await SwitchedLake.of(lake, n), views, sendDays),
    rejected: days.length === 0 ? [] : await compareRejected(lake, n),
  };
}

const READS_AT_ONCE = 16;
