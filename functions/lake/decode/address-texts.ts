/** Finds the addresses in any text, however they are encoded there, and puts something else in their place. */
import { decodedWords } from './encoded-words.ts';

/** What stands where the address of a forgotten person stood. */
export const ERASED = 'erased';

/** Headers that name people who write or get mail; of others, such as From, the words beside an address stay. */
const PEOPLE_HEADERS =
  /^(?:(?:resent-)?(?:to|cc|bcc|reply-to)|(?:x-)?(?:envelope|original|forwarded|failed-recipient)[a-z-]*-to|delivered-to|x-rcpt-to|apparently-to|mail-followup-to|x-failed-recipients|disposition-notification-to|return-receipt-to)$/;

export const isOfPeople = (headerLower: string): boolean => PEOPLE_HEADERS.test(headerLower);

/** What may stand for the `@`: itself, percent-encoded any number of times, or in quoted-printable. */
const AT = /@|%(?:25)*40|=40/gi;
const DOMAIN = /(?:[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*)|\[[0-9A-Za-z:.]{2,64}\]/uy;
/** In quoted-printable `=40` may be a parameter's `40`: only what looks like a whole domain makes it an `@`. */
const WHOLE_DOMAIN = /\.[a-z]{2,}$/i;

/** Longer than any local part (RFC 5321, 4.5.3.1: 64), for those that are encoded. */
const LONGEST_LOCAL = 320;

/** A local part of X.400: all of it lies behind a delimiter of URLs, as in `/G=Ann/S=Doe/@gateway.example`. */
const OF_GATEWAYS = /^\/[a-z]+=[^/]*(?:\/[a-z]+=[^/]*)*\/$/i;

/** What ends a local part to its left, wherever it stands. */
const OUTSIDE: ReadonlySet<string> = new Set(' \t\r\n\f\v\u00a0<>()[]",;:\\@`');
/** Delimiters of URLs, percent-encoded or in quoted-printable. */
const ENCODED_DELIMITER = /(?:%(?:25)*|=)(?:0[9ad]|2[0-2689cf]|3[abcef]|5[bd]|60|7c)/gi;
const ENCODED_EQUALS = /(?:%(?:25)*|=)3d/gi;

/** Two characters that an address has, encoded or not; nearly no other text has any (`mayHold`, `mayHoldBytes`). */
const SUSPECT = /@|%[24]|=[4?]|Q[A-P]|[EUk0][A-D]|[BFJNRVZdhlptx159]A/;

/** Letters that hold an `@` in Base64, by where among three bytes it stands; six letters are the shortest address. */
const BASE64 = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
const BASE64_AT = /Q[A-P]|[EUk0][A-D]|[BFJNRVZdhlptx159]A/;
const ADDRESS_WITHIN = /[\p{L}\p{N}_.+%=-](?:@|%(?:25)*40|=40)[\p{L}\p{N}_-]+\.[\p{L}\p{N}]{2}/iu;

/** Whether a text may hold an address; false is certain. */
export const mayHold = (text: string): boolean => SUSPECT.test(text);

/** First and second characters of the pairs of SUSPECT, each pair a bit. */
const FIRST = pairs([
  ['%', 8],
  ['=', 16],
  ['Q', 1],
  ['EUk0', 2],
  ['BFJNRVZdhlptx159', 4],
]);
const SECOND = pairs([
  ['24', 8],
  ['4?', 16],
  ['ABCDEFGHIJKLMNOP', 1],
  ['ABCD', 2],
  ['A', 4],
]);

function pairs(letters: readonly (readonly [string, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [chars, bit] of letters) for (const byte of Buffer.from(chars)) table[byte] = (table[byte] ?? 0) | bit;
  return table;
}

/** The same of bytes. */
export function mayHoldBytes(bytes: Uint8Array, from: number, to: number): boolean {
  let before = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x40 || ((SECOND[byte] ?? 0) & before) !== 0) return true;
    before = FIRST[byte] ?? 0;
  }
  return false;
}

/** What becomes of the addresses in texts: a subclass says what stands in the place of each. */
export abstract class AddressTexts {
  /**
   * What is written in the place of an address; null: it stays.
   * @param address as it was before it was encoded @param at what stands for its `@` in the text
   */
  protected abstract instead(address: string, at: string): string | null;

  /**
   * Where an address may begin, and how much of its domain may belong to it, the likeliest first: nothing says where it ends in
   * a text such as `to=ann@example.org.Thanks`.
   */
  protected extents(
    _text: string,
    start: number,
    _at: number,
    domain: string,
  ): Iterable<[start: number, domain: number]> {
    return [[start, domain.length]];
  }

  /** A list of addresses, with the names beside them. */
  abstract people(text: string): string;

