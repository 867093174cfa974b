/**
 * How long a lake keeps what it holds. It is no part of the settings: it changes no byte that transform writes, so that it may be
 * changed at any time without rows being read again.
 */
import { addDays, utcDate } from './days.ts';
import { quarantine, recipientMessages, SETTLED_TABLES } from './tables/index.ts';

/** Tables that can be kept for a number of days. */
export const EXPIRING_TABLES = [...SETTLED_TABLES, recipientMessages, quarantine].map(({ name }) => name);

export interface Retention {
  /** raw objects are gone after so many days, by whoever owns them: the lake never removes one. Left out: never */
  rawDays?: number;
  /** by table, days that a day of it is kept for, from its end; null, or left out: for ever */
  days?: Readonly<Partial<Record<string, number | null>>>;
}

/** Days that each day is kept longer: a clock that is a day ahead takes away nothing too early. */
const MARGIN_DAYS = 1;

/** The last day of a table whose retention is over. */
export const lastExpired = (days: number, now: number): string => addDays(utcDate(now), -days - MARGIN_DAYS - 1);

/**
 * Days of one table that expire at once without anybody's word, at most. More are due where a retention was just set, or is
 * wrong, or a clock is: nobody can tell these apart but a person, and what has expired doesn't come back.
 */
export const MOST_AT_ONCE = 31;

/** What of a lake decides for how long its tables are needed. */
export interface NeededBy {
  /** days after the send day in which events count for a mail */
  attributionDays: number;
  /** days of the report that is mailed */
  reportDays: number;
}

/** Days for which steps look back at a table, whatever it holds: four weeks that alerts compare with, and those that are compared. */
const LOOKED_BACK_AT = 30;
/** Days until the last event is settled that counts for a mail: audits find within eight what is missing, and it is mended. */
const UNTIL_SETTLED = 10;

/** What is wrong with a retention, in words: what is needed longer by a step than it is kept. */
export function retentionProblems(
  { rawDays, days = {} }: Retention,
  { attributionDays, reportDays }: NeededBy,
): string[] {
  const least = (name: string, kept: number | null | undefined, needed: number, why: string): string[] =>
    kept != null && kept < needed ? [`${name}: ${kept} days are too few, it is needed for ${needed}: ${why}`] : [];
  const counted = attributionDays + UNTIL_SETTLED;
  const mail = `a send day of recipient_messages is computed from the events of the ${attributionDays} days after it, which are settled and audited within ${UNTIL_SETTLED} more; computed later it would lack rows`;
  const looks = `alerts and reports look back four weeks, and a day is settled and audited in the first ${UNTIL_SETTLED}`;
  const reported = 2 * reportDays + UNTIL_SETTLED;
  return [
    ...least(
      'rawDays',
      rawDays,
      LOOKED_BACK_AT,
      'planners find late objects for some weeks, and what is damaged is read again',
    ),
    ...least('days.events', days.events, Math.max(counted, LOOKED_BACK_AT), counted > LOOKED_BACK_AT ? mail : looks),
    ...least('days.headers', days.headers, LOOKED_BACK_AT, looks),
    ...least('days.clicks', days.clicks, LOOKED_BACK_AT, looks),
    ...least(
      'days.recipient_messages',
      days.recipient_messages,
      Math.max(counted, reported),
      counted >= reported
        ? `a send day changes for ${attributionDays} days and what came late is counted within ${UNTIL_SETTLED} more`
        : `the report is about ${reportDays} days and compares them with as many before`,
    ),
    ...least(
      'days.quarantine',
      days.quarantine,
      LOOKED_BACK_AT,
      'what was rejected can be read again by a better release',
    ),
  ];
}
