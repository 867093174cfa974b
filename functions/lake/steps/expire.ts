/**
 * expire: days of tables whose retention is over are lost to readers; the collector removes their files once nobody can be reading
 * them. It is decided once which days have expired, by a record that stays (protocol/expired.ts). From then on they are hidden
 * again in each run, whoever brought them back, and every other step leaves them alone: no settle, no rebuild and no copy
 * that comes late makes such a day anew, and a send day of which an input has expired stays as it was computed last.
 */
import { ABSURD_DAY } from '../days.ts';
import type { Partition, Ports } from '../ports.ts';
import { createExpired, type ExpiredDays, expiredDays } from '../protocol/expired.ts';
import { hideDays } from '../protocol/readers.ts';
import { lastExpired, MOST_AT_ONCE, type Retention } from '../retention.ts';

export type ExpirePorts = Pick<Ports, 'lake' | 'catalog' | 'clock'>;

/** Days of a table that readers see, although their retention is over. */
export interface DueDays {
  table: string;
  days: number;
  /** the last of them */
  last: string;
}

export interface Expiry {
  /** days that readers lost now */
  hidden: { table: string; days: number; last: string }[];
  /** days that wait for a person's word, as they are many */
  held: DueDays[];
}

export interface ExpireOptions {
  retention: Retention;
  /** a person has said that many days may expire at once */
  isAcknowledged?: boolean;
}

/** Costs a listing of the partitions of each table that has a retention, or had one. */
export async function expire(
  ports: ExpirePorts,
  { retention, isAcknowledged = false }: ExpireOptions,
): Promise<Expiry> {
  const { lake, catalog, clock } = ports;
  const before = await expiredDays(lake);
  const partitions = new Map<string, Partition[]>();
  for (const table of new Set([...before.tables, ...Object.keys(retention.days ?? {})])) {
    partitions.set(table, await catalog.locations(table));
  }
  const result: Expiry = { hidden: [], held: [] };
  for (const due of dueDays(partitions, before, retention, clock.now())) {
    const { table, days, last } = due;
    if (days > MOST_AT_ONCE && !isAcknowledged) {
      result.held.push(due);
      continue;
    }
    const retentionDays = retention.days?.[table] ?? 0;
    await createExpired(lake, { table_name: table, dt: last, retention_days: retentionDays, decided_at: clock.now() });
  }
  const expired = await expiredDays(lake);
  for (const [table, seen] of partitions) {
    const hidden = seen.filter(({ dt }) => expired.has(table, dt));
    if (hidden.length === 0) continue;
    await hideDays(ports, table, hidden);
    result.hidden.push({ table, days: hidden.length, last: hidden.at(-1)?.dt ?? '' });
  }
  return result;
}

/** Of each table the days whose retention is over and that have not expired yet. @param partitions by table, what readers see */
export function dueDays(
  partitions: ReadonlyMap<string, readonly Pick<Partition, 'dt'>[]>,
  expired: ExpiredDays,
  { days = {} }: Retention,
  now: number,
): DueDays[] {
  return Object.entries(days).flatMap(([table, kept]) => {
    if (kept == null) return [];
    const last = lastExpired(kept, now);
    // Rows without a time that could be right lie on a day of long ago: they expire along with the first other one.
    const due = (partitions.get(table) ?? []).filter(
      ({ dt }) => dt <= last && !expired.has(table, dt) && dt !== ABSURD_DAY,
    );
    return due.length === 0 ? [] : [{ table, days: due.length, last }];
  });
}
