/** Days, which are UTC and written `YYYY-MM-DD`, and lengths of time in ms. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The UTC date of an instant in epoch ms. */
export const utcDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Midnight UTC that begins the day, epoch ms. */
export const startOfDay = (dt: string): number => Date.parse(`${dt}T00:00:00Z`);

export const addDays = (dt: string, days: number): string => utcDate(startOfDay(dt) + days * DAY_MS);

/** Every day from `first` to `last`, both included. */
export function* daysBetween(first: string, last: string): Generator<string> {
  for (let day = first; day <= last; day = addDays(day, 1)) yield day;
}
