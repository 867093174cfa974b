/** A simulated catalog. */
import type { Partition } from '#lake/ports.ts';
import { TABLES } from '#lake/tables/index.ts';

/** Told of each change of where readers are pointed; undefined: nowhere. */
export type PartitionWatcher = (
  table: string,
  dt: string,
  location: string | undefined,
  before: string | undefined,
) => void;

/** What the catalog holds: by table and day, where readers are pointed. Each call takes effect at once. */
export class Partitions {
  readonly #tables = new Map(Object.keys(TABLES).map((name) => [name, new Map<string, string>()]));
  watcher: PartitionWatcher = () => {};
  /** changes so far */
  changes = 0;

  ensure(table: string, partitions: readonly Partition[]): void {
    for (const { dt, location } of partitions) {
      if (!this.#of(table).has(dt)) this.#point(table, dt, location);
    }
  }

  switch(table: string, { dt, location }: Partition): void {
    this.#point(table, dt, location);
  }

  drop(table: string, dts: readonly string[]): void {
    for (const dt of dts) {
      const before = this.#of(table).get(dt);
      if (!this.#of(table).delete(dt)) continue;
      this.changes++;
      this.watcher(table, dt, undefined, before);
    }
  }

  location(table: string, dt: string): string | undefined {
    return this.#of(table).get(dt);
  }

  locations(table: string, dts?: readonly string[]): Partition[] {
    const known = this.#of(table);
    return (dts ?? [...known.keys()]).toSorted().flatMap((dt) => {
      const location = known.get(dt);
      return location === undefined ? [] : [{ dt, location }];
    });
  }

  #point(table: string, dt: string, location: string): void {
    const known = this.#of(table);
    const before = known.get(dt);
    if (before === location) return;
    known.set(dt, location);
    this.changes++;
    this.watcher(table, dt, location, before);
  }

  #of(table: string): Map<string, string> {
    const known = this.#tables.get(table);
    if (!known) throw new Error(`catalog has no such table: ${table}`);
    return known;
  }
}
