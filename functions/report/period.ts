/** The period of a report, and the period before it to compare with. */
import { DAY_MS } from '#lake/days.ts';
import type { Ask } from './rows.ts';

/** Send days, `YYYY-MM-DD`, both ends included. */
export interface Days {
  from: string;
  to: string;
}

export interface Period extends Days {
  /** as many days just before, if there is mail in them */
  before: Days | null;
  /** what charts show: the days before and the period */
  shown: Days;
}

export interface DayVolume {
  date: string;
  sent: number;
}

/** Six whole weeks at most: long enough for a trend, and weekdays weigh the same in both periods. */
const LONGEST = 42;

/** The days with mail, ascending. */
export async function loadVolumes(ask: Ask): Promise<DayVolume[]> {
  // What deliverability_facts counts as sent, without all else by which it groups.
  const rows = await ask(
    'select cast(send_date as varchar) as send_date, count(*) as sent from message_outcomes where is_sent and not is_simulator group by 1 order by 1',
  );
  return rows.map((row) => ({ date: row.text('send_date'), sent: row.number('sent') }));
}

/**
 * The days that the report is about. Without options: as many of the newest whole weeks, six at most, as have weeks
 * before them to be compared with; all days if there are less than two weeks. Null if no mail was sent.
 *
 * @param volumes the days with mail, ascending
 * @throws RangeError if a date is none or `from` is after `to`
 */
export function periodOf(volumes: readonly DayVolume[], asked: { from?: string; to?: string }): Period | null {
  if (asked.from !== undefined) instantOf(asked.from);
  if (asked.to !== undefined) instantOf(asked.to);
  if (asked.from !== undefined && asked.to !== undefined && asked.from > asked.to)
    throw new RangeError(`the report's first day is after its last: ${asked.from} > ${asked.to}`);
  const known = plausible(volumes);
  const first = known[0]?.date;
  const last = known.at(-1)?.date;
  if (first === undefined || last === undefined) return null;
  const to = asked.to ?? (asked.from !== undefined && asked.from > last ? asked.from : last);
  const from = asked.from ?? later(to, 1 - usualLength(first, to));
  const length = distance(from, to) + 1;
  const before = { from: later(from, -length), to: later(from, -1) };
  const hasBefore = volumes.some(({ date }) => date >= before.from && date <= before.to);
  return { from, to, before: hasBefore ? before : null, shown: { from: hasBefore ? before.from : from, to } };
}

export const later = (date: string, days: number): string =>
  new Date(instantOf(date) + days * DAY_MS).toISOString().slice(0, 10);

/** Days from one date to another. */
export const distance = (from: string, to: string): number => (instantOf(to) - instantOf(from)) / DAY_MS;

/** Every day, ends included. */
export const eachDay = ({ from, to }: Days): string[] =>
  Array.from({ length: distance(from, to) + 1 }, (_, i) => later(from, i));

/** SQL for a column of type date. The dates were checked, so they can't be anything but dates. */
export const within = (column: string, { from, to }: Days): string =>
  `${column} between date '${from}' and date '${to}'`;

function usualLength(first: string, to: string): number {
  const known = Math.max(1, distance(first, to) + 1);
  const weeks = Math.floor(known / 14);
  return weeks === 0 ? known : Math.min(weeks * 7, LONGEST);
}

/** Leaves out a few mails that wrong clocks put far from all others: the period would be empty but for them. */
function plausible(volumes: readonly DayVolume[]): readonly DayVolume[] {
  const total = volumes.reduce((sum, { sent }) => sum + sent, 0);
  const islands: DayVolume[][] = [];
  for (const volume of volumes) {
    const island = islands.at(-1);
    const newest = island?.at(-1);
    if (island && newest && distance(newest.date, volume.date) <= 45) island.push(volume);
    else islands.push([volume]);
  }
  const large = islands.filter((island) => island.reduce((sum, { sent }) => sum + sent, 0) >= total / 100);
  return large.length > 0 ? large.flat() : volumes;
}

function instantOf(date: string): number {
  const instant = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(instant) || new Date(instant).toISOString().slice(0, 10) !== date)
    throw new RangeError(`not a date like 2026-10-30: ${date}`);
  return instant;
}

/** Days in which most opens and clicks come in: the horizon at which they are compared. */
const GROWING = 3;

/** The first day whose mail is still being opened and clicked. @param newest the day of the newest data */
export const growingFrom = (newest: string): string => later(newest, -GROWING);
