/** Finds the end of a JSON value in a stream of bytes. */
import { isSpace } from './json.ts';

/**
 * Walks the structure of one JSON value byte by byte, over as many pieces as it comes in, and stops at its end or at the
 * first byte that can't continue it. Strings, brackets, commas and colons are checked; whether a number, a word or an
 * escape is well-formed is left to JSON.parse, which sees every whole value anyway. Nothing is stored but the kinds of
 * the open brackets down to `depth`; below that only brackets and strings are told apart.
 *
 * A line feed inside a string is where a string that was cut off gives itself away; other control characters pass, since
 * senders do leave them in (json.ts repairs those).
 */
export class JsonScanner {
  status: 'open' | 'whole' | 'broken' = 'open';
  /** bytes seen of the value */
  length = 0;
  /** most brackets open at a time */
  maxDepth = 0;
  #depth = 0;
  #state: State = VALUE;
  #escaped = false;
  readonly #kinds: Uint8Array;

  /** @param depth nesting down to which the grammar is checked */
  constructor(depth: number) {
    this.#kinds = new Uint8Array(depth + 1);
  }

  reset(): void {
    this.status = 'open';
    this.length = 0;
    this.maxDepth = 0;
    this.#depth = 0;
    this.#state = VALUE;
    this.#escaped = false;
  }

  /** Goes on with bytes[from]. */
  feed(bytes: Uint8Array, from: number): void {
    let i = from;
    while (i < bytes.length && this.status === 'open') {
      if (this.#state <= LAST_STRING) {
        i = this.#string(bytes, i);
      } else if (this.#state === TOKEN) {
        while (i < bytes.length && isTokenByte(bytes[i])) i++;
        if (i < bytes.length) this.#valueEnds();
      } else {
        if (this.#state === DEEP) this.#deepByte(bytes[i]);
        else this.#byte(bytes[i]);
        i++;
      }
    }
    this.length += i - from;
  }

  /** Runs through a string to its end, a break, or the end of the bytes. */
  #string(bytes: Uint8Array, from: number): number {
    let i = from;
    if (this.#escaped && i < bytes.length) {
      this.#escaped = false;
      if (bytes[i] === LINE_FEED) this.status = 'broken';
      i++;
    }
    for (; i < bytes.length && this.status === 'open'; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) {
        if (this.#state === STRING) this.#valueEnds();
        else this.#state = this.#state === KEY_STRING ? COLON : DEEP;
        return i + 1;
      }
      if (byte === LINE_FEED) this.status = 'broken';
      else if (byte === BACKSLASH) {
        i++;
        if (i === bytes.length) {
          this.#escaped = true;
          return i;
        }
        if (bytes[i] === LINE_FEED) this.status = 'broken';
      }
    }
    return i;
  }

  #byte(byte: number | undefined): void {
    if (isSpace(byte)) return;
    const state = this.#state;
    const inObject = this.#kinds[this.#depth] === OPEN_OBJECT;
    if (state === AFTER_VALUE) {
      if (byte === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) this.#close();
      else this.#expect(byte === COMMA, inObject ? KEY : VALUE);
    } else if (state === COLON) this.#expect(byte === 0x3a, VALUE);
    else if (state === FIRST_KEY && byte === CLOSE_OBJECT) this.#close();
    else if (state === FIRST_VALUE && byte === CLOSE_ARRAY) this.#close();
    else if (state === KEY || state === FIRST_KEY) this.#expect(byte === QUOTE, KEY_STRING);
    else this.#valueBegins(byte);
  }

  #expect(met: boolean, next: State): void {
    if (met) this.#state = next;
    else this.status = 'broken';
  }

  #valueBegins(byte: number | undefined): void {
    if (byte === QUOTE) this.#state = STRING;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte);
    else this.#expect(isTokenByte(byte), TOKEN);
  }

  #open(kind: number): void {
    this.#depth++;
    if (this.#depth > this.maxDepth) this.maxDepth = this.#depth;
    if (this.#depth >= this.#kinds.length) {
      this.#state = DEEP;
    } else {
      this.#kinds[this.#depth] = kind;
      this.#state = kind === OPEN_OBJECT ? FIRST_KEY : FIRST_VALUE;
    }
  }

  #close(): void {
    this.#depth--;
    this.#valueEnds();
  }

  #valueEnds(): void {
    this.#state = AFTER_VALUE;
    if (this.#depth === 0) this.status = 'whole';
  }

  /** Below `depth`: brackets of either kind are only counted. */
  #deepByte(byte: number | undefined): void {
    if (byte === QUOTE) this.#state = DEEP_STRING;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.#depth--;
      if (this.#depth < this.#kinds.length) this.#valueEnds();
    }
  }
}

type State = number;
const STRING = 0;
const KEY_STRING = 1;
const DEEP_STRING = 2;
const LAST_STRING = 2;
const VALUE = 3;
const FIRST_VALUE = 4;
const FIRST_KEY = 5;
const KEY = 6;
const COLON = 7;
const AFTER_VALUE = 8;
const TOKEN = 9;
const DEEP = 10;

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Bytes of numbers and of true, false, null. */
function isTokenByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || TOKEN_SIGNS.includes(byte);
}

const TOKEN_SIGNS = [0x2b, 0x2d, 0x2e, 0x45];
