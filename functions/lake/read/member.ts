import { isSpace } from './space.ts';

/**
 * The text of parts of a JSON text, as it was written: parsing and printing again would round integers beyond 2^53 and
 * turn 1e400 into null before the decoder could notice. Both expect valid JSON.
 */

/** The value of `key` in an object's text; of several the last, as in JSON.parse. Undefined if there is none. */
export function memberText(object: string, key: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(object, object.indexOf('{') + 1);
  while (object.charCodeAt(at) === QUOTE) {
    const keyEnd = stringEnd(object, at);
    const from = skipSpace(object, skipSpace(object, keyEnd) + 1);
    const to = valueEnd(object, from);
    if (isKey(object.slice(at + 1, keyEnd - 1), key)) found = object.slice(from, to);
    at = skipSeparator(object, to);
  }
  return found;
}

/** The values of an array's text. */
export function elementTexts(array: string): string[] {
  const found: string[] = [];
  let at = skipSpace(array, array.indexOf('[') + 1);
  while (at < array.length && array.charCodeAt(at) !== CLOSE_ARRAY) {
    const to = valueEnd(array, at);
    found.push(array.slice(at, to));
    at = skipSeparator(array, to);
  }
  return found;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE_ARRAY = 0x5d;

function isKey(written: string, key: string): boolean {
  return written === key || (written.includes('\\') && JSON.parse(`"${written}"`) === key);
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
