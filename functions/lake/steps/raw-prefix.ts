/**
 * Raw prefixes: where a planner looks. A template such as `raw/{yyyy}/{MM}/{dd}/{HH}/` can be enumerated by the clock;
 * any other layout is one prefix, listed whole.
 */
import { HOUR_MS } from './day.ts';

const FIELDS: Record<string, [start: number, end: number]> = { yyyy: [0, 4], MM: [5, 7], dd: [8, 10], HH: [11, 13] };

/** The raw prefix of the hour that holds `ms`; the template's clock is `offsetHours` ahead of UTC. */
export function hourPrefix(template: string, ms: number, offsetHours: number): string {
  const iso = new Date(ms + offsetHours * HOUR_MS).toISOString();
  return template.replace(/\{(yyyy|MM|dd|HH)\}/g, (_, field: string) => iso.slice(...(FIELDS[field] ?? [0, 0])));
}

/** The hour that a raw prefix stands for, epoch ms UTC; null if the template doesn't make such a prefix. */
export function hourOfPrefix(template: string, prefix: string, offsetHours: number): number | null {
  const names: string[] = [];
  const pattern = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(yyyy|MM|dd|HH)\}/g, (_, field: string) => {
    names.push(field);
    return field === 'yyyy' ? '(\\d{4})' : '(\\d{2})';
  });
  const match = new RegExp(`^${pattern}$`).exec(prefix);
  if (!match) return null;
  const part = (field: string): string => match[names.indexOf(field) + 1] ?? '00';
  const ms = Date.parse(`${part('yyyy')}-${part('MM')}-${part('dd')}T${part('HH')}:00:00Z`);
  return Number.isNaN(ms) ? null : ms - offsetHours * HOUR_MS;
}

/** How far back a planner looks each time: 3 hours every 5 minutes, 26 hours hourly, 8 days daily. */
export const REACH_HOURS = { tick: 3, hourly: 26, daily: 8 * 24 } as const;
export type Reach = keyof typeof REACH_HOURS;

/** Raw prefixes that the clock can name, newest first; with one hour ahead, for clocks that differ. */
export function* prefixesInReach(template: string, now: number, reach: Reach, offsetHours: number): Generator<string> {
  for (let back = -1; back <= REACH_HOURS[reach]; back++) yield hourPrefix(template, now - back * HOUR_MS, offsetHours);
}
