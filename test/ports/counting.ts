/** Ports that count their calls as S3 would bill them and take a given time for each, on a clock of their own. */
import type { RawStore, Store, StoredObject } from '#lake/ports.ts';

const PAGE = 1000;

/** Time that passes only when everybody waits: many calls of 30 ms side by side take 30 ms, and no second of ours. */
export class SimulatedTime {
  now = 0;
  readonly #waiting: { at: number; wake: () => void }[] = [];
  #isTurning = false;

  sleep(ms: number): Promise<void> {
    const asked = new Promise<void>((wake) => this.#waiting.push({ at: this.now + ms, wake }));
    if (!this.#isTurning) {
      this.#isTurning = true;
      setImmediate(() => this.#turn());
    }
    return asked;
  }

  /** The loop is idle: nobody has anything to do before the next one wakes. */
  #turn(): void {
    this.#isTurning = false;
    if (this.#waiting.length === 0) return;
    this.now = this.#waiting.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
    const due = this.#waiting.filter(({ at }) => at <= this.now);
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(({ at }) => at > this.now));
    for (const { wake } of due) wake();
    if (this.#waiting.length > 0 && !this.#isTurning) {
      this.#isTurning = true;
      setImmediate(() => this.#turn());
    }
  }
}

export interface Calls {
  /** one for each 1,000 keys or folders, and for an empty answer */
  list: number;
  get: number;
  create: number;
  remove: number;
}

export interface Counting<T> {
  store: T;
  calls: Calls;
}

export function countingRaw(of: RawStore, { time = new SimulatedTime(), callMs = 0 } = {}): Counting<RawStore> {
  const calls: Calls = { list: 0, get: 0, create: 0, remove: 0 };
  const call = async (kind: keyof Calls): Promise<void> => {
    calls[kind]++;
    if (callMs > 0) await time.sleep(callMs);
  };
  async function* paged<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    let n = 0;
    for await (const item of items) {
      if (n++ % PAGE === 0) await call('list');
      yield item;
    }
    if (n === 0) await call('list');
  }
  const store: RawStore = {
    list: (prefix, options): AsyncIterable<StoredObject> => paged(of.list(prefix, options)),
    prefixes: (prefix) => paged(of.prefixes(prefix)),
    async get(key, options) {
      await call('get');
      return of.get(key, options);
    },
  };
  return { store, calls };
}

export function countingStore(of: Store, { time = new SimulatedTime(), callMs = 0 } = {}): Counting<Store> {
  const { store, calls } = countingRaw(of, { time, callMs });
  const call = async (kind: keyof Calls): Promise<void> => {
    calls[kind]++;
    if (callMs > 0) await time.sleep(callMs);
  };
  return {
    calls,
    store: {
      ...store,
      async create(key, bytes) {
        await call('create');
        return of.create(key, bytes);
      },
      async remove(key) {
        await call('remove');
        return of.remove(key);
      },
    },
  };
}
