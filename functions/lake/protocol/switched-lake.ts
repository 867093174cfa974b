/**
 * The lake as it is going to be once readers are switched to a rebuild: the days that it has made are the newest generations.
 * What a rollup computes over it waits beside them. All else is as it is.
 */
import { MissingObject, type Store, type StoredBody, type StoredObject } from '../ports.ts';
import { compareKeys } from './key-order.ts';
import { generationKey, generationOfKey, generationsRoot, rebuiltDayKey, rebuiltDaysRoot } from './keys.ts';

export class SwitchedLake implements Store {
  readonly hasTimedEtags: boolean;
  readonly #lake: Store;
  readonly #n: number;
  /** by the key that it is going to have */
  readonly #made = new Map<string, StoredObject>();

  private constructor(lake: Store, n: number) {
    this.#lake = lake;
    this.#n = n;
    this.hasTimedEtags = lake.hasTimedEtags === true;
  }

  /** One listing. What the rebuild makes of its days later is not in it. */
  static async of(lake: Store, n: number): Promise<SwitchedLake> {
    const switched = new SwitchedLake(lake, n);
    for await (const object of lake.list(rebuiltDaysRoot(n))) {
      const made = generationOfKey(object.key);
      if (made) switched.#made.set(generationKey(made.table, made.dt, made.n), object);
    }
    return switched;
  }

  async *list(prefix: string, options: { after?: string; shallow?: boolean } = {}): AsyncGenerator<StoredObject> {
    if (!prefix.startsWith(generationsRoot)) {
      yield* this.#lake.list(prefix, options);
      return;
    }
    const { after = '' } = options;
    const added = [...this.#made]
      .filter(([key]) => key.startsWith(prefix) && (after === '' || compareKeys(key, after) > 0))
      .map(([key, object]) => ({ ...object, key }))
      .sort((a, b) => compareKeys(a.key, b.key));
    for await (const object of this.#lake.list(prefix, options)) {
      for (let [first] = added; first && compareKeys(first.key, object.key) < 0; [first] = added) {
        added.shift();
        yield first;
      }
      // The lake has come to this number itself.
      if (added[0]?.key === object.key) added.shift();
      yield object;
    }
    yield* added;
  }

  prefixes(prefix: string): AsyncIterable<string> {
    return this.#lake.prefixes(prefix);
  }

  async get(key: string, options?: { ifMatch?: string }): Promise<StoredBody> {
    const made = this.#made.get(key);
    if (!made) return this.#lake.get(key, options);
    try {
      return await this.#lake.get(key, options);
    } catch (error) {
      if (!(error instanceof MissingObject)) throw error;
      return { ...(await this.#lake.get(made.key, options)), key };
    }
  }

  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    const made = generationOfKey(key);
    if (!made || !key.startsWith(generationsRoot)) return this.#lake.create(key, bytes);
    const real = rebuiltDayKey(this.#n, made.table, made.dt, made.n);
    if (!(await this.#lake.create(real, bytes))) return false;
    for await (const object of this.#lake.list(real)) this.#made.set(key, object);
    return true;
  }

  remove(key: string): Promise<void> {
    return this.#lake.remove(key);
  }
}
