/** Figures in words for people. The same on every machine, whatever its locale. */
import type { ProgressUnit } from './progress.ts';

/** `1234567` → `1,234,567` */
export function count(n: number | bigint): string {
  const [whole = '', fraction] = String(n).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 object`, `2,000 objects` */
export const counted = (n: number | bigint, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 || n === 1n ? one : many}`;

/** Decimal units, as disks and networks count: `999 B`, `1.5 kB`, `204 MB`. */
export function byteCount(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let i = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && i < units.length - 1) {
    value /= 1000;
    i++;
  }
  const text = i > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return `${text} ${units[i]}`;
}

/** `$1.23`; of less than a cent the digits that matter: `$0.00005` */
export const dollars = (amount: number): string => `$${amount.toFixed(amount < 0.01 ? 5 : 2)}`;

/** An amount of what progress counts. */
export const amount = (n: number, unit: ProgressUnit): string =>
  unit === 'bytes' ? byteCount(n) : unit === 'entries' ? counted(n, 'entry', unit) : counted(n, unit.slice(0, -1));

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

/** Without the noise of binary fractions: 0.15000000000000002 → 0.15 */
export const trimmed = (n: number): string => String(Number(n.toPrecision(6)));
