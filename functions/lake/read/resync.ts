/** Finds positions after a broken record at which the next one may begin. */
import { isSpace } from './json.ts';
import type { JsonValue } from './record.ts';
import { isTopicValidation, TOPIC_VALIDATION } from './topic-validation.ts';

/** Where, after a broken record, the next may begin. */
export interface Start {
  at: number;
  /** the value's first byte: behind `[` where an array begins, else the same as `at` */
  value: number;
  /**
   * `line`: first in a line, as in NDJSON; surely a new record, whole or not. `joined`: behind a closing brace.
   * `known`: in the middle of anything, but with a first key that events or envelopes have. `topic_validation`: SES's plain text.
   */
  kind: 'line' | 'joined' | 'known' | 'topic_validation';
}

/** Bytes behind a start that findStart may look at. */
export const LOOKAHEAD = 128;
/** Bytes before a start that findStart may look at. */
export const LOOKBEHIND = 16;

/**
 * The first possible start in bytes[from]…bytes[to - 1]. The objects inside a record that was cut off (a header's
 * `{"name":…,"value":…}`) don't count: they stand behind a comma, a bracket or indentation.
 */
export function findStart(bytes: Buffer, from: number, to: number): Start | undefined {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT) {
      const kind = kindOf(bytes, at);
      if (kind !== undefined) return { at, value: at, kind };
    } else if (byte === OPEN_ARRAY && isLineStart(bytes, at)) {
      const value = skipSpace(bytes, at + 1);
      if (bytes[value] === OPEN_OBJECT) return { at, value, kind: 'line' };
    } else if (byte === TOPIC_VALIDATION[0] && isLineStart(bytes, at) && isTopicValidation(bytes, at)) {
      return { at, value: at, kind: 'topic_validation' };
    }
  }
  return undefined;
}

/** Is a value that was found in the middle of broken bytes likely to be a record, and no part of one? */
export function isPlausible(value: JsonValue, kind: Start['kind']): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (kind === 'known') return MARKS.some((mark) => value[mark] !== undefined);
  return !Object.keys(value).every((key) => INNER_KEYS.has(key));
}

/** Keys of the objects that stand in lists within an event: headers, recipients, topics. */
const INNER_KEYS: ReadonlySet<string> = new Set([
  ...['name', 'value', 'action', 'status', 'topicName', 'subscriptionStatus'],
  ...['emailAddress', 'diagnosticCode', 'email_address', 'diagnostic_code'],
]);

/** `{"`, which hardly anything but JSON begins with */
export function isObjectStart(bytes: Buffer, start: number): boolean {
  let at = start + 1;
  while (at < start + 64 && isSpace(bytes[at])) at++;
  return bytes[start] === OPEN_OBJECT && (bytes[at] === QUOTE || at >= bytes.length);
}

/**
 * Does what follows bytes[end - 1] show that the value before it is but a part of something that was torn? `yes`: a colon or
 * a closing brace that belongs to nothing. `maybe`: a comma or closing bracket, which records that are joined by commas
 * have behind them, too. Undefined if it takes more bytes to tell. A value that has a line to itself is never torn, and
 * lines may end in commas, as those of an array without its brackets do.
 */
export function partOfBrokenRecord(
  bytes: Buffer,
  start: number,
  end: number,
  inArray: boolean,
  final: boolean,
): 'no' | 'maybe' | 'yes' | undefined {
  const isOneLine = bytes.subarray(start, end).indexOf(LINE_FEED) < 0;
  for (let at = end; at < end + 64; at++) {
    const byte = bytes[at];
    if (byte === undefined) return final ? 'no' : undefined;
    if (byte === LINE_FEED && isOneLine) return 'no';
    if (isSpace(byte)) continue;
    if (byte === CLOSE_OBJECT || byte === 0x3a) return 'yes';
    if (inArray) return 'no';
    if (byte !== COMMA) return byte === CLOSE_ARRAY ? 'maybe' : 'no';
    const isLineEnd = endsLine(bytes, at + 1, final);
    return isLineEnd === undefined ? undefined : isLineEnd ? 'no' : 'maybe';
  }
  return 'no';
}

