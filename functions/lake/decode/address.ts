/** Parses e-mail addresses and lists of them. */
import { domainToASCII } from 'node:url';
import { decodedWords } from './encoded-words.ts';

/** One address of a list. */
export interface Address {
  /** as written, with display name, without outer spaces */
  given: string;
  /** the address alone, as written; empty if there is none */
  address: string;
  /** display name, or the comment behind the address; decoded (RFC 2047) */
  name: string | null;
  /** in lower-case ASCII (IDNA) */
  domain: string | null;
}

/** `local@domain` without quotes, comments or anything beyond ASCII: nearly every address there is. */
const PLAIN = /^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$/;

export const isPlainAddress = (text: string): boolean => PLAIN.test(text);

/**
 * The addresses of a list (RFC 5322, 3.4): display names, quoted local parts, comments, groups, encoded words. Reads
 * leniently: a `;` separates too, and a comma in an unquoted name (`Doe, Jo <jo@example.org>`) belongs to the name.
 * Text without any `@` is one address that has no domain; never fails.
 *
 * @param most no more addresses than these are looked for
 */
export const parseAddresses = (text: string, most = Number.POSITIVE_INFINITY): Address[] => {
  const given = text.trim();
  if (isPlainAddress(given)) return [plainAddress(given)];
  const pieces = given.includes('@') ? splitList(given, most) : [given];
  return pieces.map(parsePiece);
};

const plainAddress = (given: string): Address => ({
  given,
  address: given,
  name: null,
  domain: given.slice(given.lastIndexOf('@') + 1).toLowerCase(),
});

/** Cuts at commas and semicolons outside quotes, comments and angle brackets, and after a group's name. */
const splitList = (text: string, most: number): string[] => {
  const pieces: string[] = [];
  const lastSemicolon = text.lastIndexOf(';');
  let from = 0;
  let nextAt = text.indexOf('@');
  let names = '';
  const end = (at: number, separator: string) => {
    const piece = text.slice(from, at).trim();
    from = at + 1;
    if (piece === '' && names === '') return;
    const whole = names + piece;
    names = '';
    // A piece without an address, before a comma, is the beginning of a name with a comma in it.
    if (separator === ',' && !piece.includes('@')) names = `${whole}, `;
    else pieces.push(whole);
  };
  for (const [at, char] of outsideOfQuotes(text)) {
    if (char === ',' || char === ';') {
      end(at, char);
      if (pieces.length >= most) return pieces;
    } else if (char === ':' && at < lastSemicolon) {
      if (nextAt >= 0 && nextAt < from) nextAt = text.indexOf('@', from);
      if (nextAt >= 0 && nextAt < at) continue;
      from = at + 1;
      names = '';
    }
  }
  end(text.length, '');
  return pieces;
};

/** The characters, with their places, that are in no quoted string, comment, domain literal or angle brackets. */
function* outsideOfQuotes(text: string): Generator<[number, string]> {
  // An opening character that nothing closes is only a character.
  const closed = new Map(Object.entries(CLOSERS).map(([opener, ender]) => [opener, text.lastIndexOf(ender)]));
  let closer = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && (closer === '"' || closer === ')')) at++;
    else if (closer !== '') {
      if (closer === ')' && char === '(') depth++;
      else if (char === closer && --depth === 0) closer = '';
    } else if ((closed.get(char) ?? -1) > at) {
      closer = CLOSERS[char] ?? '';
      depth = 1;
    } else yield [at, char];
  }
}

const CLOSERS: Readonly<Record<string, string>> = { '"': '"', '(': ')', '[': ']', '<': '>' };

const parsePiece = (given: string): Address => {
  const comments: string[] = [];
  const bare = withoutComments(given, comments);
  const angle = /^(.*)<([^<>]*)>[^<>]*$/s.exec(bare);
  const address = (angle?.[2] ?? bare).trim();
  const phrase = unquoted((angle?.[1] ?? '').trim()) || (comments[0] ?? '');
  return { given, address, name: decodedWords(phrase).trim() || null, domain: domainOf(address) };
};

/**
 * Takes out comments, innermost ones only, that stand outside of quoted strings. One pass: where a string or comment
 * proves to have no end, those that would begin within it have none either and are not tried.
 */
const withoutComments = (text: string, comments: string[]): string => {
  if (!text.includes('(')) return text;
  let bare = '';
  let from = 0;
  let isUnclosed = false;
  let hopelessTo = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"' && !isUnclosed) {
      const end = nextUnescaped(text, at + 1, '"', '"');
      if (end < text.length) at = end;
      else isUnclosed = true;
    } else if (char === '(' && at >= hopelessTo) {
      const end = nextUnescaped(text, at + 1, '(', ')');
      if (text.charAt(end) === ')') {
        comments.push(text.slice(at + 1, end).trim());
        bare += `${text.slice(from, at)} `;
        from = end + 1;
        at = end;
      } else hopelessTo = end;
    }
  }
  return bare + text.slice(from);
};

/** Where one of the two characters stands next without a backslash before it; the length of the text if nowhere. */
const nextUnescaped = (text: string, from: number, one: string, other: string): number => {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === one || char === other) return at;
  }
  return text.length;
};

const unquoted = (phrase: string): string =>
  phrase.length > 1 && phrase.startsWith('"') && nextUnescaped(phrase, 1, '"', '"') === phrase.length - 1
    ? phrase.slice(1, -1).replace(/\\(.)/gs, '$1')
    : phrase;

/** Letters, digits, hyphens; underscores, which DNS allows and senders use. */
const ASCII_DOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** Four times what DNS takes (RFC 1035, 2.3.4), for letters that IDNA drops or joins; converting takes the square of it. */
const LONGEST = 1020;

/**
 * The domain of an address in lower-case ASCII (IDNA, by the URL Standard's domain to ASCII), null if it has none that
 * can be read. An address literal such as `[192.0.2.1]` (RFC 5321, 4.1.3) is no domain.
 */
export const domainOf = (address: string): string | null => {
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length - at > LONGEST) return null;
  const given = address
    .slice(at + 1)
    .replace(/\.$/, '')
    .toLowerCase();
  // Node would read a domain that ends in a number as an IPv4 address and complete it: 1.2.3 → 1.2.0.3.
  if (given === '' || /(?:^|\.)\d+$/.test(given)) return null;
  // Node percent-decodes before it looks, and cuts at what ends a host in a URL.
  if (/[%/?#\\@:\s]/.test(given)) return null;
  const ascii = domainToASCII(given);
  return ASCII_DOMAIN.test(ascii) ? ascii : null;
};
