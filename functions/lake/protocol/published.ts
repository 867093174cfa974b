/**
 * Records which event types were seen of which mail, so that the rollup can tell "not published" from "did not happen". It
 * is kept in the records of the files, as their send days are, so that no step has to read four weeks of events for it.
 *
 * The rule: an event type is published for mail of a scope and send day if it was seen of that scope in the 28 days up to
 * that day. Mail sent that day counts, too, however much later its events come: the rollup's select sees to that. So a
 * type that stops coming (a broken tracking domain) is still expected for four weeks, and its rates are 0 and not NULL.
 */
import { addDays } from '../days.ts';

export const PUBLISHED_TYPES = ['send', 'delivered', 'open', 'click', 'unsubscribe', 'complaint'] as const;
export type PublishedType = (typeof PUBLISHED_TYPES)[number];

/** A configuration set, else sending identity, else Pinpoint project, else empty; and what was seen of it, in order. */
export interface SeenScope {
  scope: string;
  types: PublishedType[];
}

/** Days up to and with the send day in which an event shows that its type is published. */
export const PUBLISHED_DAYS = 28;

/** What an event shows of its scope: a click on the unsubscribe link shows two. */
export function typesShown(eventType: unknown, isUnsubscribe: unknown): readonly PublishedType[] {
  return PUBLISHED_TYPES.filter(
    (type) => type === eventType || (type === 'unsubscribe' && eventType === 'click' && isUnsubscribe === true),
  );
}

/** All that was seen, each scope once, in order. */
export function unionOf(lists: Iterable<readonly SeenScope[]>): SeenScope[] {
  const seen = new SeenTypes();
  for (const list of lists) for (const { scope, types } of list) for (const type of types) seen.add(scope, type);
  return seen.list();
}

/** Collects what is seen, event by event. */
export class SeenTypes {
  readonly #scopes = new Map<string, Set<PublishedType>>();

  add(scope: string, type: PublishedType): void {
    const types = this.#scopes.get(scope);
    if (types) types.add(type);
    else this.#scopes.set(scope, new Set([type]));
  }

  list(): SeenScope[] {
    return [...this.#scopes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([scope, types]) => ({ scope, types: PUBLISHED_TYPES.filter((type) => types.has(type)) }));
  }
}

/** What was seen in the days up to a send day. */
export function seenBefore(days: ReadonlyMap<string, readonly SeenScope[]>, sendDay: string): SeenScope[] {
  const lists: (readonly SeenScope[])[] = [];
  for (let back = 0; back < PUBLISHED_DAYS; back++) lists.push(days.get(addDays(sendDay, -back)) ?? []);
  return unionOf(lists);
}
