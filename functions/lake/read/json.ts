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
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
