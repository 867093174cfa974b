/** Tells what replays have read so far, from their plans and their units' outcomes: which bytes of which objects. */

import { concurrently } from '../../concurrently.ts';
import type { Store } from '../../ports.ts';
import { numberOf, plannedUnitOf } from '../../protocol/keys.ts';
import { leafOutcomes, type Outcomes } from '../../protocol/outcomes.ts';
import { type PlannedObject, readPlan, replayPlans } from '../../protocol/records.ts';

export interface ByteSpan {
  offset: number;
  length: number;
}

/** Bytes of a raw object; without a range all of them. */
export interface Region {
  key: string;
  range: ByteSpan | null;
}

/** One raw object in one replay. */
export interface Replayed {
  /** number of the replay's plan */
  n: number;
  object: PlannedObject;
  /** `open`: its unit has no outcome yet; `failed`: the object had gone or changed */
  status: 'open' | 'read' | 'failed';
}

const AT_ONCE = 16;

export class Replays {
  /** number of the next replay */
  next = 0;
  /** by raw key, in the order of their numbers */
  readonly #objects = new Map<string, Replayed[]>();
  /** planned unit → number of its replay */
  readonly #units = new Map<string, number>();

  /** Replays that were planned before this call; a unit that gets its outcome meanwhile may count as open. */
  static async read(lake: Pick<Store, 'list' | 'get'>, outcomes: Outcomes): Promise<Replays> {
    const plans: { key: string; n: number }[] = [];
    for await (const { key } of replayPlans(lake)) plans.push({ key, n: numberOf(key) ?? 0 });
    plans.sort((a, b) => a.n - b.n);

    const replays = new Replays();
    const read = await concurrently(plans, AT_ONCE, async ({ key, n }) => {
      const { units } = await readPlan(lake, key);
      return concurrently(units, AT_ONCE, async (unit) => ({ n, unit, leaves: await leafOutcomes(outcomes, unit.id) }));
    });
    for (const { n, unit, leaves } of read.flat()) {
      // One that was rewritten before anybody had read it was read as it was then.
      const unread = leaves?.flatMap(({ problems }) => problems.filter(({ etag }) => etag === undefined));
      const failed = new Set(unread?.map(({ key }) => key));
      replays.#units.set(unit.id, n);
      for (const object of unit.objects) {
        const status = !leaves ? 'open' : failed.has(object.key) ? 'failed' : 'read';
        const before = replays.#objects.get(object.key);
        if (before) before.push({ n, object, status });
        else replays.#objects.set(object.key, [{ n, object, status }]);
      }
    }
    replays.next = (plans.at(-1)?.n ?? -1) + 1;
    return replays;
  }

  /** The replay that an attempt belongs to; −1 for a first reading. */
  of(attempt: string): number {
    return this.#units.get(plannedUnitOf(attempt)) ?? -1;
  }

  /** Replays after number `n` that took in these bytes, or some of them, in order. */
  after(n: number, { key, range }: Region): Replayed[] {
    return (this.#objects.get(key) ?? []).filter(
      ({ n: number, object: { ranges } }) => number > n && (!range || !ranges || overlapsAny(range, ranges)),
    );
  }

  /** What a replay read of an object. */
  objectIn(n: number, key: string): PlannedObject | undefined {
    return this.#objects.get(key)?.find((replayed) => replayed.n === n)?.object;
  }
}

/** Whether one of the spans, which are in order and don't overlap each other, overlaps the range. */
export function overlapsAny({ offset, length }: ByteSpan, spans: readonly ByteSpan[]): boolean {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.offset ?? 0) < offset + length) low = middle + 1;
    else high = middle;
  }
  const last = spans[low - 1];
  return last !== undefined && last.offset + last.length > offset;
}
