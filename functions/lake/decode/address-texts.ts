/** Finds the addresses in any text, however they are encoded there, and puts something else in their place. */
import { isUtf8 } from 'node:buffer';

/** What stands where the address of a forgotten person stood. */
export const ERASED = 'erased';

/** Headers that name people who write or get mail; of others, such as From, the words beside an address stay. */
const PEOPLE_HEADERS =
  /^(?:(?:resent-)?(?:to|cc|bcc|reply-to)|(?:x-)?(?:envelope|original|forwarded|failed-recipient)[a-z-]*-to|delivered-to|x-rcpt-to|apparently-to|mail-followup-to|x-failed-recipients|disposition-notification-to|return-receipt-to)$/;

export const isOfPeople = (headerLower: string): boolean => PEOPLE_HEADERS.test(headerLower);

/** What may stand for the `@`: itself, percent-encoded any number of times, or in quoted-printable. */
const AT = /@|%(?:25)*40|=40/gi;
const PERCENT = '%(?:25)*';
/** Letters and digits beyond ASCII in UTF-8, all but symbols and what few languages have. */
const BEYOND_ASCII = (sign: string): string =>
  `${sign}(?:(?:c[3-9a-f]|d[0-9a-f])|e[013-9a-d]${sign}[89ab][0-9a-f])${sign}[89ab][0-9a-f]`;

/** A domain, of which any character may be encoded that begins with the sign. */
function domainEncodedBy(sign: string, dot = `${sign}2e`): RegExp {
  const letter = String.raw`(?:[\p{L}\p{N}_-]|${sign}(?:2d|3[0-9]|[46][1-9a-f]|5[0-9af]|7[0-9a])|${BEYOND_ASCII(sign)})`;
  const literal = String.raw`(?:\[|${sign}5b)(?:[0-9a-z:.]|${sign}3a){2,64}(?:\]|${sign}5d)`;
  return new RegExp(String.raw`${letter}+(?:(?:\.|${dot})${letter}+)*|${literal}`, 'iuy');
}

