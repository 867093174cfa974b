/**
 * Parses values straight from their bytes: each function gives what the decoder would make of the text, or says that it
 * can't.
 */

const LOCAL = new Uint8Array(256);
for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.!#$%&'*+/=?^`{|}~-")) {
  LOCAL[byte] = 1;
}
const LETTER = 2;
/** 1: digit or hyphen, 2: letter */
const LABEL = new Uint8Array(256);
for (const byte of Buffer.from('0123456789-')) LABEL[byte] = 1;
for (const byte of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')) LABEL[byte] = LETTER;

/** Where the domain begins, if the bytes are a plain address (decode/address.ts, isPlainAddress); else −1. */
export function domainOfPlainAddress(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && LOCAL[bytes[at] ?? 0] === 1) at++;
  if (at === from || at === to || bytes[at] !== AT_SIGN) return -1;
  const domain = ++at;
  let dots = 0;
  let length = 0;
  let letters = 0;
  for (; at < to; at++) {
    const kind = LABEL[bytes[at] ?? 0] ?? 0;
    if (kind !== 0) {
      length++;
      if (kind === LETTER) letters++;
    } else if (bytes[at] === DOT && length > 0) {
      dots++;
      length = 0;
      letters = 0;
    } else return -1;
  }
  return dots > 0 && length >= 2 && letters === length ? domain : -1;
}

export function hasCapitals(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (isCapital(bytes[at] ?? 0)) return true;
  return false;
}

/** Copies ASCII in lower case. */
export function lower(bytes: Uint8Array, from: number, to: number, into: Uint8Array, start: number): void {
  for (let at = from, i = start; at < to; at++, i++) {
    const byte = bytes[at] ?? 0;
    into[i] = isCapital(byte) ? byte + 32 : byte;
  }
}

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;

/** Are two stretches of ASCII the same, whatever the case of their letters? More are called alike than are. */
export function isAlike(bytes: Uint8Array, a: number, aTo: number, b: number, bTo: number): boolean {
  const length = aTo - a;
  if (bTo - b !== length) return false;
  // `@` and a backtick differ in the same bit as `A` and `a`.
  for (let i = 0; i < length; i++) if (((bytes[a + i] ?? 0) | 0x20) !== ((bytes[b + i] ?? 0) | 0x20)) return false;
  return true;
}

export function isSame(bytes: Uint8Array, a: number, aTo: number, b: number, bTo: number): boolean {
  const length = aTo - a;
  if (bTo - b !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

/** `2018-10-08T14:05:45.000Z`, with or without ms, in epoch ms; NaN if it isn't that (decode/instant.ts, zuluInstant). */
export function zuluInstant(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length !== 24 && length !== 20) return Number.NaN;
  if (bytes[to - 1] !== CAPITAL_Z || bytes[from + 10] !== CAPITAL_T) return Number.NaN;
  if (bytes[from + 4] !== HYPHEN || bytes[from + 7] !== HYPHEN) return Number.NaN;
  if (bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) return Number.NaN;
  let ms = 0;
  if (length === 24) {
    if (bytes[from + 19] !== DOT) return Number.NaN;
    ms = pair(bytes, from + 20) * 10 + digit(bytes, from + 22);
  }
  const year = pair(bytes, from) * 100 + pair(bytes, from + 2);
  const month = pair(bytes, from + 5);
  const day = pair(bytes, from + 8);
  const hour = pair(bytes, from + 11);
  const minute = pair(bytes, from + 14);
  const second = pair(bytes, from + 17);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return startOf(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/** The day asked for last, which the next time nearly always is of, too. */
const last = { year: 0, month: 0, day: 0, start: Number.NaN };

/** Epoch ms of a day's start; NaN if there is no such day. */
function startOf(year: number, month: number, day: number): number {
  if (last.day === day && last.month === month && last.year === year) return last.start;
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  const start = Date.UTC(year, month - 1, day);
  // The last days of a month are not in every month.
  if (new Date(start).getUTCDate() !== day) return Number.NaN;
  Object.assign(last, { year, month, day, start });
  return start;
}

const digit = (bytes: Uint8Array, at: number): number => {
  const value = (bytes[at] ?? 0) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
};

const pair = (bytes: Uint8Array, at: number): number => digit(bytes, at) * 10 + digit(bytes, at + 1);

export function integer(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + (bytes[at] ?? 0) - 48;
  return value;
}

/** Writes a whole number, as String does. @returns one behind its last digit */
export function decimal(value: number, into: Buffer, start: number): number {
  const high = Math.floor(value / 1e7);
  // The divisions below are of 32 bits each; few numbers are larger.
  if (value < 0 || high >= 1e9) return start + into.write(String(value), start, 'latin1');
  if (high === 0) return digits(value, digitsOf(value), into, start);
  return digits(value - high * 1e7, 7, into, digits(high, digitsOf(high), into, start));
}

function digitsOf(value: number): number {
  let count = 1;
  for (let power = 10; power <= value; power *= 10) count++;
  return count;
}

function digits(value: number, count: number, into: Buffer, start: number): number {
  let rest = value | 0;
  for (let at = start + count - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    into[at] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  return start + count;
}

const ESCAPED = new Uint8Array(256);
for (const [letter, byte] of [
  ...['"', '\\', '/'].map((char): [string, number] => [char, char.charCodeAt(0)]),
  ...([
    ['n', 10],
    ['t', 9],
    ['r', 13],
    ['b', 8],
    ['f', 12],
  ] as const),
] as const) {
  ESCAPED[letter.charCodeAt(0)] = byte;
}

/** Copies a text without its escapes, which have two characters each. @returns one behind what was written */
export function unescaped(bytes: Uint8Array, from: number, to: number, into: Uint8Array, start: number): number {
  let end = start;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    into[end++] = byte === BACKSLASH ? (ESCAPED[bytes[++at] ?? 0] ?? 0) : byte;
  }
  return end;
}

/** Does `=?` stand in it, as encoded words (RFC 2047) begin? */
export function hasEncodedWord(bytes: Uint8Array, view: DataView, from: number, to: number): boolean {
  let at = from;
  // Most texts have no `=`, which four bytes at a time tell.
  for (; at + 4 <= to; at += 4) {
    const equals = view.getInt32(at, true) ^ 0x3d3d3d3d;
    if (((equals - 0x01010101) & ~equals & 0x80808080) !== 0) break;
  }
  for (; at < to - 1; at++) if (bytes[at] === EQUALS && bytes[at + 1] === QUESTION) return true;
  return false;
}

const AT_SIGN = 0x40;
const DOT = 0x2e;
const HYPHEN = 0x2d;
const COLON = 0x3a;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const CAPITAL_T = 0x54;
const CAPITAL_Z = 0x5a;
const BACKSLASH = 0x5c;
