import { SES_TOPIC_VALIDATION } from './confirmation.ts';
import type { JsonValue } from './record.ts';

/** Where, after a broken record, the next may begin. */
export interface Start {
  at: number;
  /** the value's first byte: behind `[` where an array begins, else the same as `at` */
  value: number;
  /**
   * `line`: first in a line, as in NDJSON; surely a new record, whole or not. `joined`: behind a closing brace.
   * `known`: in the middle of anything, but with a first key that events or envelopes have. `sentence`: SES's plain text.
   */
  kind: 'line' | 'joined' | 'known' | 'sentence';
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
    } else if (byte === SENTENCE[0] && isLineStart(bytes, at) && isSentence(bytes, at)) {
      return { at, value: at, kind: 'sentence' };
    }
  }
  return undefined;
}

/** Does SES's plain sentence begin at `at`? */
export function isSentence(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at, at + SENTENCE.length).equals(SENTENCE);
}

/** Can what is there, up to the end of the bytes, still become SES's plain sentence? */
export function maybeSentence(bytes: Buffer, at: number): boolean {
  const there = bytes.subarray(at, at + SENTENCE.length);
  return there.equals(SENTENCE.subarray(0, there.length));
}

export const SENTENCE = Buffer.from(SES_TOPIC_VALIDATION);

/** Is a value that was found in the middle of broken bytes likely to be a record, and no part of one? */
export function isPlausible(value: JsonValue, kind: Start['kind']): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (kind === 'known') return MARKS.some((mark) => value[mark] !== undefined);
  const keys = Object.keys(value);
  return !(keys.length === 2 && keys.includes('name') && keys.includes('value'));
}

const OPEN_OBJECT = 0x7b;
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

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === LINE_FEED || byte === 0x0d || byte === 0x09;
}
