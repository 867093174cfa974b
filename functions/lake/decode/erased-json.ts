/** Writes the JSON of a raw record once more without erased persons: whatever doesn't name them stays as it was, byte for byte. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { isGzip } from '../read/gzip.ts';
import { elementSpans, type MemberSpan, memberSpans, parseJson } from '../read/json.ts';
import { ERASED_RECORD, isEventInside, looksLikeEvent } from '../read/marks.ts';
import type { JsonObject } from '../read/record.ts';
import { mayHold } from './address-texts.ts';
import { ANY_TIME, type ErasedPersons } from './erased-persons.ts';

/** What the decoder makes of an event. */
export type Judgement =
  /** all of it is about erased persons */
  | { is: 'erased' }
  /** it has rows of others, about mail that was sent then */
  | { is: 'event'; sentAt: number }
  /** it has no rows: it is skipped, or can't be decoded */
  | { is: 'other' };

export interface JsonEraserParts {
  persons: ErasedPersons;
  judge(value: JsonObject, text: string): Judgement;
  /** the same of bytes that hold records, however they are separated; the same bytes if there is nothing of them */
  records(bytes: Buffer): Buffer;
}

/**
 * A record about erased persons gives way to a word, which is read as a record, so that those behind it keep their numbers; so
 * does one that has no rows and names them and nobody else as recipients, since it tells of them and of no other. Of an event that
 * is about others, too, and of all around events, addresses give way, and names beside them, wherever they stand: in JSON within a
 * text, in Base64, in gzip within that.
 */
export class JsonEraser {
  readonly #parts: JsonEraserParts;
  /** the record at hand names others as recipients, too */
  #namesOthers = false;

  constructor(parts: JsonEraserParts) {
    this.#parts = parts;
  }

  /** @param text of one JSON value @returns the same text if there is nothing of them in it */
  without(text: string): string {
    const { persons } = this.#parts;
    if (!persons.isIn(text) && !HIDDEN.test(text)) return text;
    const before = persons.about(ANY_TIME);
    try {
      return this.#value(text, '');
    } finally {
      persons.about(before);
    }
  }

  /** @param of the key that the value stands under, as `nameOf` has it */
  #value(text: string, of: string): string {
    const [first] = text;
    if (first === '{') return this.#object(text);
    if (first === '[') return spliced(text, elementSpans(text), (element) => this.#value(element, of));
    if (first !== '"' || !mayName(text)) return text;
    const given: string = JSON.parse(text);
    const made = this.#text(given, of);
    return made === given ? text : JSON.stringify(made);
  }

  #object(text: string): string {
    const members = [...memberSpans(text)];
    if (!members.some(({ key }) => TYPE_WORDS.has(key))) return this.#members(text, members);
    const value: JsonObject = JSON.parse(text);
    if (!isEventInside(value)) return this.#members(text, members);
    const { persons, judge } = this.#parts;
    const judgement = judge(value, text);
    if (judgement.is === 'erased') return ERASED_RECORD;
    const before = persons.about(judgement.is === 'event' ? judgement.sentAt : ANY_TIME);
    this.#namesOthers = false;
    const made = this.#members(text, members);
    persons.about(before);
    return judgement.is === 'other' && made !== text && !this.#namesOthers ? ERASED_RECORD : made;
  }

  #members(text: string, members: readonly MemberSpan[]): string {
    const header = headerIn(text, members);
    const parts = members.flatMap(({ key, name, ...value }) => [
      { ...name, of: '' },
      { ...value, of: header !== null && key === 'value' ? header : nameOf(key) },
    ]);
    return spliced(text, parts, (part, { of }) => this.#value(part, of));
  }

  #text(text: string, of: string): string {
    const { persons, records } = this.#parts;
    if (/^\s*[[{]/.test(text)) {
      const trimmed = text.trim();
      const parsed = parseJson(trimmed);
      if (parsed) return text.replace(trimmed, () => this.#value(parsed.text, of));
    }
    if (of.startsWith(HEADER)) return persons.header(of.slice(HEADER.length), text);
    if (BASE64.test(text)) {
      const bytes = Buffer.from(text, 'base64');
      const inner = unzipped(bytes);
      if (inner.includes('{"') || inner.includes('{\n')) {
        const made = records(inner);
        if (made === inner) return text;
        const packed = inner === bytes ? made : gzipSync(made);
        return packed.toString(/[-_]/.test(text) ? 'base64url' : 'base64');
      }
    }
    if (looksLikeEvent(text)) return records(Buffer.from(text)).toString();
    if (!RECIPIENTS.has(of)) return SENDERS.has(of) ? persons.people(text) : persons.text(text);
    const made = persons.people(text);
    if (made.includes('@')) this.#namesOthers = true;
    return made;
  }
}

const TYPE_WORDS: ReadonlySet<string> = new Set(['eventType', 'notificationType', 'event_type']);
/** Keys of what names people, as `nameOf` has them: names beside an address go, too. */
const RECIPIENTS: ReadonlySet<string> = new Set([
  ...['destination', 'destinations', 'recipient', 'recipients', 'emailaddress', 'address', 'to', 'cc', 'bcc'],
]);
const SENDERS: ReadonlySet<string> = new Set(['from', 'fromaddress', 'source', 'sender', 'returnpath', 'replyto']);
const nameOf = (key: string): string => key.toLowerCase().replace(/[_-]/g, '');
const HEADER = 'header ';
/** All of a text is Base64. */
const BASE64 = /^[A-Za-z0-9+/_-]{24,}={0,2}$/;
/** What hides an address from a look at the text: escapes of letters, and Base64 of gzip. */
const HIDDEN = /\\u00|H4sI/;

const mayName = (literal: string): boolean => mayHold(literal) || literal.includes('H4sI');

/** Where an object is a header, its name: `{"name": …, "value": …}`. */
function headerIn(text: string, members: readonly MemberSpan[]): string | null {
  const name = members.find(({ key }) => key === 'name');
  if (!name || text[name.from] !== '"' || !members.some(({ key }) => key === 'value')) return null;
  return HEADER + String(JSON.parse(text.slice(name.from, name.to))).toLowerCase();
}

/** The text with other parts in the place of some; the same text if all parts stay. */
function spliced<S extends { from: number; to: number }>(
  text: string,
  spans: Iterable<S>,
  made: (part: string, span: S) => string,
): string {
  let whole = '';
  let done = 0;
  for (const span of spans) {
    const part = text.slice(span.from, span.to);
    const other = made(part, span);
    if (other === part) continue;
    whole += text.slice(done, span.from) + other;
    done = span.to;
  }
  return done === 0 ? text : whole + text.slice(done);
}

/** Bytes that an envelope holds may be compressed; the same bytes if they are not. */
function unzipped(bytes: Buffer): Buffer {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_UNZIPPED });
  } catch {
    return bytes;
  }
}

const MOST_UNZIPPED = 64 * 1024 * 1024;
