/** The catalog port in memory, for tests. */
import type { Catalog, Partition } from '#lake/ports.ts';
import { TABLES } from '#lake/tables/index.ts';

/** A catalog in memory. */
export class MemoryCatalog implements Catalog {
  readonly #tables = new Map(Object.keys(TABLES).map((name) => [name, new Map<string, string>()]));

  async ensurePartitions(table: string, partitions: readonly Partition[]): Promise<void> {
    const known = this.#of(table, partitions);
    for (const { dt, location } of partitions) if (!known.has(dt)) known.set(dt, location);
  }

  async switchPartition(table: string, partition: Partition): Promise<void> {
    this.#of(table, [partition]).set(partition.dt, partition.location);
  }

  async dropPartitions(table: string, dts: readonly string[]): Promise<void> {
    for (const dt of dts) this.#of(table, []).delete(dt);
  }

  async locations(table: string, dts?: readonly string[]): Promise<Partition[]> {
    const asked = dts && new Set(dts);
    return [...this.#of(table, [])]
      .filter(([dt]) => asked?.has(dt) ?? true)
      .map(([dt, location]) => ({ dt, location }))
      .sort((a, b) => (a.dt < b.dt ? -1 : 1));
  }

  #of(table: string, partitions: readonly Partition[]): Map<string, string> {
    const known = this.#tables.get(table);
    if (!known) throw new Error(`catalog has no such table: ${table}`);
    for (const { dt, location } of partitions) {
      if (!/^\d{4}-\d\d-\d\d$/.test(dt)) throw new Error(`partition day is not YYYY-MM-DD: ${dt}`);
      if (!location.endsWith('/')) throw new Error(`partition location must end in "/": ${location}`);
    }
    return known;
  }
}