/** Does another object, or nothing more, follow bytes[end - 1] and a comma or closing bracket? Undefined as above. */
export function isFollowedByObject(bytes: Buffer, end: number, final: boolean): boolean | undefined {
  for (let at = end; at < end + 64; at++) {
    const byte = bytes[at];
    if (byte === undefined) return final ? true : undefined;
    if (!isSpace(byte) && byte !== COMMA && byte !== CLOSE_ARRAY) return byte === OPEN_OBJECT;
  }
  return false;
}

/**
 * Bytes at `at` that may stand between records beside white space: a byte-order mark, or the comma at the end of a line
 * of an array that has lost its brackets. 0 if there are none, undefined if it takes more bytes to tell.
 */
export function separatorLength(bytes: Buffer, at: number, final: boolean): number | undefined {
  if (bytes[at] === COMMA) {
    const isLineEnd = endsLine(bytes, at + 1, final);
    return isLineEnd === undefined ? undefined : Number(isLineEnd);
  }
  if (bytes[at] !== BYTE_ORDER_MARK[0]) return 0;
  const mark = bytes.subarray(at, at + BYTE_ORDER_MARK.length);
  if (mark.equals(BYTE_ORDER_MARK)) return BYTE_ORDER_MARK.length;
  return mark.length < BYTE_ORDER_MARK.length && !final ? undefined : 0;
}

/** Does a line, or all, end before bytes[at]? Undefined if it takes more bytes to tell. */
function endsLine(bytes: Buffer, at: number, final: boolean): boolean | undefined {
  const next = bytes[at] === CARRIAGE_RETURN ? at + 1 : at;
  if (next >= bytes.length) return final ? true : undefined;
  return bytes[next] === LINE_FEED;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const CARRIAGE_RETURN = 0x0d;
const OPEN_OBJECT = 0x7b;
const COMMA = 0x2c;
const CLOSE_ARRAY = 0x5d;
const OPEN_ARRAY = 0x5b;
const QUOTE = 0x22;
const CLOSE_OBJECT = 0x7d;
const LINE_FEED = 0x0a;

/** Keys that events and envelopes begin with. */
const FIRST_KEYS: ReadonlySet<string> = new Set([
  'event_type',
  'event_timestamp',
  'eventType',
  'notificationType',
  'mail',
  'Type',
  'Records',
  'version',
  'attemptsMade',
  'MessageId',
  'messageId',
  'Message',
  'Body',
  'body',
]);

/** Keys of which one is in every event and envelope. */
const MARKS = [
  'event_type',
  'eventType',
  'notificationType',
  'Type',
  'Message',
  'Records',
  'detail-type',
  'attemptsMade',
  'Body',
  'body',
];

function kindOf(bytes: Buffer, at: number): Start['kind'] | undefined {
  const first = skipSpace(bytes, at + 1);
  if (isLineStart(bytes, at) && (bytes[first] === QUOTE || bytes[first] === CLOSE_OBJECT)) return 'line';
  if (bytes[first] !== QUOTE) return undefined;
  const keyEnd = bytes.indexOf(QUOTE, first + 1);
  if (keyEnd > 0 && keyEnd - first <= 24 && FIRST_KEYS.has(bytes.toString('latin1', first + 1, keyEnd))) return 'known';
  return isBehindObject(bytes, at) ? 'joined' : undefined;
}

function isLineStart(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === LINE_FEED;
}

function isBehindObject(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before > at - LOOKBEHIND && isSpace(bytes[before])) before--;
  return bytes[before] === CLOSE_OBJECT;
}

/** Past white space, but not endlessly. */
function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < from + 64 && isSpace(bytes[at])) at++;
  return at;
}
