/**
 * Which send days of `recipient_messages` are stale: their newest generation didn't read what is there now, was
 * computed by other SQL, seeds or settings, or its files are not what they were.
 */

import { concurrently } from '../../concurrently.ts';
import { ABSURD_DAY, addDays, daysBetween, utcDate } from '../../days.ts';
import type { Input, Ports } from '../../ports.ts';
import { liveDays, unseenAttempts } from '../../protocol/day-files.ts';
import { ErasureState } from '../../protocol/erasures.ts';
import { type ExpiredDays, expiredDays } from '../../protocol/expired.ts';
import { generationKey, generationOfKey, generationsRoot } from '../../protocol/keys.ts';
import type { OpenUnit } from '../../protocol/open-units.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import { PUBLISHED_DAYS, type SeenScope, seenBefore, unionOf } from '../../protocol/published.ts';
import { heal } from '../../protocol/readers.ts';
import { type Generation, type RollupInput, readableGeneration } from '../../protocol/records.ts';
import { faultsOf, isWhole } from '../../protocol/settled-files.ts';
import type { Settings } from '../../settings.ts';
import { events, recipientMessages } from '../../tables/index.ts';
import { heldBackCheck } from '../settle/watermark.ts';
import { dayInputs } from '../settle.ts';

/** The files of one day of events, by their immutable locations. */
export interface DayInput extends RollupInput {
  inputs: Input[];
  sendDays: string[];
  rows: number;
  published: readonly SeenScope[];
  /** up to which erasure its rows were looked through; left out: there was none */
  erasures?: number;
}

/** A send day whose input isn't what its newest generation read; n is the next one. */
export interface StaleDay {
  dt: string;
  n: number;
  reads: DayInput[];
  /** what the days up to it show to be published */
  published: SeenScope[];
}

export interface StaleOptions {
  settings: Settings;
  /** days after the send day in which events count for a mail */
  window: number;
  /**
   * `hourly`: the last three send days; `all`, for daily runs: every one, which costs two reads for each day there is
   */
  reach: 'hourly' | 'all';
  /** what computes a send day today (rollup.ts, rollupRecipe) */
  recipe: string;
  /** send days whose files an audit has found damaged, whatever a listing says */
  damaged: ReadonlySet<string>;
  /** days of another recipe that are given out, newest first */
  mostOutdated: number;
  /** units that may hold a backlog's send days back */
  open: readonly OpenUnit[];
  /** only these; what they read is looked at, and no other day. Left out: all in reach */
  days?: ReadonlySet<string>;
}

/** Send days before today that an hourly run looks at. */
const HOURLY_DAYS = 2;
const AT_ONCE = 16;
const LAST_DAY = '9999-12-31';

/** The rows of events that happened on a send day: about as many as its mail has. */
export const rowsOn = ({ dt, reads }: Pick<StaleDay, 'dt' | 'reads'>): number =>
  reads.find((read) => read.dt === dt)?.rows ?? 0;

/** Stale send days, in order. */
export async function staleSendDays(
  { lake, catalog, clock }: Pick<Ports, 'lake' | 'catalog' | 'clock'>,
  { settings, window, reach, open, recipe, damaged, mostOutdated, days }: StaleOptions,
): Promise<StaleDay[]> {
  const now = clock.now();
  const today = utcDate(now);
  const isHeldBack = heldBackCheck(open, settings, now);
  const recent = addDays(today, -HOURLY_DAYS);
  const named = [...(days ?? [])].sort();
  const first = named[0] ?? (reach === 'hourly' ? recent : '');
  // Clocks differ: an event may come from the day before its mail was sent.
  const earliest = first === '' ? '' : addDays(first, 1 - PUBLISHED_DAYS);
  const latest = addDays(named.at(-1) ?? LAST_DAY, named.length > 0 ? window : 0);
  const numbers = await newestNumbers(lake, earliest, latest);
  const expired = await expiredDays(lake);
  const { available, unreadable } = await eventDays(lake, { numbers, expired }, earliest, latest);
  /** Its rows, or what is published, may rest on such a day: it stays as it is. */
  const isUnknown = (dt: string): boolean => {
    const [from, to] = [addDays(dt, 1 - PUBLISHED_DAYS), addDays(dt, window)];
    return unreadable.some((day) => day >= from && day <= to);
  };
  const shown = new Map(available.map(({ dt, published }) => [dt, published]));
  const bySend = bySendDay(available, window).filter(
    ([dt]) => dt >= first && (!days || days.has(dt)) && !isFrozen(expired, dt) && !isUnknown(dt) && !isWaiting(dt),
  );
  const candidates = await concurrently(
    bySend,
    AT_ONCE,
    async ([dt, reads]): Promise<(StaleDay & { isOutdated: boolean })[]> => {
      const n = numbers.get(dt)?.rollup;
      const newest =
        n === undefined ? null : await readableGeneration(lake, generationKey(recipientMessages.name, dt, n));
      const published = seenBefore(shown, dt);
      const stale = { dt, n: (n ?? -1) + 1, reads, published };
      // One of before there was such a thing is outdated by its recipe.
      const isShownElse = newest?.published !== undefined && !isSame(newest.published, published);
      if (!newest || isShownElse || !isSameInput(newest.inputs ?? [], reads)) return [{ ...stale, isOutdated: false }];
      if (damaged.has(dt) || !isWhole(await faultsOf(lake, newest, 'listing')))
        return [{ ...stale, isOutdated: false }];
      if (newest.recipe !== recipe) return [{ ...stale, isOutdated: true }];
      // Nothing to compute; but the run that made this generation may have died before the switch.
      if (newest.rows_out > 0 || newest.generation > 0) {
        await heal({ lake, catalog, clock }, recipientMessages.name, newest);
      }
      return [];
    },
  );
  const outdated = candidates.flat().filter(({ isOutdated }) => isOutdated);
  const left = new Set(outdated.slice(0, Math.max(0, outdated.length - mostOutdated)));
  return candidates.flat().filter((day) => !left.has(day));

  /** In a backfill a send day waits until its days of events have come; mail of these days is never waited for. */
  function isWaiting(dt: string): boolean {
    if (dt >= recent || open.length === 0) return false;
    const last = addDays(dt, window) < recent ? addDays(dt, window) : addDays(recent, -1);
    for (const day of daysBetween(addDays(dt, -1), last)) if (isHeldBack(day)) return true;
    return false;
  }
}

