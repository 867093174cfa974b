/** Skips text between records that is no JSON: separators, prefixes, keys. */
import { isUtf8 } from 'node:buffer';

/*
 * What may stand between whole records and says nothing of mail: separators (commas, RS, NUL, pipes, a literal `\n`), a
 * time, key or other columns before a record or behind it, lines of a log. And records that such a line holds quoted.
 */

/** Bytes of the longest text that is passed over. */
const LONGEST_TEXT = 4096;

/**
 * Where the text that begins at `from` ends: before the next brace or at the end of the line. Undefined if it takes more
 * bytes to tell, -1 if it is too long.
 */
export function textEnd(bytes: Buffer, from: number, final: boolean): number | undefined {
  const text = bytes.subarray(from, from + LONGEST_TEXT + 1);
  const newline = text.indexOf(LINE_FEED);
  const brace = text.subarray(0, newline < 0 ? text.length : newline).indexOf(OPEN_OBJECT);
  const length = brace < 0 ? newline : brace;
  if (length >= 0) return from + length;
  if (text.length > LONGEST_TEXT) return -1;
  return final ? bytes.length : undefined;
}

/** A piece of a broken record is not such text: it has closing braces or keys. Nor is text that may contain encoded data. */
export function isHarmless(text: Buffer): boolean {
  if (text.length === 1) return text[0] !== CLOSE_OBJECT && text[0] !== COLON && (text[0] ?? 0) < 0x80;
  if (text.length > LONGEST_TEXT || text.includes(CLOSE_OBJECT) || !isUtf8(text)) return false;
  return !KEY_OR_CODE.test(text.toString('latin1'));
}

const KEY_OR_CODE = /"\s{0,8}:|^\s*:\s*$|[A-Za-z0-9+/_-]{200}/;

/** A record inside a quoted field: its text, and where the field ends. */
export interface QuotedRecord {
  text: string;
  end: number;
}

/** Does bytes[at], a brace, begin a record as CSV quotes it (`{""a"":1}`), or as JSON does within a string (`{\"a\":1}`)? */
export function quotingOf(bytes: Buffer, at: number): 'csv' | 'json' | undefined {
  if (bytes[at + 2] !== QUOTE) return undefined;
  if (bytes[at + 1] === BACKSLASH) return 'json';
  const next = bytes[at + 3];
  return bytes[at + 1] === QUOTE && next !== undefined && next !== COLON && next > 0x20 ? 'csv' : undefined;
}

/** @returns undefined if it takes more bytes to tell, null if the field can't be read */
export function quotedRecord(
  bytes: Buffer,
  at: number,
  quoting: 'csv' | 'json',
  final: boolean,
): QuotedRecord | undefined | null {
  const end = quoting === 'csv' ? csvEnd(bytes, at) : jsonEnd(bytes, at);
  // a quote at the very end may be the first of two
  if (end >= bytes.length - 1 && !final) return undefined;
  const written = bytes.toString('utf8', at, end).trimEnd();
  if (quoting === 'csv') return { text: written.replaceAll('""', '"'), end };
  try {
    return { text: JSON.parse(`"${written}"`), end };
  } catch {
    return null;
  }
}

/** The quote that isn't doubled. */
function csvEnd(bytes: Buffer, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 2)) {
    if (bytes[quote + 1] !== QUOTE) return quote;
  }
  return bytes.length;
}

/** The quote without a backslash, or the end of the line. */
function jsonEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE || byte === LINE_FEED) return at;
  }
  return bytes.length;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
