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

/** Times outside [2010, 2100) are absurd for mail: SES began in January 2011. */
const EARLIEST = Date.UTC(2010, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
const FIRST_DAY = EARLIEST / DAY_MS;

/** Where rows with an absurd time go. */
export const ABSURD_DAY = '1970-01-01';

export const isAbsurd = (ms: number): boolean => !(ms >= EARLIEST && ms < LATEST);

const days: string[] = [];

/** The partition of a time (epoch ms): its UTC day, or `1970-01-01` if it is absurd. Each day is written once and kept. */
export const partitionDay = (ms: number): string => {
  if (isAbsurd(ms)) return ABSURD_DAY;
  const place = Math.floor(ms / DAY_MS) - FIRST_DAY;
  const known = days[place];
  if (known !== undefined) return known;
  const day = utcDate(ms);
  days[place] = day;
  return day;
};