/**
 * A send day of which an input has expired stays as it was computed last: computed again it would lack rows. So events have to be kept
 * for as long as mail may be answered. Its own rows may go sooner or later than they.
 */
export const isFrozen = (expired: ExpiredDays, dt: string): boolean =>
  expired.has(recipientMessages.name, dt) || expired.has(events.name, addDays(dt, -1));

/** Only these fields say what was read. */
export const inputOf = ({ dt, generation, attempts }: RollupInput): RollupInput => ({ dt, generation, attempts });

const isSame = (before: unknown, now: unknown): boolean => JSON.stringify(before) === JSON.stringify(now);

const isSameInput = (before: readonly RollupInput[], now: readonly RollupInput[]): boolean =>
  isSame(before.map(inputOf), now.map(inputOf));

/** The newest generation's number of events and of the rollup for each day from `first` to `last`, by one listing. */
async function newestNumbers(
  lake: Pick<Ports['lake'], 'list'>,
  first: string,
  last: string,
): Promise<Map<string, { events?: number; rollup?: number }>> {
  const found = new Map<string, { events?: number; rollup?: number }>();
  const after = first === '' ? {} : { after: `${generationsRoot}dt=${first}` };
  for await (const { key } of lake.list(generationsRoot, after)) {
    const record = generationOfKey(key);
    if (!record) continue;
    const { table, dt, n } = record;
    const of = table === events.name ? 'events' : table === recipientMessages.name ? 'rollup' : null;
    if (dt > last) break;
    if (of === null) continue;
    const day = found.get(dt) ?? {};
    day[of] = Math.max(n, day[of] ?? n);
    found.set(dt, day);
  }
  return found;
}

/**
 * By day of events: the newest generation and the live attempts that it hasn't seen; of a day that has expired what it had shown.
 * And the days whose newest generation's record can't be read: of their rows nobody knows until an audit has them made again.
 */
async function eventDays(
  lake: Ports['lake'],
  { numbers, expired }: { numbers: ReadonlyMap<string, { events?: number }>; expired: ExpiredDays },
  first: string,
  last: string,
): Promise<{ available: DayInput[]; unreadable: string[] }> {
  const unreadable: string[] = [];
  const outcomes = new Outcomes(lake);
  const erasures = await ErasureState.of(lake);
  // Once the collector has been there, a settled day has no live folder any more.
  const live = new Set(await liveDays(lake, events.name));
  const settled = [...numbers].flatMap(([dt, n]) => (n.events === undefined ? [] : [dt]));
  const dts = [...new Set([...live, ...settled])].filter((dt) => dt !== ABSURD_DAY && dt >= first && dt <= last).sort();
  const found = await concurrently(dts, AT_ONCE, async (dt): Promise<DayInput[]> => {
    const n = numbers.get(dt)?.events;
    const newest = n === undefined ? null : await readableGeneration(lake, generationKey(events.name, dt, n));
    if (n !== undefined && newest === null) {
      unreadable.push(dt);
      return [];
    }
    if (expired.has(events.name, dt)) {
      const published = newest?.published ?? [];
      return [{ dt, generation: n ?? null, attempts: [], inputs: [], sendDays: [], rows: 0, published }];
    }
    const seen = new Set(newest?.attempt_list);
    const unseen = live.has(dt) ? await unseenAttempts(lake, outcomes, events.name, dt, seen) : [];
    const inputs = dayInputs(events.name, dt, newest, unseen);
    // Of a day whose rows were all erased send days are computed once more, to nothing.
    if (inputs.length === 0 && newest === null) return [];
    return [
      {
        dt,
        generation: n ?? null,
        attempts: unseen.map(({ attempt }) => attempt),
        inputs,
        sendDays: sendDaysOf(newest, unseen),
        rows: unseen.reduce((sum, attempt) => sum + attempt.rows, newest?.rows_out ?? 0),
        published: unionOf([newest?.published ?? [], ...unseen.map(({ published }) => published)]),
        ...erasures.knownInAll(newest, unseen),
      },
    ];
  });
  return { available: found.flat(), unreadable };
}

const sendDaysOf = (newest: Generation | null, unseen: readonly { send_days: string[] }[]): string[] => [
  ...new Set([newest?.send_days ?? [], ...unseen.map(({ send_days }) => send_days)].flat()),
];

/**
 * The send days there are, in order, each with the days of events that hold something of its mail: from the day before
 * to the end of the attribution window.
 */
function bySendDay(available: readonly DayInput[], window: number): [dt: string, reads: DayInput[]][] {
  const found = new Map<string, DayInput[]>();
  for (const input of available) {
    for (const dt of input.sendDays) {
      // no mail was sent on the day of absurd times
      if (dt === ABSURD_DAY || input.dt < addDays(dt, -1) || input.dt > addDays(dt, window)) continue;
      const reads = found.get(dt);
      if (reads) reads.push(input);
      else found.set(dt, [input]);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