/** By what stands for the `@`. Beside an `@` itself quoted-printable has nothing to encode but, at the end of a line, a dot. */
const DOMAINS = {
  '@': domainEncodedBy(PERCENT, `(?:${PERCENT}|=)2e`),
  '%': domainEncodedBy(PERCENT),
  '=': domainEncodedBy('='),
};
type Sign = keyof typeof DOMAINS;
/** Nearly every domain: a third of the work. */
const PLAIN_DOMAIN = /[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*/uy;
const signOf = (at: string): Sign => (at === '@' ? '@' : at.startsWith('%') ? '%' : '=');
/** In quoted-printable `=40` may be a parameter's `40`: only what looks like a whole domain makes it an `@`. */
const WHOLE_DOMAIN = /\.\p{L}{2,}(?![\p{L}\p{N}])|^localhost$/iu;
/** The same in what may be no text. */
const DOMAIN_IN_BYTES = /\.[\p{L}\p{N}]{2}|^localhost/iu;

/** Longer than any local part (RFC 5321, 4.5.3.1: 64), for those that are encoded, even several times. */
const LONGEST_LOCAL = 1024;

/** The same of a domain (RFC 1035, 2.3.4: 255). */
const LONGEST_DOMAIN = 4096;

/** Characters among which encoded runs are looked for at once: a pattern that repeats over many more has no room on the stack. */
const MOST_AT_ONCE = 1 << 21;

/** A local part of X.400: all of it lies behind a delimiter of URLs, as in `/G=Ann/S=Doe/@gateway.example`. */
const OF_GATEWAYS = /^\/[a-z]+=[^/]*(?:\/[a-z]+=[^/]*)*\/$/i;

/** What ends a local part to its left, wherever it stands. */
const OUTSIDE: ReadonlySet<string> = new Set(' \t\r\n\f\v\u00a0<>()[]",;:\\@`');
/** Delimiters of URLs, percent-encoded or in quoted-printable. */
const ENCODED_DELIMITER = /(?:%(?:25)*|=)(?:0[9ad]|2[0-2689cf]|3[abcef]|5[bd]|60|7c)/gi;
const PERCENT_DELIMITER = /%(?:25)*(?:0[9ad]|2[0-2689cf]|3[abcef]|5[bd]|60|7c)/gi;
/** Those that stand before a parameter, or around one. */
const OF_URL = /(?:2[36f]|3f)$/i;
const ENCODED_EQUALS = /(?:%(?:25)*|=)3d/gi;
/** A parameter's, and no beginning of a character in quoted-printable, which writes these few in capitals. */
const EQUALS = /=(?!2[BDE]|5F)/g;
/** What is left of an escape of JSON behind its backslash. */
const ESCAPE = /^(?:[bfnrt]|u00[0-9A-Fa-f]{2})/;

/** The end of a line, also as JSON escapes it, however often. */
const BREAK = String.raw`(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)`;
/** Where quoted-printable goes on in the next line (RFC 2045, 6.7). */
const SOFT_BREAK = new RegExp(`=${BREAK}`, 'g');
/** The first backslash of those before the letter `u`. */
const UNICODE_ESCAPE = /(?<!\\)\\+u([0-9a-f]{4})/gi;

/** Letters that hold an `@` in Base64, or the `40` of one that is encoded, by where among three bytes it stands. */
const IN_BASE64 = String.raw`Q[A-Pw]|[EUk0][A-D]|[BFJNRVZdhlptx159]A|0[M\r\n\\]|ND`;
const BASE64_AT = new RegExp(IN_BASE64);
/** Six letters are the shortest address; lines of 60 and more letters (PEM: 64, MIME: 76) go on in the next. */
const BASE64 = new RegExp(String.raw`[\w+/-]{8,}(?:(?=[\r\n\\])(?<=[\w+/-]{60})${BREAK}[ \t]?[\w+/-]+)*={0,2}`, 'g');
/** Of what was in Base64, bytes that may be text, in which UTF-16 has zeros. */
const CONTROLS = String.raw`\x01-\x08\x0b\x0c\x0e-\x1f\x7f`;
const STRETCH = new RegExp(`[^${CONTROLS}]{6,}`, 'g');
const ASCII = new RegExp(`[^${CONTROLS}\\x80-\\xff]{6,}`, 'g');
const PLAIN_TEXT = /^[\t\r\n\x20-\x7e]*$/;
/** Letters of UTF-16, of either order, that one byte would hold. */
const WIDE = /\0(?:[^\0]\0){4,}[^\0]|(?:[^\0]\0){5,}/g;

/** Two characters that an address has, encoded or not; nearly no other text has any (`mayHold`, `mayHoldBytes`). */
const SUSPECT = new RegExp(String.raw`@|%[24]|=[4?]|\\u|${IN_BASE64}`);

/** Whether a text may hold an address; false is certain. */
export const mayHold = (text: string): boolean => SUSPECT.test(text);

/** First and second characters of the pairs of SUSPECT, each pair a bit. */
const FIRST = pairs([
  ['%', 8],
  ['=\\', 16],
  ['Q', 1 | 32],
  ['EUk0', 2],
  ['BFJNRVZdhlptx159', 4],
  ['0', 64],
  ['N', 128],
]);
const SECOND = pairs([
  ['24', 8],
  ['4?u', 16],
  ['ABCDEFGHIJKLMNOP', 1],
  ['w', 32],
  ['ABCD', 2],
  ['A', 4],
  ['M\r\n\\', 64],
  ['D', 128],
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
    if (!mayHold(text)) return text;
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

  /** The text without what encodes it as a whole: lines of quoted-printable, and escapes of JSON. */
  protected meant(text: string): string {
    return withoutEscapes(withoutSoftBreaks(text));
  }

  /** The text as it was meant where that holds an address, else as it was written, but for addresses. */
  protected replaceAll(text: string): string {
    const meant = this.meant(text);
    if (meant !== text) {
      const made = this.replaceAll(meant);
      // What is encoded and holds no address stays as it was written.
      if (made !== meant) return made;
    }
    const written = this.written(text);
    if (written.length <= MOST_AT_ONCE) return this.#inBase64(this.#inWide(written));
    return [...piecesOf(written)].map((piece) => this.#inBase64(this.#inWide(piece))).join('');
  }

  /** Addresses that stand in the text, with an `@` or what stands for it. @param isText false: it may be anything */
  protected written(text: string, isText = true): string {
    let made = '';
    let done = 0;
    let before = 0;
    for (const { 0: at, index } of text.matchAll(AT)) {
      const from = Math.max(done, before, index - LONGEST_LOCAL);
      before = index + at.length;
      if (index < done || from === index) continue;
      const start = localStart(text, from, index, at);
      if (start === index) continue;
      const sign = signOf(at);
      const domain = domainAt(text, index + at.length, sign);
      if (domain === undefined) continue;
      const needed = sign === '=' ? WHOLE_DOMAIN : isText ? null : DOMAIN_IN_BYTES;
      if (needed?.test(decoded(domain, sign)) === false) continue;
      for (const [first, length] of this.extents(text, start, index, domain)) {
        const address = `${decoded(text.slice(first, index), sign)}@${decoded(domain.slice(0, length), sign)}`;
        const put = this.instead(address, at);
        if (put === null) continue;
        made += text.slice(done, first) + put;
        done = index + at.length + length;
        break;
      }
    }
    return done === 0 ? text : made + text.slice(done);
  }

  #inWide(text: string): string {
    if (!text.includes('\0')) return text;
    return text.replace(WIDE, (run) => {
      const narrow = run.replaceAll('\0', '');
      const made = this.written(narrow, false);
      if (made === narrow) return run;
      return run.startsWith('\0') ? `\0${made.split('').join('\0')}` : `${made.split('').join('\0')}\0`;
    });
  }

  /** What was encoded, without the addresses in it; null if there are none. */
  #inBytes(text: string): string | null {
    for (const inner of new Set([this.meant(text), text])) {
      const made = this.#inWide(this.written(inner, PLAIN_TEXT.test(inner)));
      if (made !== inner) return made;
    }
    return null;
  }

  #inBase64(text: string): string {
    if (!BASE64_AT.test(text)) return text;
    return text.replace(BASE64, (run) => (BASE64_AT.test(run) ? this.#inRun(run) : run));
  }

  /** Letters of Base64, of which several texts may have a part each: what was encoded may begin behind other letters, such as a path's. */
  #inRun(run: string): string {
    const letters = run.replace(LINE_BREAKS, '');
    const count = letters.replace(/=+$/, '').length;
    const edits: { from: number; to: number; put: string }[] = [];
    for (let skipped = 0; skipped < 4; skipped++) {
      const bytes = Buffer.from(letters.slice(skipped), 'base64');
      for (const { 0: stretch, index } of stretchesOf(bytes)) {
        if (!ANY_AT.test(stretch)) continue;
        const end = index + stretch.length;
        const text = this.#inBytes(bytes.toString('utf8', index, end));
        if (text === null) continue;
        // Letters hold three bytes by fours.
        const begin = index - (index % 3);
        const made = Buffer.concat([bytes.subarray(begin, index), Buffer.from(text)]);
        const from = skipped + (begin / 3) * 4;
        const to = Math.min(count, skipped + Math.ceil((end / 3) * 4));
        const put = made.toString(/[-_]/.test(letters) ? 'base64url' : 'base64');
        const isLast = to === count && letters.length > count;
        edits.push({ from, to: isLast ? letters.length : to, put: isLast ? put : put.replace(/=+$/, '') });
      }
    }
    if (edits.length === 0) return run;
    let whole = '';
    let done = 0;
    for (const { from, to, put } of edits.sort((a, b) => a.from - b.from)) {
      if (from < done) continue;
      whole += letters.slice(done, from) + put;
      done = to;
    }
    return whole + letters.slice(done);
  }
}

/** A long text in pieces, each of which ends between runs of Base64 if the last so many characters allow it. */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = from + MOST_AT_ONCE;
    const tail = end < text.length ? text.slice(end - LONGEST_DOMAIN, end) : '';
    const letters = /[\w+/-]*$/.exec(tail)?.[0].length ?? 0;
    const to = letters < tail.length ? end - letters : end;
    yield text.slice(from, to);
    from = to;
  }
}

