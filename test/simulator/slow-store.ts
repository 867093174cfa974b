/**
 * A raw bucket of any size, made while it is listed, and a clock that goes on by a fixed time for each round trip: how long
 * a step would take, without waiting for it. Calls made at once take one round trip together.
 */

import type { Ports } from '#lake/ports.ts';
import { type Clock, MissingObject, type Store, type StoredObject, type UnitMessage } from '#lake/ports.ts';
import { plansRoot } from '#lake/protocol/keys.ts';
import type { PlanPorts } from '#lake/steps/plan.ts';

/** Objects in a page of a listing (S3: ListObjectsV2). */
const PAGE = 1000;

export interface RawHours {
  /** prefixes of hours, in order of keys */
  prefixes: readonly string[];
  /** objects in each */
  objects: number;
}

/** Time that passes only while everybody waits. */
export class RoundTrips implements Clock {
  readonly #ms: number;
  #now: number;
  #nonces = 0;
  #waiting: { until: number; go: () => void }[] = [];
  calls = 0;

  constructor(startedAt: number, msPerCall: number) {
    this.#now = startedAt;
    this.#ms = msPerCall;
  }

  now(): number {
    return this.#now;
  }

  nonce(): string {
    return (++this.#nonces).toString(16).padStart(16, '0');
  }

  /** One call: resolves a round trip later. */
  trip(): Promise<void> {
    this.calls++;
    return new Promise((go) => {
      if (this.#waiting.push({ until: this.#now + this.#ms, go }) === 1) setImmediate(() => this.#goOn());
    });
  }

  /** Calls of one moment end at one moment, as the time for each is the same. */
  #goOn(): void {
    const [first] = this.#waiting;
    if (!first) return;
    this.#now = first.until;
    const due = this.#waiting.filter(({ until }) => until <= this.#now);
    this.#waiting = this.#waiting.filter(({ until }) => until > this.#now);
    if (this.#waiting.length > 0) setImmediate(() => this.#goOn());
    for (const { go } of due) go();
  }
}

export interface Sealed {
  plans: number;
  objects: number;
  messages: number;
}

/** The ports of a planner over such a bucket. Of plans only their number of objects is kept, so that memory is the planner's. */
export function planPorts(
  trips: RoundTrips,
  { prefixes, objects }: RawHours,
  sealed: Sealed,
): PlanPorts & Pick<Ports, 'queue'> {
  const known = new Set(prefixes);
  const plans = new Set<string>();
  const lake: Store = {
    async *list(prefix) {
      await trips.trip();
      for (const key of plans) if (key.startsWith(prefix)) yield { key, size: 1, etag: '', modified: trips.now() };
    },
    async *prefixes(): AsyncGenerator<string> {
      await trips.trip();
      yield* [];
    },
    async get(key) {
      await trips.trip();
      throw new MissingObject(key);
    },
    async create(key, bytes) {
      await trips.trip();
      if (plans.has(key)) return false;
      plans.add(key);
      if (key.startsWith(plansRoot)) sealed.plans++;
      sealed.objects +=
        Buffer.from(bytes)
          .toString()
          .match(/"key":/g)?.length ?? 0;
      return true;
    },
    async remove() {
      await trips.trip();
    },
  };
  return {
    clock: trips,
    lake,
    raw: {
      async *list(prefix): AsyncGenerator<StoredObject> {
        await trips.trip();
        if (!known.has(prefix)) return;
        for (let i = 0; i < objects; i++) {
          if (i > 0 && i % PAGE === 0) await trips.trip();
          yield {
            key: `${prefix}mail-${String(i).padStart(6, '0')}`,
            size: 2000,
            etag: `"${i}"`,
            modified: trips.now(),
          };
        }
      },
      async *prefixes(prefix): AsyncGenerator<string> {
        await trips.trip();
        let last = '';
        for (const one of prefixes) {
          if (!one.startsWith(prefix)) continue;
          const folder = one.slice(0, one.indexOf('/', prefix.length) + 1);
          if (folder !== last) yield folder;
          last = folder;
        }
      },
      get: async (key) => {
        throw new MissingObject(key);
      },
    },
    queue: {
      async send(messages: readonly UnitMessage[]) {
        await trips.trip();
        sealed.messages += messages.length;
      },
    },
  };
}
