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

/** Seconds as `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${pad(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

const pad = (n: number): string => String(n).padStart(2, '0');

/** A rate from 0 to 1 as percent, with enough digits that a complaint rate of 0.0012 is not 0; null stays unknown. */
export function percent(rate: number | null): string {
  if (rate === null) return 'unknown';
  const value = rate * 100;
  if (value === 0) return '0 %';
  const digits = value === 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3;
  return `${value.toFixed(digits)} %`;
}

/** An amount of what progress counts. */
export const amount = (n: number, unit: ProgressUnit): string =>
  unit === 'bytes' ? byteCount(n) : counted(n, unit.slice(0, -1));
