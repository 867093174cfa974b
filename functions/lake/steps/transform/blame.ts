/** Tells failures of the environment from failures that a unit's own data causes. */
import type { Ports, RawStore, Store, StoredBody } from '../../ports.ts';

type WatchedPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'clock'>;

/**
 * Tells failures of the environment from those of a unit: what a port call or the reading of a body threw is the
 * environment's (denied, throttled, disk full), and no unit is to be blamed for it. All else that is thrown between them
 * is the code's and the data's.
 */
export class PortFailures {
  readonly #failures = new WeakSet<object>();

  /** The same ports; what they throw is remembered. */
  watch({ raw, lake, catalog, clock }: WatchedPorts): WatchedPorts {
    return {
      raw: { hasTimedEtags: raw.hasTimedEtags ?? false, ...this.#watchRaw(raw) },
      lake: this.#watchStore(lake),
      catalog: {
        ensurePartitions: (table, partitions) => this.#seen(catalog.ensurePartitions(table, partitions)),
        switchPartition: (table, partition) => this.#seen(catalog.switchPartition(table, partition)),
        dropPartitions: (table, dts) => this.#seen(catalog.dropPartitions(table, dts)),
        locations: (table, dts) => this.#seen(catalog.locations(table, dts)),
      },
      clock,
    };
  }

  isPortFailure(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#failures.has(error);
  }

  #watchRaw(raw: RawStore): RawStore {
    return {
      list: (prefix, options) => this.#each(raw.list(prefix, options)),
      prefixes: (prefix) => this.#each(raw.prefixes(prefix)),
      get: async (key, options): Promise<StoredBody> => {
        const object = await this.#seen(raw.get(key, options));
        return { ...object, body: this.#each(object.body) };
      },
    };
  }

  #watchStore(store: Store): Store {
    return {
      ...this.#watchRaw(store),
      create: (key, bytes) => this.#seen(store.create(key, bytes)),
      remove: (key) => this.#seen(store.remove(key)),
    };
  }

  async #seen<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.#remember(error);
    }
  }

  /** No generator: one that is returned before its first value would not return its source, too. */
  #each<T>(items: AsyncIterable<T>): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        const source = items[Symbol.asyncIterator]();
        return {
          next: () => this.#seen(source.next()),
          return: async () => {
            await source.return?.();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  #remember(error: unknown): unknown {
    if (typeof error === 'object' && error !== null) this.#failures.add(error);
    return error;
  }
}
