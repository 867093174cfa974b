/**
 * Days whose retention is over. A record says of a table that all its days up to one have expired; it is created once and stays,
 * so that everybody goes by the same days, whatever their clock and config say, and none of them comes back when a retention
 * is raised. The names say all, the last day first: one object of a listing tells a table's days.
 */
import type { Store } from '../ports.ts';
import { expiredFolder, expiredKey, expiredRoot, lastDayOfExpired } from './keys.ts';
import { createState } from './records.ts';

/** `state/expired/<table>/…`: for people; steps read its name alone. */
export interface ExpiredRecord {
  table_name: string;
  /** the last day that has expired */
  dt: string;
  /** what the config said then */
  retention_days: number;
  decided_at: number;
}

/** Which days of which tables have expired. */
export class ExpiredDays {
  readonly #last: ReadonlyMap<string, string>;

  constructor(last: ReadonlyMap<string, string> = new Map()) {
    this.#last = last;
  }

  has(table: string, dt: string): boolean {
    return dt <= this.lastOf(table);
  }

  /** The last day of the table that has; empty, which is before all days, if none has. */
  lastOf(table: string): string {
    return this.#last.get(table) ?? '';
  }

  /** Tables of which some have, in order. */
  get tables(): string[] {
    return [...this.#last.keys()].sort();
  }
}

/** Costs a listing of folders, and one for each table of which days have expired. */
export async function expiredDays(lake: Pick<Store, 'list' | 'prefixes'>): Promise<ExpiredDays> {
  const last = new Map<string, string>();
  for await (const folder of lake.prefixes(expiredRoot)) {
    for await (const { key } of lake.list(folder)) {
      last.set(folder.slice(expiredRoot.length, -1), lastDayOfExpired(key));
      break;
    }
  }
  return new ExpiredDays(last);
}

export const createExpired = (lake: Pick<Store, 'create'>, record: ExpiredRecord): Promise<boolean> =>
  createState(lake, expiredKey(record.table_name, record.dt), record);

/** Since when a day of the table has expired, by the store's clock, epoch ms; null if it hasn't. */
export type ExpiredSince = (dt: string) => number | null;

/** Costs a listing of the table's records: one for each day on which some expired. */
export async function expiredSince(lake: Pick<Store, 'list'>, table: string): Promise<ExpiredSince> {
  const records: { last: string; modified: number }[] = [];
  for await (const { key, modified } of lake.list(expiredFolder(table))) {
    records.push({ last: lastDayOfExpired(key), modified });
  }
  return (dt) => {
    const since = records.filter(({ last }) => dt <= last).map(({ modified }) => modified);
    return since.length === 0 ? null : since.reduce((a, b) => Math.min(a, b));
  };
}
