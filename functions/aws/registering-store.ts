/** A lake store that adds a day's partition to the catalog before the day's first record is written. */
import type { Catalog, Store, StoredBody, StoredObject } from '#lake/ports.ts';
import { auditsRoot, generationsRoot, outcomesRoot } from '#lake/protocol/keys.ts';
import { audits, generations, units } from '#lake/tables/index.ts';

/** Folders of the protocol's own records, which readers see as tables. */
const ROOTS: readonly (readonly [root: string, table: string])[] = [
  [outcomesRoot, units.name],
  [generationsRoot, generations.name],
  [auditsRoot, audits.name],
];

/**
 * The lake's store, which tells the catalog of the days of `units`, `generations` and `audits` before the first record of
 * a day is created: so readers see every record, whatever process dies and when. A day whose record doesn't come
 * after all has an empty partition, which no reader notices. Partition projection would do without, but would have every
 * query without a day list each day since 1970.
 */
export class RegisteringStore implements Store {
  readonly #store: Store;
  readonly #catalog: Pick<Catalog, 'ensurePartitions'>;
  /** days that this instance has asked for */
  readonly #known = new Set<string>();

  constructor(store: Store, catalog: Pick<Catalog, 'ensurePartitions'>) {
    this.#store = store;
    this.#catalog = catalog;
  }

  list(prefix: string, options?: { after?: string; shallow?: boolean }): AsyncIterable<StoredObject> {
    return this.#store.list(prefix, options);
  }

  prefixes(prefix: string): AsyncIterable<string> {
    return this.#store.prefixes(prefix);
  }

  get(key: string, options?: { ifMatch?: string }): Promise<StoredBody> {
    return this.#store.get(key, options);
  }

  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    const [root, table] = ROOTS.find(([start]) => key.startsWith(start)) ?? [];
    if (root !== undefined && table !== undefined) await this.#register(root, table, key.slice(root.length));
    return this.#store.create(key, bytes);
  }

  remove(key: string): Promise<void> {
    return this.#store.remove(key);
  }

  async #register(root: string, table: string, rest: string): Promise<void> {
    const dt = /^dt=(\d{4}-\d\d-\d\d)\//.exec(rest)?.[1];
    if (dt === undefined || this.#known.has(`${table} ${dt}`)) return;
    await this.#catalog.ensurePartitions(table, [{ dt, location: `${root}dt=${dt}/` }]);
    this.#known.add(`${table} ${dt}`);
  }
}
