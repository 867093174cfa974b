/** Parses times in all formats that raw data has. */
import { Rejection } from '../vocabulary.ts';
import { type Field, shown, wordOf, wrongType } from './fields.ts';

/** The range of ECMAScript's Date, and so of what can be told as a date: ±100,000,000 days from 1970. */
const MAX_INSTANT = 8.64e15;
/** Longer than a line of mail may be (RFC 5322, 2.1.1), comments included: what is longer is no time, and not looked at. */
const MAX_LENGTH = 998;

/**
 * The instant a field tells, in epoch ms (UTC), or null if it is missing or empty. Reads epoch ms as a number or as
 * text, ISO 8601 and RFC 5322 with the variants that have been seen in raw data. Whatever is finer than a ms is cut off.
 *
 * A number is always ms: what some producer wrote in seconds or microseconds lands in an absurd year, is marked
 * `is_time_suspect` and stays visible, instead of being guessed right most of the time.
 * @throws Rejection timestamp; number where a number is too large to be a time; wrong_type
 */
export const instantOf = (value: Field, path: string): number | null => {
  if (typeof value === 'string') {
    const instant = zuluInstant(value);
    if (!Number.isNaN(instant)) return instant;
  } else if (typeof value === 'number' && value <= MAX_INSTANT && value >= -MAX_INSTANT) return Math.floor(value) + 0;
  else if (typeof value === 'bigint') throw new Rejection('number', `${path} is no time: ${shown(value)}`);
  else if (typeof value === 'boolean') throw wrongType('a time', value, path);
  const given = wordOf(value, path)?.trim();
  if (given === undefined || given === '') return null;
  const isShort = given.length <= MAX_LENGTH;
  // Where a form has white space it may have any: at a thousand of it patterns would try a million ways to share it out.
  const text = isShort ? given.replace(/\s+/g, ' ') : '';
  const instant = isShort ? (numericInstant(text) ?? isoInstant(text) ?? mailInstant(text)) : null;
  if (instant === null || !(Math.abs(instant) <= MAX_INSTANT))
    throw new Rejection('timestamp', `${path}: ${shown(value)}`);
  return instant;
};

/** `2018-10-08T14:05:45.000Z`, with or without the ms: what nearly every SES time looks like. NaN if it isn't that. */
const zuluInstant = (text: string): number => {
  const length = text.length;
  if (length !== 24 && length !== 20) return Number.NaN;
  if (text.charCodeAt(length - 1) !== 90 || text.charCodeAt(10) !== 84) return Number.NaN;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return Number.NaN;
  let ms = 0;
  if (length === 24) {
    if (text.charCodeAt(19) !== 46) return Number.NaN;
    ms = pair(text, 20) * 10 + digit(text, 22);
  }
  // A character that is no digit makes NaN, which comes out at the end; the comparisons let only plain times pass.
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  const instant = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  return day <= 28 || new Date(instant).getUTCDate() === day ? instant : Number.NaN;
};

const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
};

const pair = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

const numericInstant = (text: string): number | null =>
  /^[+-]?\d{5,}(?:\.\d+)?$/.test(text) ? Math.floor(Number(text)) : null;

const ISO =
  /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)(?:(?:[Tt]|\s+)(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** ISO 8601; also a space before the time or the offset, an offset without colon, and no zone at all, which is UTC. */
const isoInstant = (text: string): number | null => {
  const [, year, month, day, hour, minute, second, fraction = '', zone] = ISO.exec(text) ?? [];
  if (year === undefined) return null;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  return calendarInstant(Number(year), Number(month), Number(day), hour, minute, second, ms, zone);
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const MAIL =
  /^(?:[a-z]{3,9},?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{4}|\d{2,3})\s+(\d\d?):(\d\d)(?::(\d\d))?\s*([+-]\d\d:?\d\d|[a-z]{1,3})?$/i;

/** RFC 5322, 3.3 and the obsolete forms of 4.3: two-digit years, zone names, comments. */
const mailInstant = (text: string): number | null => {
  const plain = text.replace(/\s*\([^()]*\)\s*/g, ' ').trim();
  const [, day, month, year, hour, minute, second, zone] = MAIL.exec(plain) ?? [];
  if (year === undefined) return null;
  const place = MONTHS.indexOf((month ?? '').toLowerCase());
  // RFC 5322, 4.3: 00–49 are 2000–2049, other years of two or three digits are counted from 1900.
  const full = year.length === 4 ? Number(year) : Number(year) + (year.length === 2 && Number(year) < 50 ? 2000 : 1900);
  return calendarInstant(full, place + 1, Number(day), hour, minute, second, 0, zone);
};

/** RFC 5322, 4.3; hours from UTC. */
const ZONES: Readonly<Record<string, number>> = {
  ...{ z: 0, ut: 0, utc: 0, gmt: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 },
};

/** Null if there is no such time. A leap second is the first of the next minute, 24:00 the next day's 00:00. */
const calendarInstant = (
  year: number,
  month: number,
  day: number,
  hour = '0',
  minute = '0',
  second = '0',
  ms = 0,
  zone = 'z',
): number | null => {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (h > 24 || m > 59 || s > 60 || (h === 24 && (m > 0 || s > 0 || ms > 0))) return null;
  const offset = offsetMinutes(zone);
  if (offset === null) return null;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  // A month 13 or a 30th of February would have rolled over.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  return midnight.getTime() + ((h * 60 + m - offset) * 60 + s) * 1000 + ms;
};

const offsetMinutes = (zone: string): number | null => {
  const named = ZONES[zone.toLowerCase()];
  if (named !== undefined) return named * 60;
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined || Number(minutes) > 59) return null;
  const size = Number(hours) * 60 + Number(minutes);
  return sign === '-' ? -size : size;
};
