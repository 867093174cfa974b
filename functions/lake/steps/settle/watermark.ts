/**
 * When a day may be settled: it is finished, and nothing that could hold its events is on its way. So a backfill settles
 * each day about once, and not every hour.
 */

import { DAY_MS, HOUR_MS, startOfDay } from '../../days.ts';
import type { Ports, RawStore } from '../../ports.ts';
import { planFolder } from '../../protocol/keys.ts';
import type { OpenUnit } from '../../protocol/open-units.ts';
import { foldersOf, hourOfPrefix, hourPrefix } from '../../protocol/raw-prefixes.ts';
import { type RawSource, rawSources, sourceOf } from '../../protocol/raw-sources.ts';
import type { Settings } from '../../settings.ts';

/** Hours after midnight UTC at which a day counts as finished. */
const FINISHED_AFTER_HOURS = 3;
/** A unit that is open for longer no longer holds a day back; the audit raises an alarm. */
export const LONGEST_WAIT_MS = DAY_MS;

export const isFinished = (dt: string, now: number): boolean => now >= lastHour(dt);

/** Days ahead that mail of today may have events of: clocks differ. */
const DAYS_AHEAD = 2;

/** A day that no mail of today has events of, but for those with a wrong date. Nobody waits until it is finished who can't. */
export const isFarAhead = (dt: string, now: number): boolean => startOfDay(dt) > now + DAYS_AHEAD * DAY_MS;

/** Raw hours that can hold events of a day: from the day before (clocks differ) until it is finished. */
const firstHour = (dt: string): number => startOfDay(dt) - DAY_MS;
const lastHour = (dt: string): number => startOfDay(dt) + DAY_MS + FINISHED_AFTER_HOURS * HOUR_MS;

/**
 * Does an open unit hold the day back? Only units from raw hours D−1 00:00 to D+1 03:00 can hold the day's events; of a
 * layout without hours every unit can. A unit pending for over a day stops counting (and alarms). A replay holds no day
 * back: its few rows are taken in when they are there.
 */
export const isHeldBack = (dt: string, open: readonly OpenUnit[], settings: Layout, now: number): boolean =>
  heldBackCheck(open, settings, now)(dt);

/** The same for many days: the units are looked at once. */
export function heldBackCheck(open: readonly OpenUnit[], settings: Layout, now: number): (dt: string) => boolean {
  const prefixes = new Set<string>();
  for (const unit of open) if (unit.kind !== 'replay' && !isOverdue(unit, now)) prefixes.add(unit.rawPrefix);
  const hours = [...prefixes]
    .map((prefix) => {
      const { rawTemplate, objectNameOffsetHours } = sourceOf(settings, prefix);
      return rawTemplate === null ? null : hourOfPrefix(rawTemplate, prefix, objectNameOffsetHours);
    })
    .map((hour) => hour ?? Number.NEGATIVE_INFINITY)
    .sort((a, b) => a - b);
  const isAnyDay = hours[0] === Number.NEGATIVE_INFINITY;
  return (dt) => {
    const [from, to] = [firstHour(dt), lastHour(dt)];
    let [low, high] = [0, hours.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((hours[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return isAnyDay || (hours[low] ?? Number.POSITIVE_INFINITY) < to;
  };
}

export const isOverdue = ({ plannedAt }: Pick<OpenUnit, 'plannedAt'>, now: number): boolean =>
  now - plannedAt > LONGEST_WAIT_MS;

type Layout = Pick<Settings, 'rawTemplate' | 'objectNameOffsetHours' | 'otherSources'>;

/** Parents of hours whose folders are remembered: neighbouring days share theirs. */
const MOST_REMEMBERED = 256;

/**
 * Raw hours that hold something and are in no plan at all: while a backlog is being planned, a later hour may have been
 * planned before an earlier one, and no open unit tells of it. So the folders themselves are listed, twice for a
 * calendar day. An hour with a plan may still get objects, but those are late ones, which the next round takes in.
 */
export class UnplannedHours {
  readonly #layout: Layout;
  readonly #raw: FolderMemory;
  readonly #plans: FolderMemory;

  constructor({ raw, lake }: Pick<Ports, 'raw' | 'lake'>, layout: Layout) {
    this.#layout = layout;
    this.#raw = new FolderMemory(raw);
    this.#plans = new FolderMemory(lake);
  }

  /** Is there such an hour among those that can hold the day's events? Never in a source that has no hours. */
  async holdBack(dt: string): Promise<boolean> {
    for (const source of rawSources(this.#layout)) if (await this.#holdsBack(dt, source)) return true;
    return false;
  }

  async #holdsBack(dt: string, { rawTemplate, objectNameOffsetHours }: RawSource): Promise<boolean> {
    if (rawTemplate === null) return false;
    for (let hour = firstHour(dt); hour < lastHour(dt); hour += HOUR_MS) {
      for await (const prefix of foldersOf(this.#raw, hourPrefix(rawTemplate, hour, objectNameOffsetHours))) {
        if ((await this.#raw.has(prefix)) && !(await this.#plans.has(planFolder(prefix)))) return true;
      }
    }
    return false;
  }
}

/** The folders of a store, each parent listed once. */
class FolderMemory implements Pick<RawStore, 'prefixes'> {
  readonly #store: Pick<RawStore, 'prefixes'>;
  readonly #known = new Map<string, Promise<Set<string>>>();

  constructor(store: Pick<RawStore, 'prefixes'>) {
    this.#store = store;
  }

  async *prefixes(parent: string): AsyncGenerator<string> {
    yield* await this.#in(parent);
  }

  async has(folder: string): Promise<boolean> {
    const parent = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
    return (await this.#in(parent)).has(folder);
  }

  #in(parent: string): Promise<Set<string>> {
    const known = this.#known.get(parent);
    if (known) return known;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    const asked = Array.fromAsync(this.#store.prefixes(parent)).then((folders) => new Set(folders));
    this.#known.set(parent, asked);
    return asked;
  }
}
