/** Searches an unknown envelope for events inside it. */
import { gunzipSync, inflateSync } from 'node:zlib';
import { type Reason, type Refusal, refusal } from '../vocabulary.ts';
import { isGzip } from './gzip.ts';
import { elementTexts, isTooDeep, memberTexts, parseJson } from './json.ts';
import { ERASED_RECORD, isEventInside, looksLikeEvent, looksLikeEventStart } from './marks.ts';
import type { JsonValue, RecordVisitor } from './record.ts';
import { SES_TOPIC_VALIDATION } from './topic-validation.ts';

/** Splits bytes that came inside an envelope; true if there was any record among them. */
export type SplitInner = (bytes: Buffer, visitor: RecordVisitor) => boolean;

/** What was found in an unknown envelope, in order. */
export type Found =
  | { is: 'record'; value: JsonValue; text: string }
  | { is: 'skip'; kind: string }
  | { is: 'reject'; rejection: Refusal };

export interface SearchLimits {
  /** bytes of a record; four times as much may be unpacked out of one */
  recordBytes: number;
  /** nesting */
  depth: number;
}

/**
 * Looks for events inside a value, whatever is around them: members and elements of any name, strings that hold JSON,
 * several records, or text with a record in it, base64 of all that, and gzip or zlib within base64. An event is known
 * by its own words (marks.ts), a known envelope by `isEnvelope`; neither is looked into. What bears the marks of an
 * event and can't be read as one is found as a rejection, so that a later version can read it: nothing is passed over.
 *
 * Every text is looked at a fixed number of times, and what is unpacked is bounded, so the time is in proportion to the
 * record. Only records that are no events themselves come here.
 */
export class EventSearch {
  readonly #limits: SearchLimits;
  readonly #split: SplitInner;
  readonly #isEnvelope: (value: JsonValue) => boolean;
  #found: Found[] = [];
  /** bytes that may still be unpacked */
  #left = 0;
  #isOver = false;

  constructor(limits: SearchLimits, split: SplitInner, isEnvelope: (value: JsonValue) => boolean) {
    this.#limits = limits;
    this.#split = split;
    this.#isEnvelope = isEnvelope;
  }

  /** @param value is no event and no known envelope itself */
  find(value: JsonValue, text: string): Found[] {
    this.#begin();
    if (typeof value === 'string') this.#string(value, 0);
    else this.#members(value, () => text, 0);
    return this.#found;
  }

  /** In the text of an envelope that is no JSON. */
  findInText(text: string): Found[] {
    this.#begin();
    this.#string(text, 0);
    return this.#found;
  }

  /** In bytes that an envelope held. */
  findInBytes(bytes: Buffer): Found[] {
    this.#begin();
    this.#bytes(bytes, 0);
    return this.#found;
  }