/** What may be text of some bytes, each as a character, with its place; where that is no UTF-8, of ASCII only. */
function* stretchesOf(bytes: Buffer): Generator<{ 0: string; index: number }> {
  for (const { 0: stretch, index } of bytes.toString('latin1').matchAll(STRETCH)) {
    if (isUtf8(bytes.subarray(index, index + stretch.length))) yield { 0: stretch, index };
    else for (const ascii of stretch.matchAll(ASCII)) yield { 0: ascii[0], index: index + ascii.index };
  }
}

const ANY_AT = new RegExp(String.raw`${AT.source}|\\u0040`, 'i');
const LINE_BREAKS = new RegExp(`${BREAK}[ \\t]?`, 'g');

const withoutSoftBreaks = (text: string): string =>
  text.includes('=\r') || text.includes('=\n') || text.includes('=\\') ? text.replace(SOFT_BREAK, '') : text;

/** Letters and signs that JSON within the text escapes, as they are; what JSON has to escape stays so. */
const withoutEscapes = (text: string): string =>
  text.includes('\\u')
    ? text.replace(UNICODE_ESCAPE, (escaped, hex: string) => {
        const code = Number.parseInt(hex, 16);
        const isNeeded = code < 0x20 || code === 0x22 || code === 0x5c || code >= 0xd800;
        return isNeeded ? escaped : String.fromCharCode(code);
      })
    : text;

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
  if (text[start - 1] === '\\') local = ESCAPE.exec(run)?.[0].length ?? local;
  const isUrl = /[/?&#]/.test(run);
  if (isUrl) {
    for (const { index: place } of run.matchAll(/[/?&#]/g)) local = Math.max(local, place + 1);
    if (at !== '=40') local = Math.max(local, run.indexOf('=', local) + 1);
  }
  let isUrlWithin = false;
  if (!run.includes('%') && !run.includes('=')) return start + local;
  for (const { index: place, 0: delimiter } of run.matchAll(at === '@' ? PERCENT_DELIMITER : ENCODED_DELIMITER)) {
    local = Math.max(local, place + delimiter.length);
    isUrlWithin ||= OF_URL.test(delimiter);
  }
  const all = [...run.slice(local).matchAll(isUrl || at !== '@' ? ENCODED_EQUALS : EQUALS)];
  const equals = isUrlWithin ? all[0] : all.at(-1);
  if (equals !== undefined) {
    const behind = local + equals.index + equals[0].length;
    if (isUrlWithin || !run.slice(behind).includes('.')) local = behind;
  }
  return local === run.length && OF_GATEWAYS.test(run) ? start : start + local;
}

function domainAt(text: string, from: number, sign: Sign): string | undefined {
  const near = text.slice(from, from + LONGEST_DOMAIN);
  PLAIN_DOMAIN.lastIndex = 0;
  const plain = PLAIN_DOMAIN.exec(near)?.[0];
  const next = near[plain?.length ?? 0];
  if (plain !== undefined && next !== '%' && next !== '=' && next !== '.') return plain;
  const pattern = DOMAINS[sign];
  pattern.lastIndex = 0;
  return pattern.exec(near)?.[0];
}

/** A part of an address as it is without encoding. @param sign what the encoding begins with; `@`: the address has its own */
function decoded(part: string, sign: Sign): string {
  if (!part.includes('%') && !part.includes('=')) return part;
  const text =
    sign === '@' ? part.replace(/=(2[BDE]|5F)/g, '%$1') : sign === '=' ? part.replace(/=([0-9a-f]{2})/gi, '%$1') : part;
  // What is encoded several times has the percent sign encoded.
  return text.replace(/%(?:25)+(?=[0-9a-f]{2})/gi, '%').replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
