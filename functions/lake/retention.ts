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
  /** by table, days that a day of it is kept for, from its end. Left out: for ever */
  days?: Readonly<Partial<Record<string, number>>>;
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
