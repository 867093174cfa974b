/** Days and hours of the quarter that is generated. Instants are epoch ms, UTC. */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '#lake/days.ts';

export const SECOND = 1000;

const days = new Map<number, string>();

/** `2026-10-30` of an instant, in UTC */
export function dayOf(instant: number): string {
  const number = Math.floor(instant / DAY_MS);
  const known = days.get(number);
  if (known !== undefined) return known;
  const day = new Date(instant).toISOString().slice(0, 10);
  days.set(number, day);
  return day;
}

const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));

/** As Date's toISOString, at a fifth of its time, for instants of the years 0 to 9999. */
export function isoOf(instant: number): string {
  const ms = instant - startOfDay(instant);
  const time = `${TWO[Math.floor(ms / HOUR_MS)]}:${TWO[Math.floor(ms / MINUTE_MS) % 60]}:${TWO[Math.floor(ms / SECOND) % 60]}`;
  return `${dayOf(instant)}T${time}.${THREE[ms % 1000]}Z`;
}

export const startOfDay = (instant: number): number => Math.floor(instant / DAY_MS) * DAY_MS;

/** Midnight UTC of `YYYY-MM-DD`. @throws RangeError if there is no such day */
export function midnight(date: string): number {
  const instant = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(instant) || dayOf(instant) !== date) throw new RangeError(`not a date like 2026-10-30: ${date}`);
  return instant;
}

/** 0 is Sunday. */
export const weekdayOf = (instant: number): number => (Math.floor(instant / DAY_MS) + 4) % 7;

/**
 * The sender's people live by Central European time: one hour ahead of UTC, two from the last Sunday of March to the last
 * Sunday of October, 01:00 UTC (directive 2000/84/EC).
 */
export function localHour(instant: number): number {
  return new Date(instant + zoneOffset(instant)).getUTCHours();
}

export function zoneOffset(instant: number): number {
  const year = new Date(instant).getUTCFullYear();
  const summer = instant >= lastSunday(year, 2) + HOUR_MS && instant < lastSunday(year, 9) + HOUR_MS;
  return summer ? 2 * HOUR_MS : HOUR_MS;
}

function lastSunday(year: number, month: number): number {
  const lastDay = Date.UTC(year, month + 1, 0);
  return lastDay - weekdayOf(lastDay) * DAY_MS;
}

/** How much a shop's customers order on a weekday, Sunday first: receipts, resets and alerts follow it. */
export const WEEKDAY_RHYTHM = [0.62, 1.12, 1.16, 1.12, 1.08, 1.02, 0.7] as const;

/** The same by local hour of day, from midnight. */
export const HOUR_RHYTHM = [
  0.25, 0.15, 0.1, 0.08, 0.1, 0.22, 0.5, 0.85, 1.1, 1.25, 1.3, 1.3, 1.35, 1.25, 1.15, 1.15, 1.2, 1.3, 1.45, 1.65, 1.75,
  1.5, 1.0, 0.55,
] as const;

/** RFC 5322 date, as in a Date header */
export function rfc5322(instant: number): string {
  const iso = isoOf(instant);
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  return `${WEEKDAYS[weekdayOf(instant)]}, ${iso.slice(8, 10)} ${month} ${iso.slice(0, 4)} ${iso.slice(11, 19)} +0000`;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
