/** UTC days as `YYYY-MM-DD`. */
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/** The UTC date of an instant in epoch ms. */
export const utcDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Midnight UTC that begins the day, epoch ms. */
export const startOfDay = (dt: string): number => Date.parse(`${dt}T00:00:00Z`);

export const addDays = (dt: string, days: number): string => utcDate(startOfDay(dt) + days * DAY_MS);

/** Every day from `first` to `last`, both included. */
export function* daysBetween(first: string, last: string): Generator<string> {
  for (let day = first; day <= last; day = addDays(day, 1)) yield day;
}
