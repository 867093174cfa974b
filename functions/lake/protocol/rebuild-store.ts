/**
 * The lake's store as transform sees it within a rebuild: the same keys, kept elsewhere (`keyInRebuild`), so that its plans,
 * tries, outcomes and files lie beside those of the lake, and no reader meets them.
 */
import type { Catalog, Queue, Store, StoredObject } from '../ports.ts';
import { keyInRebuild, keyOutOfRebuild } from './keys.ts';

export class RebuildStore implements Store {
  readonly #lake: Store;
  readonly #n: number;

  constructor(lake: Store, n: number) {
    this.#lake = lake;
    this.#n = n;
  }

  get hasTimedEtags(): boolean {
    return this.#lake.hasTimedEtags === true;
  }

  async *list(
    prefix: string,
    { after, shallow }: { after?: string; shallow?: boolean } = {},
  ): AsyncGenerator<StoredObject> {
    const options = { ...(after === undefined ? {} : { after: this.#in(after) }), ...(shallow ? { shallow } : {}) };
    for await (const object of this.#lake.list(this.#in(prefix), options)) {
      yield { ...object, key: keyOutOfRebuild(this.#n, object.key) };
    }
  }

  async *prefixes(prefix: string): AsyncGenerator<string> {
    for await (const folder of this.#lake.prefixes(this.#in(prefix))) yield keyOutOfRebuild(this.#n, folder);
  }

  get(key: string, options?: { ifMatch?: string }): ReturnType<Store['get']> {
    return this.#lake.get(this.#in(key), options);
  }

  create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    return this.#lake.create(this.#in(key), bytes);
  }

  remove(key: string): Promise<void> {
    return this.#lake.remove(this.#in(key));
  }

  #in(key: string): string {
    return keyInRebuild(this.#n, key);
  }
}

/** Takes the halves of a rebuild's units: with its number, and to where a backlog waits. */
export const queueOfRebuild = (queue: Queue, rebuild: number): Queue => ({
  send: (messages) =>
    queue.send(
      messages.map((message) => ({ ...message, rebuild })),
      'backfill',
    ),
});

/** Nobody reads what a rebuild writes before it is switched to, so no partition is made for it. */
export const NO_PARTITIONS: Catalog = {
  ensurePartitions: async () => {},
  switchPartition: async () => {},
  dropPartitions: async () => {},
  locations: async () => [],
};
