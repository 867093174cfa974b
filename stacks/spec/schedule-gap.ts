/** How long a schedule of EventBridge Scheduler pauses between two calls, at most (its User Guide, "Schedule types"). */
import { DAY_MS, HOUR_MS } from '#lake/days.ts';

const MINUTE_MS = 60_000;

const UNITS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** 1 is Sunday */
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** A year that begins on a Thursday and has no 29 February: months of every length, and every weekday in each. */
const YEAR_BEGIN = Date.UTC(2026, 0, 1);
const DAYS_LOOKED_AT = 2 * 365;

/**
 * The longest time between two calls, in seconds; Infinity for a schedule that calls once or never, and for forms that are not
 * enumerated here (`L`, `W`, `#`, a year).
 *
 * @param expression `rate(…)` or `cron(…)`, in UTC
 */
export function longestGapSeconds(expression: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count !== undefined) return (Number(count) * (UNITS[unit] ?? 0)) / 1000;
  const [, fields = ''] = /^cron\((.*)\)$/.exec(expression) ?? [];
  const [minutes = '', hours = '', days = '', months = '', weekdays = '', year = ''] = fields.split(' ');
  const isMinute = membersOf(minutes, 0, 59);
  const isHour = membersOf(hours, 0, 23);
  const isDay = membersOf(days, 1, 31);
  const isMonth = membersOf(months, 1, 12, MONTHS);
  const isWeekday = membersOf(weekdays, 1, 7, WEEKDAYS);
  if (!isMinute || !isHour || !isDay || !isMonth || !isWeekday || year !== '*') return Number.POSITIVE_INFINITY;

  const callsOfDay = [...isHour].flatMap((hour) => [...isMinute].map((minute) => hour * HOUR_MS + minute * MINUTE_MS));
  callsOfDay.sort((a, b) => a - b);
  let longest = 0;
  let last: number | null = null;
  for (let day = 0; day < DAYS_LOOKED_AT; day++) {
    const midnight = YEAR_BEGIN + day * DAY_MS;
    const date = new Date(midnight);
    if (!isDay.has(date.getUTCDate()) || !isMonth.has(date.getUTCMonth() + 1) || !isWeekday.has(date.getUTCDay() + 1))
      continue;
    for (const call of callsOfDay) {
      if (last !== null) longest = Math.max(longest, midnight + call - last);
      last = midnight + call;
    }
  }
  return longest === 0 ? Number.POSITIVE_INFINITY : longest / 1000;
}

/** The values of a field such as `*`, `5`, `MON-FRI`, `0/15`, `1,15`; null for other forms. */
function membersOf(field: string, least: number, most: number, names: readonly string[] = []): Set<number> | null {
  const numberOf = (word: string): number => {
    const named = names.indexOf(word.toUpperCase());
    return named >= 0 ? named + least : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  const members = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const isAll = range === '*' || range === '?';
    const [first = '', last = part.includes('/') ? String(most) : first] = range.split('-');
    const from = isAll ? least : numberOf(first);
    const to = isAll ? most : numberOf(last);
    const by = Number(step);
    if (!(from >= least && to <= most && from <= to && Number.isInteger(by) && by > 0)) return null;
    for (let value = from; value <= to; value += by) members.add(value);
  }
  return members;
}