  /** Any text: what is no address stays as it is. */
  abstract text(text: string): string;

  /** The same for each text within JSON. */
  json(text: string): string {
    if (!mayHold(text) && !text.includes('\\u')) return text;
    return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/gs, (quoted) => {
      const given: string = JSON.parse(quoted);
      const made = this.text(given);
      return made === given ? quoted : JSON.stringify(made);
    });
  }

  /** The value of a header. */
  header(nameLower: string, value: string): string {
    return isOfPeople(nameLower) ? this.people(value) : this.text(value);
  }

  protected replaceAll(text: string): string {
    const words = decodedWords(text);
    if (words !== text) {
      const made = this.replaceAll(words);
      // An encoded word that holds no address stays as it was written.
      if (made !== words) return made;
    }
    return this.#inBase64(this.#written(text));
  }

  /** Addresses that stand in the text, with an `@` or what stands for it. */
  #written(text: string): string {
    let made = '';
    let done = 0;
    let before = 0;
    for (const { 0: at, index } of text.matchAll(AT)) {
      const from = Math.max(done, before, index - LONGEST_LOCAL);
      before = index + at.length;
      if (index < done) continue;
      const start = localStart(text, from, index, at);
      if (start === index) continue;
      DOMAIN.lastIndex = index + at.length;
      const domain = DOMAIN.exec(text)?.[0];
      if (domain === undefined || (at === '=40' && !WHOLE_DOMAIN.test(domain))) continue;
      for (const [first, length] of this.extents(text, start, index, domain)) {
        const put = this.instead(`${decoded(text.slice(first, index), at)}@${domain.slice(0, length)}`, at);
        if (put === null) continue;
        made += text.slice(done, first) + put;
        done = index + at.length + length;
        break;
      }
    }
    return done === 0 ? text : made + text.slice(done);
  }

  #inBase64(text: string): string {
    if (!BASE64_AT.test(text)) return text;
    return text.replace(BASE64, (run) => {
      if (!BASE64_AT.test(run)) return run;
      // What was encoded may begin behind other letters, such as a path's.
      for (let skipped = 0; skipped < 4; skipped++) {
        const given = run.slice(skipped);
        const bytes = Buffer.from(given, 'base64');
        const encoding = bytes.equals(Buffer.from(bytes.toString('utf8'))) ? 'utf8' : 'latin1';
        const inner = bytes.toString(encoding);
        if (!ADDRESS_WITHIN.test(inner)) continue;
        const replaced = this.#written(inner);
        if (replaced === inner) continue;
        const made = Buffer.from(replaced, encoding).toString(/[-_]/.test(given) ? 'base64url' : 'base64');
        return run.slice(0, skipped) + (given.endsWith('=') ? made : made.replace(/=+$/, ''));
      }
      return run;
    });
  }
}

/**
 * Where the local part begins that ends before the `@`; the `@`'s place if there is none. In a URL it begins behind the last
 * `/ ? & #` and a parameter's name; elsewhere these belong to it, and so does what a `=` stands before that is itself an address
 * (`bounce+ann=example.org@news.example`).
 */
function localStart(text: string, from: number, index: number, at: string): number {
  if (at === '@' && text[index - 1] === '"') {
    const opener = text.lastIndexOf('"', index - 2);
    if (opener >= from && /^[\s<(,;:]?$/.test(text.slice(Math.max(0, opener - 1), opener))) return opener;
  }
  let start = index;
  while (start > from && !OUTSIDE.has(text[start - 1] ?? '')) start--;
  const run = text.slice(start, index);
  let local = /^['{]*/.exec(run)?.[0].length ?? 0;
  const isUrl = /[/?&#]/.test(run);
  if (isUrl) {
    for (const { index: place } of run.matchAll(/[/?&#]/g)) local = place + 1;
    if (at !== '=40') local = Math.max(local, run.indexOf('=', local) + 1);
  }
  if (at !== '@') {
    for (const { index: place, 0: delimiter } of run.matchAll(ENCODED_DELIMITER)) {
      local = Math.max(local, place + delimiter.length);
    }
  }
  const equals = [...run.slice(local).matchAll(isUrl || at !== '@' ? ENCODED_EQUALS : /=/g)].at(-1);
  if (equals !== undefined) {
    const behind = local + equals.index + equals[0].length;
    if (!run.slice(behind).includes('.')) local = behind;
  }
  return local === run.length && OF_GATEWAYS.test(run) ? start : start + local;
}

/** The local part as an address has it. */
function decoded(local: string, at: string): string {
  let text = at === '=40' ? local.replace(/=([0-9a-f]{2})/gi, '%$1') : local;
  for (let layer = 0; layer < 3 && /%[0-9a-f]{2}/i.test(text); layer++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text;
}