  #begin(): void {
    this.#found = [];
    this.#left = 4 * this.#limits.recordBytes;
    this.#isOver = false;
  }

  /** True if anything was found in it. `unpacked` counts the strings around it that were unpacked. */
  #value(value: JsonValue, text: () => string, unpacked: number): boolean {
    if (typeof value === 'string') return this.#string(value, unpacked);
    if (typeof value !== 'object' || value === null) return false;
    if (!Array.isArray(value) && (isEventInside(value) || this.#isEnvelope(value))) {
      this.#found.push({ is: 'record', value, text: text() });
      return true;
    }
    return this.#members(value, text, unpacked);
  }

  /** Beside something that was found, what bears marks and wasn't understood is rejected by itself. */
  #members(value: JsonValue, text: () => string, unpacked: number): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const strange: (() => string)[] = [];
    let isFound = false;
    const visit = (member: JsonValue, memberText: () => string): void => {
      if (this.#value(member, memberText, unpacked)) isFound = true;
      else if (typeof member === 'string') strange.push(() => member);
      else if (typeof member === 'object' && member !== null) strange.push(memberText);
    };
    if (Array.isArray(value)) {
      const texts = once(() => elementTexts(text()));
      value.forEach((element, place) => {
        visit(element, () => texts()[place] ?? '');
      });
    } else {
      const texts = once(() => memberTexts(text()));
      for (const name in value) visit(value[name] ?? null, () => texts().get(name) ?? '');
    }
    if (isFound) for (const part of strange) this.#rejectStrange(part());
    return isFound;
  }

  #rejectStrange(text: string): boolean {
    if (text.length < SHORTEST || !looksLikeEvent(text)) return false;
    return this.#reject('unknown_envelope', 'the marks of a mail event, beside others that could be read');
  }

  #reject(reason: Reason, detail: string): true {
    this.#found.push({ is: 'reject', rejection: refusal(reason, detail) });
    return true;
  }

  #string(text: string, unpacked: number): boolean {
    if ((text.length < SHORTEST && text.trim() !== ERASED_RECORD) || this.#isOver) return false;
    const first = firstCharacter(text);
    if (first === 'S' && text.trim() === SES_TOPIC_VALIDATION) {
      this.#found.push({ is: 'skip', kind: 'ses_topic_validation' });
      return true;
    }
    const isJson = first === '{' || first === '[' || first === '"';
    const isCoded = !isJson && BASE64_START.test(text);
    if (!isJson && !isCoded && !text.includes('{')) return false;
    if (unpacked === MOST_UNPACKED) {
      return looksLikeEvent(text) && this.#reject('too_deep', `packed more than ${MOST_UNPACKED} times`);
    }
    if (!this.#spend(text.length)) return true;
    if (isCoded && BASE64.test(text)) return this.#coded(Buffer.from(text, 'base64'), unpacked + 1);
    const parsed = isJson ? parseJson(text) : undefined;
    if (parsed === undefined) return this.#several(Buffer.from(text), unpacked + 1, () => text);
    if (isTooDeep(parsed.text, this.#limits.depth)) {
      return looksLikeEvent(text) && this.#reject('too_deep', `nested deeper than ${this.#limits.depth}`);
    }
    return this.#value(parsed.value, () => parsed.text, unpacked + 1);
  }

  /** What base64 stood for: is it anything that could hold text? */
  #coded(bytes: Buffer, unpacked: number): boolean {
    return isGzip(bytes) || isZlib(bytes) || isTextStart(bytes) ? this.#bytes(bytes, unpacked) : false;
  }

  #bytes(bytes: Buffer, unpacked: number): boolean {
    if (!isGzip(bytes) && !isZlib(bytes)) {
      const isCoded = BASE64_START.test(bytes.toString('latin1', 0, 64));
      return isCoded
        ? this.#string(bytes.toString(), unpacked)
        : this.#several(bytes, unpacked, () => bytes.toString());
    }
    const most = Math.max(1, Math.min(this.#left, this.#limits.recordBytes));
    try {
      const plain = isGzip(bytes)
        ? gunzipSync(bytes, { maxOutputLength: most })
        : inflateSync(bytes, { maxOutputLength: most });
      if (!this.#spend(plain.length)) return true;
      if (unpacked >= MOST_UNPACKED) return false;
      return this.#bytes(plain, unpacked + 1);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        return this.#giveUp(`more than ${most} bytes when decompressed`);
      }
      // two bytes are no proof of zlib
      return isGzip(bytes) && this.#reject('unknown_envelope', 'compressed data that can not be decompressed');
    }
  }

  /** Bytes or text that may hold several records, with text between them. */
  #several(bytes: Buffer, unpacked: number, whole: () => string): boolean {
    const before = this.#found.length;
    const strange: string[] = [];
    const broken: Refusal[] = [];
    this.#split(bytes, {
      record: (value, text) => {
        if (!this.#value(value, () => text, unpacked)) strange.push(text);
      },
      skip: (kind) => void this.#found.push({ is: 'skip', kind }),
      reject: (rejection) => void broken.push(rejection),
    });
    if (this.#found.length > before) {
      for (const text of strange) this.#rejectStrange(text);
      // a stream of events in which some are damaged, unless the rest is text around them
      if (broken.length > 0) {
        const isCut = broken.some(({ reason }) => reason !== 'json') || looksLikeEventStart(whole());
        if (isCut) for (const rejection of broken) this.#found.push({ is: 'reject', rejection });
      }
      return true;
    }
    const text = whole();
    return text.length >= SHORTEST && looksLikeEventStart(text)
      ? this.#reject('unknown_envelope', `the marks of a mail event in text that can't be read: ${text.slice(0, 200)}`)
      : false;
  }

  #spend(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0 || !this.#giveUp(`more than ${4 * this.#limits.recordBytes} bytes are packed in it`);
  }

  /** Said once: nothing more is unpacked of this record. */
  #giveUp(detail: string): true {
    if (this.#isOver) return true;
    this.#isOver = true;
    return this.#reject('record_too_large', detail);
  }
}

/** Strings within strings. */
const MOST_UNPACKED = 8;
/** Characters of the shortest text that could hold an event. */
const SHORTEST = 30;
const BASE64_START = /^\s{0,8}[A-Za-z0-9+/_-]{24}/;
/**
 * Nothing in it can be read in two ways, so that a text that is no base64 at its very end is still refused in one pass.
 */
export const BASE64 = /^[A-Za-z0-9+/_\s-]+(?:={1,2}\s*)?$/;

function firstCharacter(text: string): string {
  for (let at = 0; at < text.length && at < 64; at++) {
    const character = text.charAt(at);
    if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') return character;
  }
  return '';
}

/** A zlib stream (RFC 1950, 2.2): deflate with a window of 32 KB, and a check that the two bytes divide by 31. */
function isZlib(bytes: Uint8Array): boolean {
  return bytes[0] === 0x78 && (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) % 31 === 0;
}

/** Sixteen bytes that could begin a text of JSON, log lines or a Kinesis aggregate (which begins with F3 89 9A C2). */
function isTextStart(bytes: Uint8Array): boolean {
  if (bytes[0] === 0xf3 && bytes[1] === 0x89) return true;
  return bytes
    .subarray(0, 16)
    .every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1e);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
