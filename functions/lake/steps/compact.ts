/**
 * compact: writes the many small records of a past day of `units` or `generations` into one file, and points readers
 * there. The records stay, and the steps read those. For readers ten years of both tables are then some 7,000 files,
 * and not a million and a half.
 */
import { concurrently } from '../concurrently.ts';
import { addDays, utcDate } from '../days.ts';
import type { Ports } from '../ports.ts';
import { compactedFolder, dayOfKey, generationsRoot, outcomesRoot, recordsGathered } from '../protocol/keys.ts';
import { readState } from '../protocol/records.ts';
import { generations, units } from '../tables/index.ts';
import type { Table } from '../tables/table.ts';
import { auditScope } from './audit/drifts.ts';

export interface Compacted {
  table: string;
  dt: string;
  records: number;
}

/**
 * When a day rarely gets another record: its units are done two days later; a send day is computed again while its mail may be
 * opened, most of all in the first month.
 */
const SETTLED_AFTER_DAYS: readonly (readonly [table: Table, root: string, days: number])[] = [
  [units, outcomesRoot, 3],
  [generations, generationsRoot, 35],
];
/** Days that are looked at each day from then on; of older ones a part in turns, as by the audit. */
const DAYS_LOOKED_AT = 8;
const DAYS_AT_ONCE = 4;
const READS_AT_ONCE = 16;

/**
 * Costs a listing of folders for each table, and one for each day that is looked at; of a day with more records than its
 * file has, a read for each. A record that comes later is seen by readers once its day is looked at again, the next day or
 * within a month.
 */
export async function compact({
  lake,
  catalog,
  clock,
}: Pick<Ports, 'lake' | 'catalog' | 'clock'>): Promise<Compacted[]> {
  const scope = auditScope('daily', clock.now());
  const done: Compacted[] = [];
  for (const [table, root, days] of SETTLED_AFTER_DAYS) {
    const newest = addDays(utcDate(clock.now()), -days);
    const oldest = addDays(newest, -DAYS_LOOKED_AT);
    const due: string[] = [];
    for await (const folder of lake.prefixes(root)) {
      const dt = dayOfKey(folder);
      if (dt <= newest && (dt > oldest || scope.includesDay(dt))) due.push(dt);
    }
    const compacted = await concurrently(due, DAYS_AT_ONCE, (dt) => compactDay(table, `${root}dt=${dt}/`, dt));
    done.push(...compacted.flat());
  }
  return done;

  async function compactDay(table: Table, folder: string, dt: string): Promise<Compacted[]> {
    const [seen] = await catalog.locations(table.name, [dt]);
    // On a laptop readers find the records without a catalog.
    if (!seen) return [];
    const keys: string[] = [];
    for await (const { key } of lake.list(folder)) if (key.endsWith('.json')) keys.push(key);
    const gathered = recordsGathered(seen.location) ?? 1;
    if (keys.length <= gathered) return [];
    const records = await concurrently(keys, READS_AT_ONCE, (key) => readState<Record<string, unknown>>(lake, key));
    const lines = records.flatMap((record) => (record ? [`${JSON.stringify(columnsOf(table, record))}\n`] : []));
    const location = compactedFolder(table.name, dt, lines.length, clock.nonce());
    await lake.create(`${location}records.json`, lines.join(''));
    await catalog.switchPartition(table.name, { dt, location });
    return [{ table: table.name, dt, records: lines.length }];
  }
}

/** What a table's readers see of a record: the rest is for the steps. */
const columnsOf = (table: Table, record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.keys(table.columns).map((name) => [name, record[name] ?? null]));
