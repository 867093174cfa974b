/** Numbers and dates for people, in English, the same on every machine. */

/** `1234567` → `1,234,567` */
export const count = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

/** For tiles and axes: `950`, `12,300`, `1.23 M`, `4.5 bn` */
export function compact(n: number): string {
  if (n < 999_950) return count(n);
  return n < 999_500_000 ? `${significant(n / 1e6)} M` : `${significant(n / 1e9)} bn`;
}

/** Axis ticks: `0`, `500`, `1.5k`, `20k`, `3M` */
export function tick(n: number): string {
  if (Math.abs(n) < 1000) return String(n);
  return Math.abs(n) < 1e6 ? `${trimmed(n / 1e3)}k` : `${trimmed(n / 1e6)}M`;
}

/**
 * A rate from 0 to 1 as percent with the digits that matter: a complaint rate of 0.0012 is `0.12%`, never `0%`, and
 * 0.9999 isn't `100%`. Null, what can't be observed, is a dash.
 */
export function percent(rate: number | null): string {
  if (rate === null || !Number.isFinite(rate)) return '–';
  const value = rate * 100;
  if (value === 0 || value === 100) return `${value}%`;
  const distance = Math.min(Math.abs(value), Math.abs(100 - value));
  const digits = distance < 0.095 ? 3 : distance < 0.995 || Math.abs(value) < 9.995 ? 2 : 1;
  if (distance < 0.0005) return value < 1 ? '<0.001%' : '>99.999%';
  return `${value.toFixed(digits)}%`;
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

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

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

/** Seconds for people: `0.84 s`, `12 s`, `1 min 20 s`, `2 h 5 min`, `3 d 4 h`; null is a dash */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 9.95) return `${trimmed(Number(seconds.toPrecision(2)))} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3599.5) return twoUnits(Math.round(seconds), 60, 'min', 's');
  if (seconds < 86_370) return twoUnits(Math.round(seconds / 60), 60, 'h', 'min');
  return twoUnits(Math.round(seconds / 3600), 24, 'd', 'h');
}

function twoUnits(parts: number, size: number, large: string, small: string): string {
  const rest = parts % size;
  return `${count((parts - rest) / size)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
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

/** Without the noise of binary fractions: 0.15000000000000002 → 0.15 */
const trimmed = (n: number): string => String(Number(n.toPrecision(6)));
