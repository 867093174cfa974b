/** Numbers and dates of the report, in English, the same on every machine. */

import { count, trimmed } from '#host/figures.ts';

/** For tiles and axes: `950`, `12,300`, `1.23 M`, `4.5 bn` */
export function compact(n: number): string {
  if (n < 999_950) return count(Math.round(n));
  return n < 999_500_000 ? `${significant(n / 1e6)} M` : `${significant(n / 1e9)} bn`;
}

/** Axis ticks: `0`, `500`, `1.5k`, `20k`, `3M` */
export function tick(n: number): string {
  if (Math.abs(n) < 1000) return String(n);
  return Math.abs(n) < 1e6 ? `${trimmed(n / 1e3)}k` : `${trimmed(n / 1e6)}M`;
}

/** Ticks of a rate axis: `0%`, `0.05%`, `12%` */
export const percentTick = (rate: number): string => `${trimmed(rate * 100)}%`;

/** A difference of two rates in percentage points: `+0.41 points`, `−2.3 points`, `no change` */
export function points(difference: number): string {
  const value = Math.abs(difference) * 100;
  const text = value.toFixed(value >= 1 ? 1 : value >= 0.1 ? 2 : 3);
  return Number(text) === 0 ? 'no change' : `${difference < 0 ? '−' : '+'}${text} points`;
}

/** A relative difference: `+12%`, `−3%`, `no change`; null where there was nothing before */
export function relative(now: number, before: number): string | null {
  if (before === 0) return null;
  const value = Math.round((now / before - 1) * 100);
  if (value === 0) return 'no change';
  return `${value < 0 ? '−' : '+'}${count(Math.abs(value))}%`;
}

/** A probability: `0.026`, `<0.001` */
export const probability = (p: number): string => (p < 0.001 ? '<0.001' : p.toFixed(3));

/** `2026-09-04` → `4 Sep 2026`, without the year if `year` is false */
export function day(date: string, year = true): string {
  const [y, m, d] = date.split('-').map(Number);
  return `${d} ${MONTHS[(m ?? 1) - 1]}${year ? ` ${y}` : ''}`;
}

/** `Friday 4 September` */
export function weekday(date: string): string {
  const instant = new Date(`${date}T00:00:00Z`);
  return `${WEEKDAYS[instant.getUTCDay()]} ${instant.getUTCDate()} ${LONG_MONTHS[instant.getUTCMonth()]}`;
}

/** `3–9 Aug 2026`, `21 Jul – 31 Aug 2026`: month and year of the first day only if they are others */
export function days(from: string, to: string, year = true): string {
  if (from === to) return day(to, year);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${Number(from.slice(8))}–${day(to, year)}`;
  return `${day(from, year && from.slice(0, 4) !== to.slice(0, 4))} – ${day(to, year)}`;
}

/** Ticks of a time axis: `0.1 s`, `1 min`, `6 h`, `2 d` */
export const durationTick = (seconds: number): string =>
  seconds < 60
    ? `${trimmed(seconds)} s`
    : seconds < 3600
      ? `${trimmed(seconds / 60)} min`
      : seconds < 86_400
        ? `${trimmed(seconds / 3600)} h`
        : `${trimmed(seconds / 86_400)} d`;

/** epoch ms → `4 Sep 2026, 14:05 UTC` */
export function instant(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${day(iso.slice(0, 10))}, ${iso.slice(11, 16)} UTC`;
}

const LONG_MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const MONTHS = LONG_MONTHS.map((month) => month.slice(0, 3));
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

const significant = (n: number): string => (n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : n.toFixed(0));
