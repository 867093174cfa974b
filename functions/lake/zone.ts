/** Local time in time zones: with the same offset from UTC all year, or with summer time. */
import { HOUR_MS } from './days.ts';

/** Hours that a clock is ahead of UTC, all year; or the name of a time zone, such as `Europe/Berlin`. */
export type ZoneOffset = number | string;

const MINUTE_MS = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clock is ahead of UTC at an instant, ms. @throws RangeError if there is no such zone */
export function offsetMsAt(zone: ZoneOffset, ms: number): number {
  if (typeof zone === 'number') return zone * HOUR_MS;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
}

/**
 * The instants at which the zone's clock shows a time, in order: one; two in the hour that comes twice when the clock is
 * put back. A time that a clock put forward leaves out is taken as if it had not been.
 * @param shown what the clock shows, as if it were UTC, epoch ms
 */
export function instantsOf(zone: ZoneOffset, shown: number): number[] {
  if (typeof zone === 'number') return [shown - zone * HOUR_MS];
  const offsets = new Set([offsetMsAt(zone, shown - 15 * HOUR_MS), offsetMsAt(zone, shown + 15 * HOUR_MS)]);
  const found = [...offsets].map((offset) => shown - offset).filter((ms) => ms + offsetMsAt(zone, ms) === shown);
  const [before = 0] = offsets;
  return found.length > 0 ? found.sort((a, b) => a - b) : [shown - before];
}

export function isTimeZone(zone: string): boolean {
  try {
    offsetMsAt(zone, 0);
    return true;
  } catch {
    return false;
  }
}
