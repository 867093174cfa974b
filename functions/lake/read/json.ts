/** Parses JSON text; tolerates raw control characters in strings. */
import type { JsonValue } from './record.ts';

export interface Parsed {
  value: JsonValue;
  /** what the value was parsed from */
  text: string;
}

/**
 * JSON.parse without the throw. Control characters left raw in strings, which RFC 8259 forbids and senders produce all
 * the same (a NUL or a tab in a header), are kept: they are escaped, and then it is JSON.
 */
export function parseJson(text: string): Parsed | undefined {
  const value = parseStrictly(text);
  if (value !== undefined) return { value, text };
  const repaired = escapeControls(text);
  if (repaired === undefined) return undefined;
  const second = parseStrictly(repaired);
  return second === undefined ? undefined : { value: second, text: repaired };
}

/** JSON.parse, with undefined for what is no JSON. */
export function parseStrictly(text: string): JsonValue | undefined {
  // What isn't JSON may be tried 100,000 times a MB: nobody asks where in the code it was.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Escapes raw control characters inside strings; undefined if there are none. Line feeds end a string: never escaped. */
function escapeControls(text: string): string | undefined {
  let inString = false;
  let done = 0;
  let escaped = '';
  let pieces: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) inString = !inString;
    else if (code === 0x5c) i++;
    else if (inString && code < 0x20 && code !== 0x0a) {
      pieces.push(text.slice(done, i), ESCAPES[code] ?? '');
      done = i + 1;
      // joined in blocks, for a text may be nothing but control characters: a string for each would fill a gigabyte
      if (pieces.length >= 8192) {
        escaped += pieces.join('');
        pieces = [];
      }
    }
  }
  return done === 0 ? undefined : escaped + pieces.join('') + text.slice(done);
}

/** By code. */
const ESCAPES = Array.from({ length: 0x20 }, (_, code) => `\\u${code.toString(16).padStart(4, '0')}`);

/**
 * Is this valid JSON nested deeper than `limit`? JSON.parse survives any depth, but what walks the value afterwards may
 * not. Counting brackets in every record would cost a fifth of all reading, so it is done only where it can matter:
 * not in texts too short to be that deep, always in texts longer than 20 × limit characters, and in between if the text
 * ends in eight closing brackets, as deep nesting does unless something stands behind it. What slips through is no
 * deeper than 10 × limit (two brackets a level), which any walker survives.
 *
 * @param length of the text, in bytes if it came as bytes
 */
export function isTooDeep(text: string, limit: number, length = text.length): boolean {
  if (length <= 2 * limit) return false;
  if (length <= 20 * limit && !endsInBrackets(text)) return false;
  return countOpening(text) > limit && depthOf(text) > limit;
}

function endsInBrackets(text: string): boolean {
  for (let i = text.length - 8; i < text.length; i++) if (!isClosing(text.charCodeAt(i))) return false;
  return true;
}

/** No less than the depth: also counts brackets in strings and beside each other. */
function countOpening(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (isOpening(text.charCodeAt(i))) count++;
  return count;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) inString = !inString;
    else if (code === 0x5c) i++;
    else if (inString) continue;
    else if (isOpening(code)) deepest = Math.max(deepest, ++depth);
    else if (isClosing(code)) depth--;
  }
  return deepest;
}

/** `[` or `{`, which differ in one bit from each other */
function isOpening(code: number): boolean {
  return (code | 0x20) === 0x7b;
}

/** `]` or `}` */
function isClosing(code: number): boolean {
  return (code | 0x20) === 0x7d;
}

/**
 * The text of parts of a JSON text, as it was written: parsing and printing again would round integers beyond 2^53 and
 * turn 1e400 into null before the decoder could notice. Both expect valid JSON.
 */

/** The value of `key` in an object's text; of several the last, as in JSON.parse. Undefined if there is none. */
export function memberText(object: string, key: string): string | undefined {
  return memberTexts(object).get(key);
}

/** The values of an object's text by key; of several with one key the last, as in JSON.parse. */
export function memberTexts(object: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, from, to } of memberSpans(object)) found.set(key, object.slice(from, to));
  return found;
}

/** The values of an array's text. */
export const elementTexts = (array: string): string[] =>
  Array.from(elementSpans(array), ({ from, to }) => array.slice(from, to));

/** Where a value stands in a text. */
export interface Span {
  from: number;
  /** one behind its end */
  to: number;
}

/** A member of an object: where its value stands, and its key with the quotes. */
export interface MemberSpan extends Span {
  key: string;
  name: Span;
}

export function* memberSpans(object: string): Generator<MemberSpan> {
  let at = skipSpace(object, object.indexOf('{') + 1);
  while (object.charCodeAt(at) === QUOTE) {
    const keyEnd = stringEnd(object, at);
    const from = skipSpace(object, skipSpace(object, keyEnd) + 1);
    const to = valueEnd(object, from);
    yield { key: keyOf(object.slice(at + 1, keyEnd - 1)), name: { from: at, to: keyEnd }, from, to };
    at = skipSeparator(object, to);
  }
}

export function* elementSpans(array: string): Generator<Span> {
  let at = skipSpace(array, array.indexOf('[') + 1);
  while (at < array.length && array.charCodeAt(at) !== CLOSE_ARRAY) {
    const to = valueEnd(array, at);
    yield { from: at, to };
    at = skipSeparator(array, to);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE_ARRAY = 0x5d;

function keyOf(written: string): string {
  return written.includes('\\') ? JSON.parse(`"${written}"`) : written;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function skipSeparator(text: string, from: number): number {
  const at = skipSpace(text, from);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

/** One behind the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** One behind the value that begins at `from`. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      if (depth === 0) return at;
      continue;
    }
    const kind = code | 0x20;
    if (kind === 0x7b) depth++;
    else if (kind === 0x7d) {
      if (depth === 0) return at;
      depth--;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === COMMA || isSpace(code))) return at;
    at++;
  }
  return at;
}

/** JSON's white space (RFC 8259, 2). */
export function isSpace(code: number | undefined): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
